"""A sandbox in a container on another machine's engine, by nothing but the engine's API.

There is no file, socket or signal between the two machines, so all that a local container shares
with this process is missing. What is different then:

- The code comes in an image that is made of it; the runtime is the container's first process.
- It finds the Runtime API at the address that the user names, on a port of its environment's own.
- Freezing is the engine's pause. A reset starts the container again, with an empty /tmp.
- Memory is what the engine last counted; a log line may come a moment after the response.
- Extensions are not started.
"""

import asyncio
import math
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from lambda_magic.environments.cgroup import CPU_PERIOD, cpu_quota
from lambda_magic.environments.container_host import EngineThreads
from lambda_magic.environments.container_options import ContainerOptions
from lambda_magic.environments.engine_client import EngineError
from lambda_magic.environments.log_pipes import LineSplitter
from lambda_magic.environments.sandbox import (
    RUNTIME,
    ExitStatus,
    Program,
    Sandbox,
    SandboxListener,
    SandboxSpec,
)
from lambda_magic.runtime_api.api import RuntimeApi
from lambda_magic.runtimes.container_init import ISOLATION

_MIB = 1024 * 1024
#: What a container's exit code says of the signal that ended it.
_SIGNALLED = 128


class Landlord(Protocol):
    """Who provides containers: the factory."""

    async def engine(self) -> EngineThreads:
        """The engine, connected."""

    async def listen(self, api: RuntimeApi) -> str:
        """Have the Runtime API served where containers reach it; returns their address for it."""

    async def options(self, spec: SandboxSpec, runtime_api: str) -> ContainerOptions:
        """What a container is made with; its image has the code."""


