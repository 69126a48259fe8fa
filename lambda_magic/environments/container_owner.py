"""Whose a container is: by its labels, and by a file that stays locked while its owner lives.

A killed kernel cannot tidy up. Its containers end with it, as their first process loses its
connection; what is left all the same (made and not yet started, or stopped with the machine) is
removed at the next start: what carries the label of this home, and whose owner's lock is free.
So are the images that were made for its containers on another machine.
"""

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lambda_magic.environments import owner
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.engine_client import EngineError

HOME_LABEL = "lambda_magic.home"
OWNER_LABEL = "lambda_magic.owner"
FUNCTION_LABEL = "lambda_magic.function"
ENVIRONMENT_LABEL = "lambda_magic.environment"

_LOCK = "lock"


class ContainerOwner:
    """The owner of containers: one factory in one process. Its directory lies in the home."""

    def __init__(self, home: Path) -> None:
        root = home / "containers"
        root.mkdir(parents=True, exist_ok=True)
        self.home_id = _home_id(root)
        self.name = owner.owned_name()
        self.directory = root / self.name
        self._root = root
        with _guarded(root):
            self.directory.mkdir()
            self._lock: int | None = os.open(self.directory / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def image_labels(self) -> dict[str, str]:
        """The labels of an image that is its own."""
        return {HOME_LABEL: self.home_id, OWNER_LABEL: self.name}

    def labels(self, function_name: str, environment_id: str) -> dict[str, str]:
        """The labels of a container."""
        return {
            **self.image_labels(),
            FUNCTION_LABEL: function_name,
            ENVIRONMENT_LABEL: environment_id,
        }

    def remove_orphans(self, engine: Engine) -> int:
        """Remove what owners of this home have left that no longer live; returns how many.

        Waits for the engine.
        """
        removed = 0
        home = f"{HOME_LABEL}={self.home_id}"
        with _guarded(self._root):
            for container, labels in engine.containers([home]):
                if not self._lives(labels.get(OWNER_LABEL, "")):
                    with suppress(EngineError):  # Its own engine may be faster.
                        engine.remove(container)
                        removed += 1
            for image in engine.images(home):
                if not self._lives(image.labels.get(OWNER_LABEL, "")):
                    with suppress(EngineError):  # Another owner's containers may be made of it.
                        engine.remove_image(image.image_id, force=False)
                        removed += 1
            for directory in self._left_behind():
                shutil.rmtree(directory, ignore_errors=True)
        return removed

    def close(self) -> None:
        """Give the directory and the lock back."""
        shutil.rmtree(self.directory, ignore_errors=True)
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def _left_behind(self) -> Iterator[Path]:
        for directory in self._root.iterdir():
            if directory.is_dir() and not self._lives(directory.name):
                yield directory

    def _lives(self, name: str) -> bool:
        """Whether an owner still holds its lock."""
        if not name or "/" in name:
            return False
        try:
            lock = os.open(self._root / name / _LOCK, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False


@contextmanager
def _guarded(root: Path) -> Iterator[None]:
    """Nobody begins to own, or looks who does, at the same time as another."""
    guard = os.open(root / "guard", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield
    finally:
        os.close(guard)


def _home_id(root: Path) -> str:
    """What tells this home from all others that use the same engine; made once."""
    file = root / "home_id"
    with suppress(FileExistsError):
        mine = root / f".{uuid.uuid4().hex}"
        mine.write_text(uuid.uuid4().hex)
        try:
            os.link(mine, file)
        finally:
            mine.unlink()
    return file.read_text()
