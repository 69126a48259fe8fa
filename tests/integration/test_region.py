"""A region from outside: what is left when a program ends without closing it."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import lambda_magic
from lambda_magic.bench.measurements import deploy

function = deploy(lambda_magic.region(), "hello", "def handler(event, context): return event")
print(function.invoke("done").payload)
"""


def test_a_program_that_forgets_to_close_ends_cleanly(tmp_path: Path) -> None:
    environment = os.environ | {"LAMBDA_MAGIC_HOME": str(tmp_path)}

    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "done\n", "")
    left = [path for path in Path("/proc").glob("[0-9]*/cmdline") if _mentions(path, tmp_path)]
    assert not left
    # Everything that it wrote has been checkpointed: SQLite's side files are gone.
    assert not list(tmp_path.glob("*-wal"))


def _mentions(path: Path, home: Path) -> bool:
    try:
        return str(home).encode() in path.read_bytes()
    except OSError:
        return False  # It ended while we looked.
