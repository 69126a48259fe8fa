"""A sandbox that isolates nothing: a callable on the loop thread speaks the real Runtime API.

For tests of everything above the sandbox, ours and yours:

>>> factory = FakeSandboxFactory(lambda event: {"greeting": f"hi {event['name']}"})
>>> region = Region(settings, factory=factory)
"""

import asyncio
import contextlib
import inspect
import json
import socket
from collections.abc import Callable, Sequence
from typing import Any

from lambda_magic.environments.dialing import dial
from lambda_magic.environments.fake_extension import FakeExtension
from lambda_magic.environments.fake_http import read, write
from lambda_magic.environments.sandbox import ExitStatus, Program, SandboxListener, SandboxSpec
from lambda_magic.runtime_api.api import RuntimeApi

_PATH = "/2018-06-01/runtime"

#: Gets the event; returns, raises, or returns something to await.
FakeHandler = Callable[[Any], Any]


class FakeSandbox:
    """One fake environment. `calls` lists what was asked of it, in order."""

    isolation = "fake"

    def __init__(
        self,
        spec: SandboxSpec,
        api: RuntimeApi,
        listener: SandboxListener,
        handler: FakeHandler,
        extensions: Sequence[FakeExtension] = (),
    ) -> None:
        self.spec = spec
        self.calls: list[str] = []
        self.memory_mb = 30
        self._api = api
        self._listener = listener
        self._handler = handler
        self._extensions: dict[str, FakeExtension] = {}
        self.extend(extensions)
        self._runtime: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._init_error: Exception | None = None

    def __repr__(self) -> str:
        return f"<FakeSandbox {self.spec.environment_id} {self.calls}>"

    @property
    def runtime_release(self) -> str | None:
        """The runtime's own."""
        return None

    async def create(self) -> None:
        """Nothing to make."""
        self.calls.append("create")

    async def start_runtime(self) -> None:
        """Start answering."""
        self.calls.append("start_runtime")
        ours, theirs = socket.socketpair()
        await self._api.attach(ours)
        reader, writer = await asyncio.open_connection(sock=theirs)
        self._runtime = asyncio.get_running_loop().create_task(self._run(reader, writer))

    def fail_init(self, error: Exception | None) -> None:
        """Let every later Init fail with this exception; None lets them succeed again."""
        self._init_error = error

    def crash(self, status: ExitStatus) -> None:
        """Let the runtime process end."""
        self._stop()
        self._listener.process_exited("runtime", status)

    def extend(self, extensions: Sequence[FakeExtension]) -> None:
        """From the next Init on have these too, each in the place of one of its name."""
        self._extensions |= {extension.program.name: extension for extension in extensions}

    def write_log(self, message: str, time: float) -> None:
        """Let the function write a message."""
        self._listener.log_written(message, time)

    def extensions(self) -> list[Program]:
        """The external ones that it was made with."""
        return [each.program for each in self._extensions.values() if not each.internal]

    async def execute(self, program: Program) -> None:
        """Let an extension begin, soon."""
        self.calls.append(f"execute {program.name}")
        self._begin(self._extensions[program.name])

    def _begin(self, extension: FakeExtension) -> asyncio.Event:
        registered = asyncio.Event()
        task = asyncio.get_running_loop().create_task(self._run_extension(extension, registered))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return registered

    async def _run_extension(self, extension: FakeExtension, registered: asyncio.Event) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):  # The environment has gone.
            status = await extension.run(self._api, registered)
            if not extension.internal:
                self._listener.process_exited(extension.program.name, status)

    async def dial(self, port: int) -> socket.socket:
        """A connection to whoever listens on this machine."""
        return await dial("127.0.0.1", port)

    def drain_logs(self) -> None:
        """Nothing is ever on its way."""

    def max_memory_used_mb(self) -> int:
        """Whatever `memory_mb` says."""
        return self.memory_mb

    def limit_cpu(self) -> None:
        """Nothing to limit."""

    def freeze(self) -> None:
        """Noted."""
        self.calls.append("freeze")

    def thaw(self) -> None:
        """Noted."""
        self.calls.append("thaw")

    def terminate(self) -> None:
        """The runtime ends at once."""
        self.calls.append("terminate")
        self._stop()
        self._listener.process_exited("runtime", ExitStatus(code=0))

    def kill_runtime(self) -> None:
        """The runtime ends at once."""
        self.calls.append("kill_runtime")
        self._stop()
        self._listener.process_exited("runtime", ExitStatus(signal=9))

    async def reset(self) -> None:
        """Stop answering."""
        self.calls.append("reset")
        self._stop_all()

    async def destroy(self) -> None:
        """Stop answering for good."""
        self.calls.append("destroy")
        self._stop_all()

    def _stop(self) -> None:
        runtime, self._runtime = self._runtime, None
        if runtime is not None:
            runtime.cancel()

    def _stop_all(self) -> None:
        self._stop()
        for task in tuple(self._running):
            task.cancel()

    async def _run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._init_error is not None:
                await _post(reader, writer, "/init/error", _document(self._init_error))
                self._listener.process_exited("runtime", ExitStatus(code=1))
                return
            for extension in self._extensions.values():
                if extension.internal:
                    await self._begin(extension).wait()
            while True:
                write(writer, "GET", f"{_PATH}/invocation/next")
                headers, body = await read(reader)
                path = f"/invocation/{headers['lambda-runtime-aws-request-id']}"
                try:
                    value = self._handler(json.loads(body))
                    if inspect.isawaitable(value):
                        value = await value
                    json.dumps(value)
                except Exception as error:
                    await _post(reader, writer, path + "/error", _document(error))
                else:
                    await _post(reader, writer, path + "/response", value)
        except asyncio.IncompleteReadError:
            pass  # The environment closed the connection.
        finally:
            writer.close()


class FakeSandboxFactory:
    """Makes fake sandboxes that all run one handler, and remembers them."""

    isolation = "fake"

    def __init__(
        self,
        handler: FakeHandler = lambda event: event,
        extensions: Sequence[FakeExtension] = (),
    ) -> None:
        self.handler = handler
        self.extensions = extensions
        self.sandboxes: list[FakeSandbox] = []

    def sandbox(self, spec: SandboxSpec, api: RuntimeApi, listener: SandboxListener) -> FakeSandbox:
        """One more."""
        sandbox = FakeSandbox(spec, api, listener, self.handler, self.extensions)
        self.sandboxes.append(sandbox)
        return sandbox

    async def close(self) -> None:
        """Nothing is left."""


def _document(error: Exception) -> dict[str, object]:
    return {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []}


async def _post(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, value: object
) -> None:
    write(writer, "POST", _PATH + path, document=value)
    await read(reader)
