"""One container, from its creation until its first process has become an environment's init."""

import asyncio
import json
import os
import shutil
import socket
import struct
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from lambda_magic.environments.container_cgroup import ContainerCgroup, GroupDirectory
from lambda_magic.environments.container_options import ContainerOptions
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.engine_client import EngineError
from lambda_magic.runtimes import messages
from lambda_magic.runtimes.container_init import ISOLATION

T = TypeVar("T")

#: The file name of the socket that a container's first process connects to.
SOCKET = "region"
#: Seconds for a container's interpreter to start, also when the machine is very busy.
_START_TIMEOUT = 60.0
_CREDENTIALS = struct.Struct("3i")


class EngineThreads:
    """Calls of an engine from the loop, each in a thread."""

    def __init__(self, engine: Engine, executor: Executor) -> None:
        self.engine = engine
        self._executor = executor

    async def call(self, method: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Call one of the engine's methods."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: method(*arguments, **options))


class ContainerHost:
    """A running container, made by `start`: to a sandbox, what the fork server is to processes.

    Its first process becomes an init, once. `directory` is on this machine, and goes with it.
    """

    isolation: str = ISOLATION

    def __init__(self, engine: EngineThreads, options: ContainerOptions, directory: Path) -> None:
        self._engine = engine
        self._options = options
        self._directory = directory
        self._container: str | None = None
        self._region: socket.socket | None = None
        self._removal: asyncio.Task[None] | None = None
        #: The container's listener for the Runtime API, and its address in there.
        self.listener: socket.socket | None = None
        self.address = ""
        #: The file names of the extensions in its /opt.
        self.extension_names: tuple[str, ...] = ()
        self.cgroup: ContainerCgroup | None = None
        self._limits: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        state = "not created" if self._container is None else self._container[:12]
        return f"<ContainerHost {self._options.name} [{state}]>"

    async def start(self, region: Path) -> None:
        """Make the container and wait for its first process.

        `region` is a directory that is shown to this container alone. Raises `OSError` where the
        engine refuses, and then has left nothing behind.
        """
        listener = _listen(region)
        try:
            await self._engine.call(self._make)
            await self._meet(listener)
        except BaseException:
            await self.remove()
            raise
        finally:
            listener.close()

    def _make(self) -> None:
        engine = self._engine.engine
        self._container = engine.create(self._options.image, **self._options.arguments())
        engine.start(self._container)

    async def _meet(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            region, _ = await asyncio.wait_for(loop.sock_accept(listener), _START_TIMEOUT)
            self._region = region
            line, descriptors = await asyncio.wait_for(_receive(region), _START_TIMEOUT)
        except TimeoutError:
            raise EngineError(f"The container {self._options.name} did not start in time") from None
        if not descriptors:
            raise EngineError(f"The container {self._options.name} ended while it started")
        introduction = json.loads(line)
        self.address = introduction["address"]
        self.extension_names = tuple(introduction["extensions"])
        self.listener = socket.socket(fileno=descriptors.pop(0))
        self.listener.setblocking(False)
        files = dict(zip(introduction["files"], descriptors, strict=True))
        directory = GroupDirectory.of_process(_peer(region))
        if files:
            self.cgroup = ContainerCgroup(files, directory, self._limit)

    # What a sandbox's shell asks of it...

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """There is room for one init in a container, and it is the only one who asks."""
        yield

    def fork(self, descriptors: Sequence[int]) -> int:
        """Have the first process become init, with copies of `descriptors`."""
        assert self._region is not None
        socket.send_fds(self._region, [messages.REQUEST.pack(messages.FORK, 1)], descriptors)
        self._region.close()
        return 1

    def kill(self, number: int) -> None:
        """Have the container removed."""
        self._begin_removal()

    async def exited(self, number: int) -> None:
        """Return when the container is gone."""
        await self.remove()

    async def remove(self) -> None:
        """Kill and remove the container, and give everything back; may be called more than once."""
        await asyncio.shield(self._begin_removal())

    def take_listener(self) -> socket.socket:
        """The listener for the Runtime API, for the caller to close."""
        listener, self.listener = self.listener, None
        assert listener is not None
        return listener

    async def limit_memory(self, limit_mb: int) -> None:
        """Set another limit than it was made with; returns when that holds."""
        if self.cgroup is not None and self.cgroup.has_directory:
            self.cgroup.limit_memory(limit_mb)
            return
        limit = limit_mb * 1024 * 1024
        limits = {"mem_limit": limit, "memswap_limit": limit}
        await self._engine.call(self._engine.engine.limit, self._container, **limits)

    def rename(self, name: str) -> None:
        """Let the engine show the container by another name, as soon as it can."""
        self._later(self._engine.engine.rename, self._container, name)

    # Within...

    def _begin_removal(self) -> asyncio.Task[None]:
        if self._removal is None:
            self._removal = asyncio.get_running_loop().create_task(self._remove())
        return self._removal

    async def _remove(self) -> None:
        for sock in (self._region, self.listener):
            if sock is not None:
                sock.close()
        while self._limits:
            await asyncio.wait(self._limits)
        if self._container is not None:
            # With the engine gone there is no container; if it comes back, the container's first
            # process has ended, which lets it go, and the next start looks for what is left.
            with suppress(EngineError):
                await self._engine.call(self._engine.engine.remove, self._container)
        await asyncio.to_thread(shutil.rmtree, self._directory, ignore_errors=True)

    def _limit(self, **limits: int) -> None:
        self._later(self._engine.engine.limit, self._container, **limits)

    def _later(self, method: Callable[..., None], *arguments: Any, **options: Any) -> None:
        task = asyncio.get_running_loop().create_task(self._try(method, *arguments, **options))
        self._limits.add(task)
        task.add_done_callback(self._limits.discard)

    async def _try(self, method: Callable[..., None], *arguments: Any, **options: Any) -> None:
        try:
            await self._engine.call(method, *arguments, **options)
        except EngineError:
            # The container has gone, which its init's end tells, or keeps what it was made with.
            return


def _listen(directory: Path) -> socket.socket:
    """A socket in the directory, to which a container's user may connect."""
    listener = socket.socket(socket.AF_UNIX)
    listener.setblocking(False)
    directory_fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # By descriptor, because the path of a socket must be short.
        path = f"/proc/self/fd/{directory_fd}/{SOCKET}"
        listener.bind(path)
        os.chmod(path, 0o777)
        listener.listen(1)
    except BaseException:
        listener.close()
        raise
    finally:
        os.close(directory_fd)
    return listener


async def _receive(sock: socket.socket) -> tuple[bytes, list[int]]:
    """The line by which the first process introduces itself, with what it hands over."""
    loop = asyncio.get_running_loop()
    sock.setblocking(False)
    readable = asyncio.Event()
    loop.add_reader(sock, readable.set)
    try:
        await readable.wait()
        return messages.receive(sock, 4096)
    finally:
        loop.remove_reader(sock)


def _peer(sock: socket.socket) -> int:
    """The process at the other end, as this machine numbers it; 0 if that is out of sight."""
    credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(credentials)[0])
