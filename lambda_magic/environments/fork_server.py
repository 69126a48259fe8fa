"""The fork server's handle: starts that process, and has it fork and kill."""

import asyncio
import json
import os
import socket
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import IO

from lambda_magic.environments.control import ControlSocket
from lambda_magic.environments.equipment import Equipment
from lambda_magic.environments.interpreters import Interpreter
from lambda_magic.environments.isolation import Isolation
from lambda_magic.environments.runtime_packages import RUNTIMES
from lambda_magic.runtimes import launch, messages

#: Seconds for an interpreter to start and to try its isolation once.
_START_TIMEOUT = 30.0
_END_TIMEOUT = 5.0
_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
#: Environments being made at once: enough to keep two processes busy, few enough that descriptors
#: in flight stay far below any limit.
_PARALLEL = 16


class ForkServer:
    """One running fork server. Made by `start`; used on the loop thread only."""

    def __init__(self, isolation: Isolation) -> None:
        self.isolation = isolation
        self._places = asyncio.Semaphore(_PARALLEL)
        # Who has a place, or waits for one.
        self._makers = 0
        self._control = ControlSocket(self._heard, self._ended)
        self._started = asyncio.get_running_loop().create_future()
        self._process: subprocess.Popen[bytes] | None = None
        self._exits: dict[int, asyncio.Future[None]] = {}
        self._count = 0
        self._gone = False

    def __repr__(self) -> str:
        state = "gone" if self._gone else f"{len(self._exits)} environments"
        return f"<ForkServer [{self.isolation}, {state}]>"

    @property
    def is_busy(self) -> bool:
        """Whether environments are being made."""
        return self._makers > 0

    @property
    def is_gone(self) -> bool:
        """Whether the process has ended."""
        return self._gone

    @classmethod
    async def start(cls, equipment: Equipment, isolation: Isolation) -> "ForkServer":
        """Start a fork server; raises `OSError` where the machine refuses the isolation."""
        server = cls(isolation)
        with tempfile.TemporaryFile() as errors:
            # On the loop's own thread: the process is told to end when its parent thread does.
            fd = server._control.other_fd
            server._process = _spawn(equipment, isolation, fd, errors)
            server._control.close_other()
            try:
                await asyncio.wait_for(asyncio.shield(server._started), _START_TIMEOUT)
            except OSError as error:
                await server.close()
                errors.seek(0)
                said = errors.read().decode(errors="replace").strip().rpartition("\n")[2]
                raise OSError(f"{error}. {said}" if said else str(error)) from None
            except BaseException:
                await server.close()
                raise
        return server

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """Taken by whoever makes an environment, from `fork` until that exists."""
        self._makers += 1
        try:
            async with self._places:
                yield
        finally:
            self._makers -= 1

    def fork(self, descriptors: Sequence[int]) -> int:
        """Fork an init process, which takes over copies of `descriptors`; returns its number."""
        self._count += 1
        number = self._count
        self._control.send(messages.REQUEST.pack(messages.FORK, number), descriptors)
        self._exits[number] = asyncio.get_running_loop().create_future()
        return number

    def kill(self, number: int) -> None:
        """SIGKILL an init process, if it has not ended."""
        if number in self._exits:
            with suppress(OSError):  # The fork server itself is going, and all with it.
                self._control.send(messages.REQUEST.pack(messages.KILL, number))

    async def exited(self, number: int) -> None:
        """Return when an init process has ended."""
        if exit := self._exits.get(number):
            await asyncio.shield(exit)

    async def close(self) -> None:
        """End the process and all environments that it has forked."""
        self._control.close()
        self._ended()
        process, self._process = self._process, None
        if process is not None:
            await asyncio.to_thread(_wait, process)

    def _heard(self, line: str, descriptors: list[int]) -> None:
        word, _, rest = line.partition(" ")
        if word == "exited":
            if exit := self._exits.pop(int(rest), None):
                exit.set_result(None)
        elif not self._started.done():
            if word == "ready":
                self._started.set_result(None)
            else:
                self._started.set_exception(OSError(rest))

    def _ended(self) -> None:
        self._gone = True
        if not self._started.done():
            self._started.set_exception(OSError("The fork server ended before it was ready"))
            self._started.exception()  # Seen, whether or not anybody waits.
        while self._exits:
            self._exits.popitem()[1].set_result(None)


def try_isolations(interpreter: Interpreter, wanted: Sequence[Isolation]) -> Isolation:
    """The first of `wanted` that this machine allows, found out by doing it; else the last.

    Waits for the processes that try, a tenth of a second each.
    """
    bare = Equipment(interpreter=interpreter, host=interpreter, packages=())
    for isolation in wanted[:-1]:
        ours, theirs = socket.socketpair()
        with ours, open(os.devnull, "wb") as errors:
            with theirs:
                process = _spawn(bare, isolation, theirs.fileno(), errors)
            ours.settimeout(_START_TIMEOUT)
            with suppress(OSError):
                if ours.recv(4096).startswith(b"ready"):
                    wanted = [isolation]
        # The closed socket ends it.
        _wait(process)
        if wanted == [isolation]:
            break
    return wanted[-1]


def _spawn(
    equipment: Equipment, isolation: Isolation, control_fd: int, errors: IO[bytes]
) -> subprocess.Popen[bytes]:
    # All that it gets of our variables: the interpreter may not start without.
    libraries = {name: os.environ[name] for name in _LIBRARY_PATHS if name in os.environ}
    return subprocess.Popen(
        _command(equipment, isolation, control_fd),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        pass_fds=[control_fd],
        # A Ctrl-C in the terminal is not for it.
        start_new_session=True,
        env={"LC_CTYPE": "C.UTF-8", **libraries},
        cwd="/",
    )


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_END_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _command(equipment: Equipment, isolation: Isolation, control_fd: int) -> list[str]:
    interpreter = equipment.host
    module = "fork_server" if isolation is Isolation.PROCESS else "private_root"
    configuration = {
        "isolation": isolation,
        "control_fd": control_fd,
        "prefix": str(interpreter.prefix),
        "executable": interpreter.name_in_prefix,
        "version": interpreter.version,
        "runtimes": str(RUNTIMES),
        "packages": {name: os.path.realpath(path) for name, path in equipment.packages},
        "directories": [str(path) for path in equipment.directories],
    }
    program = str(interpreter.executable)
    return launch.command(program, module, str(RUNTIMES.parent), json.dumps(configuration))
