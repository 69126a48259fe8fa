"""Directories that are whole or not there.

So processes that share them need no lock: each fills one of its own, and whoever is first puts it
in place, by one rename. A name stands for its content, so the others lose nothing.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

#: What the names of directories begin with that are still being filled.
SCRATCH_PREFIX = ".new-"


def scratch(parent: Path) -> tempfile.TemporaryDirectory[str]:
    """A directory in `parent`, so that renaming out of it moves no bytes; removed afterwards."""
    return tempfile.TemporaryDirectory(dir=parent, prefix=SCRATCH_PREFIX)


def make_whole(directory: Path, fill: Callable[[Path], None]) -> None:
    """Make a directory, readable for everybody, unless another process is first with it.

    `fill` is given an empty directory and fills it. Raises what `fill` raises, and then there is
    none. Parents are made where they are missing.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
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
