"""A sandbox: the isolated place in which the processes of one execution environment run.

The environment decides what happens and when; a sandbox only knows how. `ProcessSandbox`
(environments.process) isolates subprocesses; `FakeSandbox` (environments.fake_sandbox) runs a
Python callable on the loop thread, for tests of everything above.
"""

import os
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lambda_magic.environments.program_start import depends_on_start
from lambda_magic.runtime_api.api import RuntimeApi

#: The kinds of sandboxes there are: `--environment` of `%%lambda` names one.
SUBPROCESS, CONTAINER = "subprocess", "container"
#: The network that containers have unless they are to have another: out is allowed, as on AWS.
DEFAULT_NETWORK = "default"


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerImage:
    """A function's image; what is None is as the image itself says."""

    #: As it was named.
    uri: str
    #: "sha256:...": what the name stood for when the function was created, updated or published.
    digest: str
    entry_point: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    working_directory: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SandboxSpec:
    """What a sandbox is made from: the part of a function version that its processes see."""

    #: The environment's id; names its directory, where it has one of its own.
    environment_id: str
    #: The runtime's identifier, such as "python3.12".
    runtime: str
    #: `_HANDLER`: "module.function".
    handler: str
    #: The unpacked deployment package, seen read-only as /var/task.
    code: Path
    #: The merged layers, seen read-only as /opt, or None.
    layers: Path | None
    #: All environment variables that the runtime gets, the reserved ones included, except those
    #: only the sandbox knows: `AWS_LAMBDA_RUNTIME_API`, `LAMBDA_TASK_ROOT`,
    #: `LAMBDA_RUNTIME_DIR`, `PATH`, `LD_LIBRARY_PATH`, `PYTHONPATH`, `HOME`/`TMPDIR` where needed.
    environment_variables: dict[str, str] = field(repr=False)
    memory_size_mb: int
    #: The size of /tmp.
    ephemeral_storage_mb: int = 512
    #: CPU share, 1.0 for 1,769 MB; None leaves it unlimited.
    vcpus: float | None = None
    #: "lambda_magic" or "awslambdaric".
    runtime_client: str = "lambda_magic"
    #: `SUBPROCESS` or `CONTAINER`.
    environment: str = SUBPROCESS
    #: Of a container: `DEFAULT_NETWORK`, "none", or one that the engine has.
    network: str = DEFAULT_NETWORK
    #: Of a function that is an image: its code, its runtime and its handler are in there.
    image: ContainerImage | None = None

    @property
    def exec_wrapper(self) -> str | None:
        """The script that starts the runtime, if the function has one.

        https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper
        """
        return self.environment_variables.get("AWS_LAMBDA_EXEC_WRAPPER") or None

    @property
    def is_executed(self) -> bool:
        """Whether the runtime is executed as a program, and not forked ready-made."""
        return self.exec_wrapper is not None or depends_on_start(
            self.environment_variables, self.code, self.layers
        )

    @property
    def dials(self) -> bool:
        """Whether the runtime comes through the Runtime API's listener, as any program does."""
        is_forked = self.runtime.startswith("python") and self.runtime_client == "lambda_magic"
        return not is_forked or self.is_executed


