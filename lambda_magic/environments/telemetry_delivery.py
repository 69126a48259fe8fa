"""How records reach an extension's listener: an HTTP request a batch, or lines over TCP.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html#telemetry-api-destination
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import httptools

from lambda_magic.runtime_api.subscriptions import Destination

#: Connects to a port of the sandbox; raises `OSError` where nobody listens.
Dial = Callable[[int], Awaitable[socket.socket]]

_CHUNK = 64 * 1024


class DeliveryError(Exception):
    """A batch has not been taken; it may be sent again."""


class Delivery(Protocol):
    """One destination."""

    async def deliver(self, records: Sequence[bytes]) -> None:
        """Send a batch, each record one JSON document, and return when it has been taken.

        Raises `DeliveryError`, or `OSError` where nobody listens. May be cancelled.
        """

    def close(self) -> None:
        """Give back what is held open."""


def delivery(destination: Destination, dial: Dial) -> Delivery:
    """The way to a destination in a sandbox, whose ports `dial` connects to."""
    if destination.protocol == "TCP":
        return TcpDelivery(destination, dial)
    return HttpDelivery(destination, dial)


class HttpDelivery:
    """Each batch is the body of a request: an array of records."""

    def __init__(self, destination: Destination, dial: Dial) -> None:
        self._dial = dial
        self._port = destination.port
        self._head = (
            f"{destination.method} {destination.path} HTTP/1.1\r\n"
            f"Host: {destination.host}:{destination.port}\r\n"
            "Content-Type: application/json\r\nConnection: close\r\n"
        ).encode("ascii")

    async def deliver(self, records: Sequence[bytes]) -> None:
        """Send a batch; any status but a success means that it was not taken."""
        body = b"[%b]" % b",".join(records)
        reader, writer = await asyncio.open_connection(sock=await self._dial(self._port))
        try:
            writer.write(b"%bContent-Length: %d\r\n\r\n%b" % (self._head, len(body), body))
            await writer.drain()
            status = await _status(reader)
        finally:
            await _closed(writer)
        if not 200 <= status < 300:
            raise DeliveryError(f"The listener answered with status {status}")

    def close(self) -> None:
        """Nothing is held open between batches."""


class TcpDelivery:
    """Each record is a line. That it has been sent is all that can be known."""

    def __init__(self, destination: Destination, dial: Dial) -> None:
        self._dial = dial
        self._port = destination.port
        self._writer: asyncio.StreamWriter | None = None

    async def deliver(self, records: Sequence[bytes]) -> None:
        """Send a batch over the one connection, which is opened again if it was lost."""
        if self._writer is None:
            _, self._writer = await asyncio.open_connection(sock=await self._dial(self._port))
        writer = self._writer
        try:
            if writer.transport.is_closing():
                raise DeliveryError("The listener has closed the connection")
            writer.write(b"".join([b"%b\n" % record for record in records]))
            await writer.drain()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class _Response:
    """Notes when httptools has seen a whole response."""

    def __init__(self) -> None:
        self.is_complete = False

    def on_message_complete(self) -> None:
        self.is_complete = True


async def _status(reader: asyncio.StreamReader) -> int:
    """The status of the response, which is read to its end."""
    response = _Response()
    parser = httptools.HttpResponseParser(response)
    is_begun = False
    while not response.is_complete:
        chunk = await reader.read(_CHUNK)
        if not chunk:
            break  # The end of a response without a length.
        try:
            parser.feed_data(chunk)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise DeliveryError(f"The listener's answer is no HTTP: {error}") from None
        is_begun = True
    if not is_begun:
        raise DeliveryError("The listener closed the connection without an answer")
    return int(parser.get_status_code())


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
