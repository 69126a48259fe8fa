"""Which process of several owns what: a lock on a file, which nobody holds once it has ended.

The operating system lets go of the lock at the moment a process dies, however it dies. So there
is no heartbeat to miss, and no lease to wait for until it runs out.
"""

import fcntl
import os
import uuid
import weakref
from io import TextIOWrapper
from pathlib import Path

#: A child that was forked shares the lock, and could keep it beyond its parent's death.
_held: weakref.WeakSet["Ownership"] = weakref.WeakSet()


class Ownership:
    """One owner's lock, held until `close`; its files are in `directory`."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self.name = ""
        while not self.name:
            self._take(uuid.uuid4().hex)
        _held.add(self)

    def __repr__(self) -> str:
        return f"<Ownership {self.name}>"

    def has_ended(self, owner: str) -> bool:
        """Whether nobody holds an owner's lock any more. Its name is never used again."""
        if owner == self.name:
            return False
        try:
            file = self._path(owner).open("r+")
        except FileNotFoundError:
            return True
        with file:
            return _lock(file)

    def forget(self, owner: str) -> None:
        """Remove the file of an owner that has ended."""
        self._path(owner).unlink(missing_ok=True)

    def ended(self) -> list[str]:
        """All owners that have ended and left their file behind."""
        owners = [path.stem for path in self._directory.glob("*.lock")]
        return [owner for owner in owners if self.has_ended(owner)]

    def close(self) -> None:
        """Let go; calling it again does nothing."""
        if not self._file.closed:
            self.forget(self.name)
            self._file.close()

    def close_copy(self) -> None:
        """In a forked child: close its copy, which leaves the lock to the parent alone."""
        self._file.close()

    def _take(self, owner: str) -> None:
        path = self._path(owner)
        file = path.open("w")
        # Another process may look between the opening and the locking, and tidy the file away.
        if _lock(file) and path.exists() and path.stat().st_ino == os.fstat(file.fileno()).st_ino:
            self.name, self._file = owner, file
        else:
            file.close()

    def _path(self, owner: str) -> Path:
        return self._directory / f"{owner}.lock"


def _lock(file: TextIOWrapper) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _close_copies() -> None:
    for ownership in _held:
        ownership.close_copy()


os.register_at_fork(after_in_child=_close_copies)
