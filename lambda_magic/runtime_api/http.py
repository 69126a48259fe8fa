"""HTTP/1.1 as an environment speaks it: one connection, requests answered in order.

The server side is on the hot path of every invocation, so this is an `asyncio.Protocol` around
httptools' parser and nothing else. A request may stay unanswered for as long as it likes (that
is how a runtime waits for its next event); requests pipelined behind it wait their turn.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol, cast

import httptools

from lambda_magic.runtime_api.transport import Reader, SocketTransport

#: AWS's limit for a response. A longer body is not kept, and answered with 413.
BODY_LIMIT = 6_291_556

#: With "streaming" in this header a request's body is handed on as it arrives.
RESPONSE_MODE = b"lambda-runtime-function-response-mode"

#: What is left out where a request is read once more: the offer, and what has been answered.
_NOT_AGAIN = (b"upgrade", b"expect")


@dataclass(slots=True)
class Request:
    """One request, as bytes; header names are lower-case."""

    method: bytes
    target: bytes
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""
    #: The body was longer than `BODY_LIMIT`, and is not kept.
    too_large: bool = False
    #: The body has been handed on piece by piece; what follows it is among the headers.
    streamed: bool = False


class RequestReceiver(Protocol):
    """What answers the requests of a connection."""

    def request_received(self, connection: "Connection", request: Request) -> None:
        """Answer with `connection.respond`, now or later."""

    def body_received(self, connection: "Connection", request: Request, piece: bytes) -> None:
        """Take a piece of a streamed body; `request_received` follows when it is whole."""

    def connection_lost(self, connection: "Connection") -> None:
        """The peer is gone; what was unanswered stays so."""


class Connection(asyncio.Protocol):
    """One peer. `dialed` tells a connection that came through a listener from one handed over."""

    def __init__(self, receiver: RequestReceiver, *, dialed: bool) -> None:
        self.dialed = dialed
        self._receiver = receiver
        self._transport: SocketTransport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[Request] = deque()
        self._answering = False
        self._pipelined = False
        # While data is being parsed answers collect here and leave in one write. They also wait
        # here while a request that came with theirs is unanswered: a runtime that sends its
        # response and asks for the next event in one go is then woken once, not twice.
        self._corked: list[bytes] = []
        self._parsing = False
        # Of the request that is being received.
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._chunks: list[bytes] = []
        self._length = 0
        self._is_streaming = False
        self._streamed: Request | None = None

    def respond(self, response: bytes) -> None:
        """Send the whole response (status line, headers, body) to the request in turn."""
        self._answering = False
        self._corked.append(response)
        if not self._parsing:
            self._go_on()

    def close(self) -> None:
        """Close the connection once everything written has been sent."""
        if self._transport is not None:
            self._transport.close()

    def pause(self) -> None:
        """Read nothing for now: the peer has to wait."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self._transport is not None:
            self._transport.resume_reading()

    def read_by(self, reader: Reader | None) -> None:
        """Have `reader` read what comes next; None is the loop itself."""
        if self._transport is None:
            return
        if reader is None:
            self._transport.call_back()
        else:
            self._transport.lend(reader)

    # asyncio's side...

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio calls this first."""
        self._transport = cast(SocketTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio calls this last."""
        self._transport = None
        self._receiver.connection_lost(self)

    def data_received(self, data: bytes) -> None:
        """asyncio calls this with whatever the peer sent."""
        self._parsing = True
        try:
            while data:
                data = self._feed(data)
        except httptools.HttpParserCallbackError as error:
            # A mistake of ours in whatever the request led to: not the peer's, and not to be lost.
            context = {"message": f"{self!r} failed", "exception": error.__context__ or error}
            asyncio.get_running_loop().call_exception_handler(context)
            self._parsing = False
            self.close()
        except httptools.HttpParserError:
            self._corked.append(_BAD_REQUEST)
            self._flush()
            self.close()
        else:
            self._parsing = False
            self._go_on()

    def _feed(self, data: bytes) -> bytes:
        """Parse data; returns what is to be parsed next.

        A request may offer to go on in another protocol, as Java's client does. We do not, so it
        is read as if it had not.
        """
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            method, target, headers = self._parser.get_method(), self._target, self._headers
            if method == b"CONNECT":
                raise httptools.HttpParserError("There is nobody to connect to") from None
            self._parser = httptools.HttpRequestParser(self)
            self._target, self._headers, self._is_streaming = b"", {}, False
            lines = [
                b"%b: %b\r\n" % header for header in headers.items() if header[0] not in _NOT_AGAIN
            ]
            rest: bytes = data[upgrade.args[0] :]
            return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (method, target, b"".join(lines), rest)
        return b""

    def _go_on(self) -> None:
        """Answer requests that waited; then send the answers, unless one more will follow."""
        self._parsing = True
        while self._waiting and not self._answering:
            self._take_turn(self._waiting.popleft())
        self._parsing = False
        if not (self._answering and self._pipelined):
            self._flush()

    def _flush(self) -> None:
        corked = self._corked
        if corked:
            if self._transport is not None:
                self._transport.write(corked[0] if len(corked) == 1 else b"".join(corked))
            corked.clear()

    def _take_turn(self, request: Request) -> None:
        # Anything corked now was asked for in the same breath as this request.
        self._pipelined = bool(self._corked)
        self._answering = True
        self._receiver.request_received(self, request)

    # httptools' side...

    def on_url(self, url: bytes) -> None:
        """The request's target, perhaps in parts."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        name = name.lower()
        self._headers[name] = value
        if name == b"expect" and value.lower() == b"100-continue" and self._transport:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        elif name == RESPONSE_MODE:
            # Behind a request that is still unanswered it has to wait, and is kept as a whole.
            self._is_streaming = value.lower() == b"streaming" and not self._answering

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self._is_streaming:
            if self._streamed is None:
                self._streamed = Request(
                    self._parser.get_method(), self._target, self._headers, streamed=True
                )
            self._receiver.body_received(self, self._streamed, body)
            return
        self._length += len(body)
        if self._length <= BODY_LIMIT:
            self._chunks.append(body)
        else:
            self._chunks.clear()

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._parser.should_upgrade():
            return  # It is without its body, and read once more.
        request = self._streamed or Request(
            self._parser.get_method(),
            self._target,
            self._headers,
            b"".join(self._chunks),
            self._length > BODY_LIMIT,
        )
        self._target = b""
        self._headers = {}
        self._chunks.clear()
        self._length = 0
        self._is_streaming = False
        self._streamed = None
        if self._answering:
            self._waiting.append(request)
        else:
            self._take_turn(request)


def response(status: str, body: bytes) -> bytes:
    """A JSON response in one piece.

    >>> response("202 Accepted", b"{}").splitlines()[0]
    b'HTTP/1.1 202 Accepted'
    """
    return b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        status.encode("ascii"),
        len(body),
        body,
    )


_BAD_REQUEST = response(
    "400 Bad Request", b'{"errorMessage":"Bad request","errorType":"InvalidRequest"}'
)
