"""The quickstart, as a reader, a tester and the command line run it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import lambda_magic
from lambda_magic import notebook

ROOT = Path(lambda_magic.__file__).parent.parent

_MAIN = "import sys; from lambda_magic.cli import main; sys.exit(main(sys.argv[1:]))"


def run(*command: str, directory: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a directory; this checkout's package is found wherever that is."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, *command],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": path} | variables,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_demo_prints_what_each_step_did(tmp_path: Path) -> None:
    completed = run("-c", _MAIN, "demo", directory=tmp_path)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    told = completed.stdout
    assert re.search(r"hello:\$LATEST  200  .* ms \+ Init .* ms", told), "a cold duration"
    assert re.search(r"hello:\$LATEST  200  [\d.]+ ms, billed", told), "a warm duration"
    assert "hello:2  updated" in told
    assert re.search(r"version 1: 2\d\d \([\d.]+%\), version 2: \d+ \([\d.]+%\)", told), "the split"
    assert "ZeroDivisionError: division by zero" in told
    assert "TooManyRequestsException: Rate Exceeded." in told
    assert "All steps worked" in told
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


def test_the_notebook_is_what_it_says_under_nbval(tmp_path: Path) -> None:
    completed = run(
        *("-m", "pytest", "-p", "no:cacheprovider", "--nbval-lax", str(notebook.find())),
        directory=tmp_path,
    )
    assert completed.returncode == 0, completed.stdout
    assert " passed" in completed.stdout


def test_the_notebook_shows_nothing_of_the_machine_it_was_made_on() -> None:
    text = notebook.find().read_text(encoding="utf-8")
    assert str(Path.home()) not in text
    assert str(ROOT) not in text