#: The name of the program that is the runtime.
RUNTIME = "runtime"


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """A program to execute in a sandbox; all paths are those that its processes see."""

    #: By which its output and its exit are told; no two that run at once have the same.
    name: str
    #: The program's path, and its arguments.
    arguments: tuple[str, ...]
    #: All that it gets.
    environment_variables: dict[str, str] = field(repr=False)
    working_directory: str = "/"

    @property
    def file_name(self) -> str:
        """The program's, without its directory."""
        return os.path.basename(self.arguments[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class ExitStatus:
    """How a process ended; its text is the reason in AWS's `Runtime.ExitError` messages."""

    #: The exit code, or None if a signal ended the process.
    code: int | None = None
    signal: int | None = None
    #: Whether the process was killed for using more than the function's memory.
    out_of_memory: bool = False

    def __str__(self) -> str:
        if self.signal is not None:
            return f"signal: {_SIGNAL_WORDS.get(self.signal, f'signal {self.signal}')}"
        return f"exit status {self.code}"


#: The words that AWS's runtime supervisor (a Go program) has for signals.
_SIGNAL_WORDS: dict[int, str] = {
    signal.SIGHUP: "hangup",
    signal.SIGINT: "interrupt",
    signal.SIGILL: "illegal instruction",
    signal.SIGTRAP: "trace/breakpoint trap",
    signal.SIGABRT: "aborted",
    signal.SIGBUS: "bus error",
    signal.SIGFPE: "floating point exception",
    signal.SIGKILL: "killed",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGPIPE: "broken pipe",
    signal.SIGALRM: "alarm clock",
    signal.SIGTERM: "terminated",
}


class InvalidEntrypointError(OSError):
    """The runtime is no program that can be executed; the text is AWS's reason."""


class SandboxListener(Protocol):
    """What a sandbox tells the environment it belongs to; called on the loop thread."""

    def log_written(self, message: str, time: float) -> None:
        """The function wrote one message (its text may have many lines)."""

    def program_wrote(self, name: str, message: str, time: float) -> None:
        """A program other than the runtime wrote one message."""

    def process_exited(self, name: str, status: ExitStatus) -> None:
        """A process ended by itself: "runtime", or another program by its name."""

    def sandbox_failed(self, reason: str) -> None:
        """The whole sandbox is gone, without having been asked to go."""


class Sandbox(Protocol):
    """Called by `ExecutionEnvironment` only. Methods that are not `async` return at once."""

    @property
    def isolation(self) -> str:
        """The name of the isolation in force, as `%functions` shows it."""

    @property
    def runtime_release(self) -> str | None:
        """The version that runs in the place of the runtime's own; None where that very one does.

        Known once it is created.
        """

    async def create(self) -> None:
        """Make the place: namespaces, private root, /tmp, limits. Called once, first.

        Where one was ready that any function could have, it only becomes this function's; what that
        takes goes on while the runtime starts.

        Raises `OSError` if the machine refuses.
        """

    async def start_runtime(self) -> None:
        """Start the runtime process and return as soon as it runs (Init time starts here).

        Called after `create`, and again after each `reset`. The runtime then talks to the
        `RuntimeApi` given at construction.

        Raises `InvalidEntrypointError` where the function's own runtime cannot be executed.
        """

    def extensions(self) -> Sequence[Program]:
        """The programs in /opt/extensions, to be given to `execute`. Called after `create`."""

    async def execute(self, program: Program) -> None:
        """Start a program beside the runtime and return when it runs. Called after `create`.

        It is confined as the runtime is, and frozen, killed and counted with it.

        Raises `OSError` where it cannot be executed: its `errno` says why.
        """

    async def dial(self, port: int) -> socket.socket:
        """A connection to whoever listens on a port inside the sandbox.

        Raises `OSError` where nobody does.
        """

    def drain_logs(self) -> None:
        """Hand all output written so far to the listener, before returning."""

    def max_memory_used_mb(self) -> int:
        """The most memory used at once since the runtime was started, measured, rounded up."""

    def limit_cpu(self) -> None:
        """Give no more CPU time than `vcpus` from now on. Called when Init is over: as on AWS,
        that runs unthrottled.
        """

    def freeze(self) -> None:
        """Stop all processes; they make no progress until `thaw`."""

    def thaw(self) -> None:
        """Let all processes go on."""

    def terminate(self) -> None:
        """SIGTERM to the runtime: it may clean up."""

    def kill_runtime(self) -> None:
        """SIGKILL to the runtime; its exit is told as if it had ended by itself."""

    async def reset(self) -> None:
        """Kill all processes and return when they are gone; /tmp stays."""

    async def destroy(self) -> None:
        """Kill all processes and give everything back: files, cgroups, descriptors.

        May be called at any time, also during `create`, and more than once.
        """


class SandboxFactory(Protocol):
    """Makes the sandboxes of one kind; one object per region, closed with it."""

    @property
    def isolation(self) -> str:
        """The name of the isolation that its sandboxes have on this machine."""

    def sandbox(self, spec: SandboxSpec, api: RuntimeApi, listener: SandboxListener) -> Sandbox:
        """A sandbox that does not exist yet: `create` makes it."""

    async def close(self) -> None:
        """Destroy what is left of all sandboxes, and whatever made them."""
