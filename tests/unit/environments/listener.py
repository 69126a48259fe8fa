"""What an extension runs to be sent telemetry: a listener on a port of this machine."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from lambda_magic.environments.dialing import dial

PATIENCE = 20


async def here(port: int) -> socket.socket:
    """A connection to a port of this machine."""
    return await dial("127.0.0.1", port)


@dataclass
class Listener:
    """Takes batches, as soon as `gate` is open, and answers each with `status`."""

    port: int = 0
    status: int = 200
    #: Of every request: its first line, and its headers.
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    #: Set whenever a request has come, answered or not.
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    batches: asyncio.Queue[list[dict[str, Any]]] = field(default_factory=asyncio.Queue)

    async def batch(self) -> list[dict[str, Any]]:
        """The next batch that was taken."""
        return await asyncio.wait_for(self.batches.get(), PATIENCE)

    async def types(self) -> list[str]:
        """The types of the records of the next batch."""
        return [record["type"] for record in await self.batch()]

    async def wait_until_asked(self) -> None:
        """Return when one more request has come."""
        await asyncio.wait_for(self.asked.wait(), PATIENCE)
        self.asked.clear()

    async def serve_http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection with one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.splitlines()
            headers = dict(line.lower().split(": ", 1) for line in lines if line)
            body = await reader.readexactly(int(headers["content-length"]))
            self.requests.append((first, headers))
            self.asked.set()
            await self.gate.wait()
            writer.write(b"HTTP/1.1 %d Some\r\nContent-Length: 2\r\n\r\nOK" % self.status)
            await writer.drain()
            if self.status < 300:
                self.batches.put_nowait(json.loads(body))
        finally:
            writer.close()

    async def serve_lines(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection on which every line is a record."""
        try:
            async for line in reader:
                self.batches.put_nowait([json.loads(line)])
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def listening(protocol: str = "HTTP", **members: Any) -> AsyncIterator[Listener]:
    """A listener that is there, and whose gate is open."""
    listener = Listener(**members)
    listener.gate.set()
    serve = listener.serve_http if protocol == "HTTP" else listener.serve_lines
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(serve(reader, writer))
        tasks.add(task)

    server = await asyncio.start_server(connected, "127.0.0.1", listener.port)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.exception()  # A peer that went away is part of many a test.
