"""The notebook about containers: it is what it says, where there is an engine."""

import subprocess
import sys
from pathlib import Path

import lambda_magic
from lambda_magic.environments.engine import Engine

ROOT = Path(lambda_magic.__file__).parent.parent
NOTEBOOK = ROOT / "notebooks" / "02_containers.ipynb"


def test_it_is_what_it_says_under_nbval(container_engine: Engine, tmp_path: Path) -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbval-lax", str(NOTEBOOK)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert completed.returncode == 0, completed.stdout
    assert " passed" in completed.stdout
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


def test_it_shows_nothing_of_the_machine_it_was_made_on() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert str(Path.home()) not in text
    assert str(ROOT) not in text
