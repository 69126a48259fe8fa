"""Which process of several on one home attends to which source: a lock on a file for each.

The lock is free at the moment the process ends, however it ends.
"""

import fcntl
from pathlib import Path
from typing import IO

from lambda_magic.core.settings import Settings


class SourceLocks:
    """The locks of a region's sources, by UUID."""

    def __init__(self, settings: Settings) -> None:
        self._directory = settings.home / "sources" / settings.region_name

    def take(self, uuid: str) -> IO[str] | None:
        """A source's lock, held until it is closed; None where another process has it."""
        self._directory.mkdir(parents=True, exist_ok=True)
        lock = self._path(uuid).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return None
        return lock

    def forget(self, uuid: str) -> None:
        """Remove the file of a source that is no more."""
        self._path(uuid).unlink(missing_ok=True)

    def _path(self, uuid: str) -> Path:
        return self._directory / f"{uuid}.lock"
