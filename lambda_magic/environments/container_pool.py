"""Containers that are started ahead, so that a cold start need not wait for the engine."""

import asyncio
import os
import shutil
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path

from lambda_magic.environments.container_host import ContainerHost
from lambda_magic.environments.container_maker import ContainerKind, ContainerMaker, Furnishing
from lambda_magic.environments.sandbox import DEFAULT_NETWORK
from lambda_magic.environments.shell import Shell

#: What a container has before it is a function's: AWS's defaults.
_MEMORY_MB = 128
EPHEMERAL_STORAGE_MB = 512
#: Seconds of rest after the last demand: by then the function that was asked for is running.
_REST = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Spare:
    """A container with an init in it that waits for a function."""

    host: ContainerHost
    shell: Shell
    #: It is shown what is in there, "task" and "opt": nothing yet.
    directory: Path

    async def furnish(self, code: Path, layers: Path | None) -> None:
        """Let the container see a function's files, which must never change."""
        await asyncio.to_thread(_link_tree, code, self.directory / "task")
        if layers is not None:
            await asyncio.to_thread(_link_tree, layers, self.directory / "opt")

    async def discard(self) -> None:
        """Remove the container."""
        await self.shell.discard()
        await self.host.remove()
        await asyncio.to_thread(shutil.rmtree, self.directory, ignore_errors=True)


class ContainerPool:
    """`size` containers of each runtime that has been asked for."""

    def __init__(self, maker: ContainerMaker, size: int) -> None:
        self._maker = maker
        self._size = size
        self._kinds: dict[str, ContainerKind] = {}
        self._spares: dict[str, list[Spare]] = {}
        self._making: dict[str, int] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(spares)} {name}" for name, spares in self._spares.items())
        return f"<ContainerPool [{counts}]>"

    @property
    def ready(self) -> int:
        """How many there are now."""
        return sum(len(spares) for spares in self._spares.values())

    def take(self, runtime: str, kind: ContainerKind) -> Spare | None:
        """A container of a runtime, if one is ready; others are made when there is time."""
        if self._size == 0:
            return None
        self._kinds[runtime] = kind
        self._fill_later()
        spares = self._spares.get(runtime)
        return spares.pop() if spares else None

    async def close(self) -> None:
        """Remove all of them."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        for spares in self._spares.values():
            while spares:
                self._spawn_discard(spares.pop())
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _fill_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(_REST, self._fill)

    def _fill(self) -> None:
        self._timer = None
        for runtime in self._kinds:
            there = len(self._spares.get(runtime, ())) + self._making.get(runtime, 0)
            for _ in range(self._size - there):
                self._making[runtime] = self._making.get(runtime, 0) + 1
                self._spawn(self._make(runtime))

    async def _make(self, runtime: str) -> None:
        directory: Path | None = None
        try:
            directory = await self._maker.directory()
            shown = {"/var/task": directory / "task", "/opt": directory / "opt"}
            for path in shown.values():
                path.mkdir()
            furnishing = Furnishing(
                memory_size_mb=_MEMORY_MB,
                ephemeral_storage_mb=EPHEMERAL_STORAGE_MB,
                network=DEFAULT_NETWORK,
                shown=shown,
                function_name="",
                environment_id="",
            )
            host = await self._maker.make(self._kinds[runtime], furnishing)
        except OSError:
            # Whoever needs a container will hear of it.
            if directory is not None:
                await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)
            return
        finally:
            self._making[runtime] -= 1
        spare = Spare(host=host, shell=Shell(host, host.cgroup), directory=directory)
        if self._is_closed:
            await spare.discard()
            return
        spare.shell.init.listen(lambda *_: None, lambda: self._lose(runtime, spare))
        spare.shell.fork()
        self._spares.setdefault(runtime, []).append(spare)

    def _lose(self, runtime: str, spare: Spare) -> None:
        """Its container has ended."""
        if spare in self._spares[runtime]:
            self._spares[runtime].remove(spare)
            self._spawn_discard(spare)

    def _spawn_discard(self, spare: Spare) -> None:
        self._spawn(spare.discard())

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _link_tree(source: Path, target: Path) -> None:
    """Make what is in one directory appear in another too, by links to the same files."""
    shutil.copytree(source, target, symlinks=True, copy_function=_link, dirs_exist_ok=True)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        # Another file system, or one without such links.
        shutil.copy2(source, target)
