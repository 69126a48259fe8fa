"""A folder that is watched: which of its files come and go."""

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

#: Files of editors, caches and version control.
_FILTER = DefaultFilter(ignore_dirs=(*DefaultFilter.ignore_dirs, ".ipynb_checkpoints"))

#: Milliseconds without a change after which a file counts as written.
_QUIET = 100

_Changes = set[tuple[Change, str]]
_Batches = AsyncGenerator[_Changes, None]

#: Which file, how long, and when it was written.
_State = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class FileChange:
    """A file has been written, or removed."""

    #: Its path from the folder on, with slashes.
    key: str
    is_removed: bool = False
    size: int = 0
    #: MD5 of its content, in hexadecimal.
    etag: str = ""


class Folder:
    """Watches a folder and all below it; used on the loop thread.

    `changed` is called with the files that were written or removed, each once however often it
    was: what is there when it begins is no news. What happens to files while nobody watches is
    not seen, nor what happens in `home`: whoever is told there would change it.
    """

    def __init__(
        self, directory: Path, home: Path, changed: Callable[[Sequence[FileChange]], object]
    ) -> None:
        self._directory = directory
        self._home = _below(directory, home)
        self._changed = changed
        self._states: dict[str, _State] = {}
        self._stopped = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Folder {self._directory} [{'watched' if self.is_watched else 'not watched'}]>"

    @property
    def is_watched(self) -> bool:
        """Whether it is being watched; no longer, once the folder itself is gone."""
        return self._task is not None and not self._task.done()

    @staticmethod
    def check(directory: Path, home: Path) -> None:
        """Raise `NotADirectoryError` where there is no folder that can be watched."""
        if not directory.is_dir():
            raise NotADirectoryError(f"There is no folder {directory}")
        if directory.resolve().is_relative_to(home.resolve()):
            raise NotADirectoryError(
                f"{directory} is in the home of lambda_magic, which changes with every invocation"
            )

    async def start(self) -> None:
        """Watch from now on; or again, and tell what is different from when that ended.

        Raises `OSError` where that cannot be.
        """
        self.check(self._directory, self._home)
        batches = awatch(self._directory, watch_filter=None, step=_QUIET, stop_event=self._stopped)
        first = asyncio.ensure_future(anext(batches))
        # Its first step sets the watch up; whatever happens from then on is reported.
        await asyncio.sleep(0)
        if first.done():
            first.result()
        if self._task is None:
            self._states = await asyncio.to_thread(self._scan, self._directory)
        else:
            await self._compare_with([self._directory])
        self._task = asyncio.create_task(self._watch(first, batches))

    async def close(self) -> None:
        """Watch no more."""
        self._stopped.set()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self, first: asyncio.Future[_Changes], batches: _Batches) -> None:
        with suppress(StopAsyncIteration):
            changes = await first
            while True:
                await self._compare_with({Path(path) for _, path in changes})
                if (Change.deleted, str(self._directory)) in changes:
                    break  # the folder itself: there may be another one now, which is not watched
                changes = await anext(batches)
        await batches.aclose()

    async def _compare_with(self, paths: Iterable[Path]) -> None:
        found = await asyncio.to_thread(self._compare, sorted(paths))
        if found:
            self._changed(found)

    # In a thread, one at a time.

    def _compare(self, paths: Sequence[Path]) -> list[FileChange]:
        """What is different from when it was last looked at, there and below."""
        found: list[FileChange] = []
        for path in paths:
            now = self._scan(path)
            before = self._known(path)
            for key in sorted(before.keys() - now.keys()):
                del self._states[key]
                found.append(FileChange(key=key, is_removed=True))
            for key in sorted(now):
                if now[key] == before.get(key):
                    continue
                with suppress(FileNotFoundError):  # it is gone again, and that is the next change
                    change = self._written(key, now[key])
                    # One that is still being written will be the next change, too.
                    if self._scan(self._directory / key).get(key) == now[key]:
                        found.append(change)
                        self._states[key] = now[key]
        return found

    def _known(self, path: Path) -> Mapping[str, _State]:
        key = self._key(path)
        if key in self._states:
            return {key: self._states[key]}
        prefix = "" if path == self._directory else f"{key}/"
        return {one: state for one, state in self._states.items() if one.startswith(prefix)}

    def _scan(self, path: Path) -> dict[str, _State]:
        """The files there and below, by their keys; none of the home's."""
        if path.is_relative_to(self._home):
            return {}
        paths = [path]
        if path.is_dir():
            paths = [Path(root, name) for root, names in self._walk(path) for name in names]
        states = {}
        for one in paths:
            key = self._key(one)
            with suppress(OSError):
                if one.is_file() and _FILTER(Change.added, f"/{key}"):
                    stat = one.stat()
                    states[key] = stat.st_ino, stat.st_size, stat.st_mtime_ns
        return states

    def _walk(self, path: Path) -> Iterator[tuple[str, list[str]]]:
        """The directories there and below, with their files."""
        for root, directories, names in os.walk(path):
            directories[:] = [name for name in directories if Path(root, name) != self._home]
            yield root, names

    def _key(self, path: Path) -> str:
        return path.relative_to(self._directory).as_posix()

    def _written(self, key: str, state: _State) -> FileChange:
        with (self._directory / key).open("rb") as file:
            etag = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
        return FileChange(key=key, size=state[1], etag=etag.hexdigest())


def _below(directory: Path, home: Path) -> Path:
    """The home by the name that it has from a directory on, if it is in there."""
    real = directory.resolve()
    home = home.resolve()
    return directory / home.relative_to(real) if home.is_relative_to(real) else home
