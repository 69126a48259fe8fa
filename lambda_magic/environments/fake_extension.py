"""An extension that is no process: callables on the loop thread speak the real Extensions API.

>>> seen = []
>>> factory = FakeSandboxFactory(extensions=[FakeExtension("tail", handler=seen.append)])
"""

import asyncio
import contextlib
import inspect
import json
import socket
from collections.abc import Callable, Sequence
from typing import Any

from lambda_magic.environments.fake_http import read, write
from lambda_magic.environments.sandbox import ExitStatus, Program
from lambda_magic.runtime_api.api import RuntimeApi

_PATH = "/2020-01-01/extension"

#: Gets each event; what it returns is waited for, if that can be. `SystemExit` ends the extension.
EventHandler = Callable[[dict[str, Any]], Any]


class FakeExtension:
    """One extension; with `internal` it belongs to the runtime's process.

    Without `events` it never registers.
    """

    def __init__(
        self,
        name: str,
        *,
        events: Sequence[str] | None = ("INVOKE", "SHUTDOWN"),
        handler: EventHandler = lambda event: None,
        internal: bool = False,
    ) -> None:
        self.name = name
        self.internal = internal
        self._events = events
        self._handler = handler

    def __repr__(self) -> str:
        return f"<FakeExtension {self.name}>"

    @property
    def program(self) -> Program:
        """What is executed, were it a process."""
        return Program(
            name=f"extension-{self.name}",
            arguments=(f"/opt/extensions/{self.name}",),
            environment_variables={},
        )

    async def run(self, api: RuntimeApi, registered: asyncio.Event) -> ExitStatus:
        """Register, tell that by `registered`, and take events until it ends."""
        ours, theirs = socket.socketpair()
        await api.attach(ours)
        reader, writer = await asyncio.open_connection(sock=theirs)
        try:
            if self._events is None:
                await asyncio.Event().wait()
            name = {"Lambda-Extension-Name": self.name}
            write(writer, "POST", f"{_PATH}/register", name, {"events": self._events})
            identifier = (await read(reader))[0]["lambda-extension-identifier"]
            registered.set()
            await self._take_events({"Lambda-Extension-Identifier": identifier}, reader, writer)
            return ExitStatus(code=0)
        except SystemExit as exit:
            return ExitStatus(code=int(exit.code or 0))
        finally:
            with contextlib.suppress(RuntimeError):  # The loop is closing.
                writer.close()

    async def _take_events(
        self, header: dict[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        event: dict[str, Any] = {}
        while event.get("eventType") != "SHUTDOWN":
            write(writer, "GET", f"{_PATH}/event/next", header)
            event = json.loads((await read(reader))[1])
            answer = self._handler(event)
            if inspect.isawaitable(answer):
                await answer