class RemoteContainerSandbox:
    """One container on another machine. Made by `ContainerSandboxFactory`."""

    def __init__(
        self,
        spec: SandboxSpec,
        api: RuntimeApi,
        listener: SandboxListener,
        landlord: Landlord,
        vacated: Callable[[Sandbox], None],
    ) -> None:
        self.spec = spec
        self._vacated = vacated
        self._api = api
        self._listener = listener
        self._landlord = landlord
        self._splitter = LineSplitter(listener.log_written)
        self._engine: EngineThreads | None = None
        self._container: str | None = None
        # The calls that are under way, one after another; and the one that follows the container.
        self._calls: asyncio.Task[None] | None = None
        self._is_paused = False
        self._ended = asyncio.Event()
        self._ended.set()
        self._ending = False
        self._peak = 0
        self._destruction: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<RemoteContainerSandbox {self.spec.environment_id} [{self._container}]>"

    @property
    def isolation(self) -> str:
        """A container's."""
        return ISOLATION

    @property
    def runtime_release(self) -> str | None:
        """The image's own."""
        return None

    async def create(self) -> None:
        """Have the container made."""
        self._engine = await self._landlord.engine()
        address = await self._landlord.listen(self._api)
        options = await self._landlord.options(self.spec, address)
        if self._destruction is not None:
            raise OSError("The sandbox was destroyed while it was being made")
        engine = self._engine.engine
        self._container = await self._engine.call(
            engine.create, options.image, **options.arguments()
        )

    async def start_runtime(self) -> None:
        """Start the container, for the first time or again."""
        assert self._engine is not None
        assert self._container is not None
        self._ending = False
        self._peak = 0
        engine, container = self._engine.engine, self._container
        output = await self._engine.call(engine.attach, container)
        self._ended.clear()
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._follow, args=[loop, output], daemon=True).start()
        starting = loop.create_task(self._engine.call(engine.start, container))
        # A reset may come meanwhile. Its signal must not overtake this.
        self._calls = starting
        await asyncio.shield(starting)

    def extensions(self) -> Sequence[Program]:
        """None are started."""
        return ()

    async def execute(self, program: Program) -> None:
        """Nothing can be started beside the runtime."""
        raise OSError(f"{program.name} cannot be started in a container on another machine")

    async def dial(self, port: int) -> socket.socket:
        """Nobody in there can be reached."""
        raise OSError(f"port {port} of a container on another machine cannot be reached")

    # Being used...

    def drain_logs(self) -> None:
        """Show a line that has not ended yet."""
        self._splitter.pause()

    def max_memory_used_mb(self) -> int:
        """The most that the engine has counted."""
        return math.ceil(min(self._peak, self.spec.memory_size_mb * _MIB) / _MIB)

    def limit_cpu(self) -> None:
        """Give CPU time in proportion to memory from now on."""
        if self.spec.vcpus is not None:
            self._call("limit_cpu", CPU_PERIOD, cpu_quota(self.spec.vcpus))

    def freeze(self) -> None:
        """Pause the container, and ask what memory it has."""
        self._is_paused = True
        self._call("pause")
        self._call("memory_used", then=self._note)

    def thaw(self) -> None:
        """Let it go on."""
        self._is_paused = False
        self._call("unpause")

    def terminate(self) -> None:
        """SIGTERM to the runtime."""
        self._call("kill", signal.SIGTERM)

    def kill_runtime(self) -> None:
        """SIGKILL to the runtime."""
        self._call("kill", signal.SIGKILL)

    # Ending...

    async def reset(self) -> None:
        """Kill all processes and return when they are gone."""
        self._ending = True
        if self._is_paused:
            # A signal does not reach what is paused.
            self.thaw()
        if not self._ended.is_set():
            self._call("kill", signal.SIGKILL)
            await self._ended.wait()
        self._splitter.finish()

    async def destroy(self) -> None:
        """Remove the container."""
        if self._destruction is None:
            self._ending = True
            self._destruction = asyncio.get_running_loop().create_task(self._destroy())
        await asyncio.shield(self._destruction)

    async def _destroy(self) -> None:
        try:
            if self._engine is not None and self._container is not None:
                with suppress(EngineError):  # Then it is gone, or the next start removes it.
                    await self._engine.call(self._engine.engine.remove, self._container)
                if self._calls is not None:
                    await asyncio.wait([self._calls])
        finally:
            self._vacated(self)

    # Within...

    def _call(
        self,
        method: str,
        *arguments: object,
        then: Callable[[Any], None] | None = None,
    ) -> None:
        """Call the engine, after what has been asked of it before."""
        before = self._calls

        async def call() -> None:
            if before is not None:
                await asyncio.wait([before])
            if self._engine is None:
                return
            with suppress(EngineError):  # Its end, which comes with this, is told as it is.
                bound = getattr(self._engine.engine, method)
                answer = await self._engine.call(bound, self._container, *arguments)
                if then is not None:
                    then(answer)

        self._calls = asyncio.get_running_loop().create_task(call())

    def _note(self, used: int) -> None:
        self._peak = max(self._peak, used)

    def _follow(self, loop: asyncio.AbstractEventLoop, output: Any) -> None:
        """In a thread: hand on what the container writes, and how it ends."""
        assert self._engine is not None
        code, out_of_memory = 1, False
        try:
            for chunk in output:
                loop.call_soon_threadsafe(self._splitter.feed, chunk)
            code, out_of_memory = self._engine.engine.wait(str(self._container))
        except (OSError, ValueError):
            code = -1
        with suppress(RuntimeError):  # The region is closed already.
            loop.call_soon_threadsafe(self._exited, code, out_of_memory)

    def _exited(self, code: int, out_of_memory: bool) -> None:
        self._ended.set()
        self._splitter.finish()
        if self._ending:
            return
        if code < 0:
            self._ending = True
            self._listener.sandbox_failed("The execution environment's container is gone")
        elif code > _SIGNALLED:
            status = ExitStatus(signal=code - _SIGNALLED, out_of_memory=out_of_memory)
            self._listener.process_exited(RUNTIME, status)
        else:
            self._listener.process_exited(RUNTIME, ExitStatus(code=code))
