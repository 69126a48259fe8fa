"""Who owns what, told by locks that end with their process."""

import os
import subprocess
import sys
from pathlib import Path

from lambda_magic.store.ownership import Ownership

HOLD = """
import sys
from pathlib import Path
from lambda_magic.store.ownership import Ownership
held = Ownership(Path(sys.argv[1]))
print(held.name, flush=True)
sys.stdin.read()
"""


def test_an_owner_has_ended_when_it_lets_go(tmp_path: Path) -> None:
    mine, other = Ownership(tmp_path), Ownership(tmp_path)
    assert not mine.has_ended(other.name)
    assert not mine.has_ended(mine.name)

    other.close()
    other.close()

    assert mine.has_ended(other.name)
    assert mine.ended() == []
    mine.close()
    assert list(tmp_path.iterdir()) == []


def test_an_owner_that_was_killed_has_ended(tmp_path: Path) -> None:
    mine = Ownership(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert not mine.has_ended(name)
        assert mine.ended() == []
        process.kill()

    assert mine.has_ended(name)
    assert mine.ended() == [name]
    mine.forget(name)
    assert mine.ended() == []
    mine.close()


def test_a_child_does_not_keep_what_its_parent_had(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    mine, other = Ownership(tmp_path), Ownership(tmp_path)
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)  # Until the parent has looked.
        os._exit(0)
    os.close(reading)

    other.close()

    assert mine.has_ended(other.name)
    os.close(writing)
    os.waitpid(child, 0)
    mine.close()
