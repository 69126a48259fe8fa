"""Directories that are whole or not there.

So processes that share them need no lock: each fills one of its own, and whoever is first puts it
in place, by one rename. A name stands for its content, so the others lose nothing.
"""

import functools
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

#: What the names of directories begin with that are still being filled.
_SCRATCH_PREFIX = ".new-"
#: Seconds after which one belongs to a process that was killed.
_ABANDONED = 24 * 3600


def scratch(parent: Path) -> tempfile.TemporaryDirectory[str]:
    """A directory in `parent`, so that renaming out of it moves no bytes; removed afterwards."""
    return tempfile.TemporaryDirectory(dir=parent, prefix=_SCRATCH_PREFIX)


def make_whole(directory: Path, fill: Callable[[Path], None]) -> None:
    """Make a directory, readable for everybody, unless another process is first with it.

    `fill` is given an empty directory and fills it. Raises what `fill` raises, and then there is
    none. Parents are made where they are missing, and what a killed process left goes.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(directory.parent)
    with scratch(directory.parent) as place:
        new = Path(place, "new")
        new.mkdir()
        fill(new)
        new.chmod(0o755)
        try:
            new.rename(directory)
        except OSError:
            if not directory.is_dir():
                raise


@functools.cache
def _remove_abandoned(parent: Path) -> None:
    """Once in a process: there may be thousands of names beside a new one."""
    for left in parent.glob(f"{_SCRATCH_PREFIX}*"):
        with suppress(FileNotFoundError):  # Its process, or another one, has removed it.
            if left.stat().st_mtime < time.time() - _ABANDONED:
                shutil.rmtree(left, ignore_errors=True)
