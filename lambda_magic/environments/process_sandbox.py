"""A sandbox of isolated subprocesses: where a function's processes run by default.

A fork server (one per interpreter) forks an init process per sandbox, which isolates itself and
then starts the runtime; see `lambda_magic.runtimes`. What is here tells them what to do, reads
what they write, and gives everything back.
"""

import asyncio
import shutil
import signal
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lambda_magic.environments.cgroup import Cgroup
from lambda_magic.environments.commands import BOOTSTRAP
from lambda_magic.environments.dialing import dial
from lambda_magic.environments.init_process import Forker, InitProcess
from lambda_magic.environments.isolation import Isolation
from lambda_magic.environments.log_pipes import FrameSplitter, LineSplitter, LogPipe
from lambda_magic.environments.memory import Memory, RuntimeProcess
from lambda_magic.environments.place import Place
from lambda_magic.environments.programs import Programs
from lambda_magic.environments.sandbox import (
    RUNTIME,
    ExitStatus,
    InvalidEntrypointError,
    Program,
    SandboxListener,
    SandboxSpec,
)
from lambda_magic.environments.shell import Shell
from lambda_magic.runtime_api.api import RuntimeApi
from lambda_magic.runtimes import messages


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What a sandbox stands on."""

    server: Forker
    place: Place
    cgroup: Cgroup | None
    #: Made ahead, with that control group, or None.
    spare: Shell | None
    #: The sandbox's own directory, where it has no private root.
    work: Path | None


#: What shells exit with when they cannot execute a program.
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
_DESTROYED = "The sandbox was destroyed while it was being made"


class Landlord(Protocol):
    """Who provides the ground: the factory."""

    @property
    def isolation(self) -> str:
        """The isolation in force."""

    async def provide(self, spec: SandboxSpec) -> Ground:
        """Ground for a new sandbox; raises `OSError` where the machine refuses."""

    def vacated(self, sandbox: "ProcessSandbox") -> None:
        """The sandbox has given everything back."""


class ProcessSandbox:
    """One init process and what it starts. Made by `ProcessSandboxFactory`."""

    def __init__(
        self, spec: SandboxSpec, api: RuntimeApi, listener: SandboxListener, landlord: Landlord
    ) -> None:
        self.spec = spec
        self._api = api
        self._listener = listener
        self._landlord = landlord
        self._isolation: str | None = None
        self._runtime_release: str | None = None
        self._work: Path | None = None
        self._init: InitProcess | None = None
        self._memory: Memory | None = None
        self._cgroup: Cgroup | None = None
        self._logs: list[LogPipe] = []
        self._programs = Programs(listener)
        # The program that is executed as the runtime, where none is forked.
        self._runtime_program: Program | None = None
        self._extensions: Sequence[Program] = ()
        # Where its processes listen, and the Runtime API too.
        self._address = ""
        # Whether processes end because we end them.
        self._ending = False
        self._out_of_memory = False
        self._destruction: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        state = self._isolation or "not created"
        return f"<ProcessSandbox {self.spec.environment_id} [{state}]>"

    @property
    def isolation(self) -> str:
        """The isolation in force."""
        return self._isolation or self._landlord.isolation

    @property
    def runtime_release(self) -> str | None:
        """The version that runs in the place of the runtime's own, if another does."""
        return self._runtime_release

    # Coming into being...

    async def create(self) -> None:
        """Have an init process forked, and return when it has isolated itself.

        Where there was one ahead, at once: what is left for it to do is counted as Init.
        """
        address = await self._api.listen()
        ground = await self._landlord.provide(self.spec)
        self._isolation = ground.server.isolation
        self._runtime_release = ground.place.equipment.substitute_for(self.spec.runtime)
        self._work = ground.work
        self._cgroup = ground.cgroup
        self._memory = Memory(self.spec.memory_size_mb, ground.cgroup, self._kill_for_memory)
        if self._destruction is not None:
            # It could not know of what has been provided since.
            if ground.spare is not None:
                await ground.spare.init.end()
                self._read_logs(ground.spare)
            await self._give_back()
            raise OSError(_DESTROYED)
        if ground.spare is not None:
            self._move_in(ground.spare, ground.place, address)
            return
        async with ground.server.place():
            if self._destruction is not None:
                raise OSError(_DESTROYED)
            shell = Shell(ground.server, ground.cgroup)
            self._move_in(shell, ground.place, address)
            shell.fork()
            await shell.init.created()

    def _move_in(self, shell: Shell, place: Place, address: str) -> None:
        self._init = shell.init
        self._init.listen(self._program_exited, self._init_gone)
        self._init.furnish(place.description(self.spec, address), place.runtime(self.spec, address))
        self._runtime_program = place.runtime_program(self.spec, address)
        self._extensions = place.extensions(self.spec, address)
        self._address = address.rpartition(":")[0]
        self._read_logs(shell)

    def _read_logs(self, shell: Shell) -> None:
        receiver = self._listener.log_written
        frames, lines = shell.take_pipes()
        self._logs = [
            LogPipe(FrameSplitter(receiver), frames),
            LogPipe(LineSplitter(receiver), lines),
        ]

    async def start_runtime(self) -> None:
        """Have init start the runtime, with a new connection to the Runtime API."""
        assert self._init is not None
        assert self._memory is not None
        self._ending = self._out_of_memory = False
        if self._runtime_program is None:
            pid, descriptors = await self._fork_runtime(self._init)
        else:
            pid, descriptors = await self._execute_runtime(self._init, self._runtime_program)
        runtime = None
        if descriptors:
            namespaced = self.isolation != Isolation.PROCESS
            runtime = RuntimeProcess(pid, *descriptors, namespaced=namespaced)
        self._memory.runtime_started(runtime)

    async def _execute_runtime(self, init: InitProcess, program: Program) -> tuple[int, list[int]]:
        try:
            return await self._programs.execute(init, program)
        except OSError as error:
            if error.filename is None:
                raise
            if self.spec.exec_wrapper is not None:
                self._not_executed(error)
                return 0, []
            if error.filename == BOOTSTRAP:
                found = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
                raise InvalidEntrypointError(found) from None
            reason = f"fork/exec {error.filename}: {str(error.strerror).lower()}"
            raise InvalidEntrypointError(reason) from None

    def _not_executed(self, error: OSError) -> None:
        """A wrapper that cannot be executed ends AWS's bootstrap, which is a shell script."""
        self._listener.log_written(f"{error.filename}: {error.strerror}", time.time())
        code = _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
        self._listener.process_exited(RUNTIME, ExitStatus(code=code))

    async def _fork_runtime(self, init: InitProcess) -> tuple[int, list[int]]:
        if self.spec.dials:
            answer = await init.ask(messages.START, "started")
        else:
            ours, theirs = socket.socketpair()
            with theirs:
                await self._api.attach(ours)
                answer = await init.ask(messages.START, "started", [theirs.fileno()])
        pid, descriptors = answer
        return int(pid), descriptors

    def extensions(self) -> Sequence[Program]:
        """The external extensions of its layers."""
        return self._extensions

    async def execute(self, program: Program) -> None:
        """Have init start a program beside the runtime."""
        assert self._init is not None
        assert self._memory is not None
        self._ending = False
        await self._programs.execute(self._init, program)
        self._memory.watch()

    async def dial(self, port: int) -> socket.socket:
        """A connection to whoever listens on a port of the sandbox's own address."""
        return await dial(self._address, port)

    # Being used...

    def drain_logs(self) -> None:
        """Hand all output written so far to the listener."""
        for pipe in self._logs:
            pipe.drain()
        self._programs.drain_logs()

    def max_memory_used_mb(self) -> int:
        """The most memory used at once since the runtime was started."""
        return 0 if self._memory is None else self._memory.peak_mb()

    def limit_cpu(self) -> None:
        """Give CPU time in proportion to memory from now on."""
        if self._cgroup is not None and self.spec.vcpus is not None:
            self._cgroup.limit_cpu(self.spec.vcpus)

    def freeze(self) -> None:
        """Stop all processes."""
        self._tell(messages.FREEZE)
        if self._memory is not None:
            self._memory.rest()

    def thaw(self) -> None:
        """Let all processes go on."""
        self._tell(messages.THAW)
        if self._memory is not None:
            self._memory.watch()

    def terminate(self) -> None:
        """SIGTERM to the runtime."""
        self._tell(messages.TERMINATE)

    def kill_runtime(self) -> None:
        """SIGKILL to the runtime."""
        self._tell(messages.KILL_RUNTIME)

    def _tell(self, command: bytes) -> None:
        if self._init is not None:
            self._init.send(command)

    # Ending...

    async def reset(self) -> None:
        """Kill all processes but init, and return when they are gone."""
        self._ending = True
        if self._init is None or self._destruction is not None:
            return
        if self._memory is not None:
            self._memory.rest()
        # If init itself is gone, so are the others, and `sandbox_failed` has said so.
        with suppress(OSError):
            await self._init.ask(messages.RESET, "reset")
        for pipe in self._logs:
            pipe.finish()
        self._programs.close()

    async def destroy(self) -> None:
        """Kill all processes and give everything back."""
        if self._destruction is None:
            self._ending = True
            self._destruction = asyncio.get_running_loop().create_task(self._destroy())
        await asyncio.shield(self._destruction)

    async def _destroy(self) -> None:
        try:
            if self._init is not None:
                await self._init.end()
            await self._give_back()
        finally:
            self._landlord.vacated(self)

    async def _give_back(self) -> None:
        logs, self._logs = self._logs, []
        for pipe in logs:
            pipe.close()
        self._programs.close()
        if self._memory is not None:
            self._memory.close()
        self._cgroup = None
        work, self._work = self._work, None
        if work is not None:
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)

    # What init tells...

    def _program_exited(self, number: int, code: int, peak: int) -> None:
        if self._ending or self._memory is None:
            return
        self.drain_logs()
        name: str | None = RUNTIME
        if number == messages.RUNTIME:
            self._memory.note(peak)
            self._memory.rest()
        else:
            name = self._programs.forget(number)
        if name is not None:
            self._listener.process_exited(name, self._exit_status(code, self._memory))

    def _exit_status(self, code: int, memory: Memory) -> ExitStatus:
        if code >= 0:
            return ExitStatus(code=code)
        starved = memory.has_killed() or self._out_of_memory
        return ExitStatus(signal=-code, out_of_memory=starved and -code == signal.SIGKILL)

    def _kill_for_memory(self) -> None:
        self._out_of_memory = True
        self._tell(messages.KILL_ALL)

    def _init_gone(self) -> None:
        if not self._ending:
            self._ending = True
            self._listener.sandbox_failed("The execution environment's processes are gone")
