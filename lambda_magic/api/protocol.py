"""uvicorn's HTTP protocol with limits on the head of a request, and a write for each response.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from lambda_magic.api import express
from lambda_magic.api.express import Express, Order
from lambda_magic.api.lambda_api import STOPPING
from lambda_magic.api.messages import reply_headers
from lambda_magic.api.rest_json import Reply, error_reply
from lambda_magic.core.errors import ServiceException

#: "Request line and header values: 1 MB".
HEAD_LIMIT = 1_048_576

#: The extension of ASGI that ends a connection in the middle of a response, so that the client
#: knows that it did not get all of it.
CUT_OFF = "lambda_magic.cut_off"

#: Seconds for which a client may be silent in the middle of a request.
SILENCE = 30.0

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class GatheringTransport:
    """A transport that sends what is written in one turn of the loop in one piece.

    uvicorn writes the head and the body of a response one after the other, and each would be sent
    at once: that would wake the client twice.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._written: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send `data`, very soon."""
        if not self._written:
            self._loop.call_soon(self._flush)
        self._written.append(data)

    def write_now(self, data: bytes) -> None:
        """Send `data` at once."""
        self._written.append(data)
        self._flush()

    def close(self) -> None:
        """Close, once all is sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._written:
            written, self._written = self._written, []
            self._transport.write(b"".join(written))


class LimitedProtocol(HttpToolsProtocol):
    """One connection. What `lane` takes orders for is not the application's."""

    def __init__(self, *arguments: Any, lane: Express | None = None, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._lane = lane
        #: Of the request whose turn it is, until its body is there.
        self._order: Order | None = None
        #: Bytes that have come and are not yet part of a parsed head or of a body.
        self._unparsed = 0
        self._is_in_body = False
        self._silence: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request, but not forever."""
        super().connection_made(transport)
        self.transport = GatheringTransport(transport, self.loop)  # type: ignore[assignment]
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._unwatch()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """A client that will send no more may still wait for its response."""
        if self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            return False
        self.cycle.keep_alive = False
        return True

    def data_received(self, data: bytes) -> None:
        """Parse, unless it is too much; then wait for the rest, if there is one."""
        self._unparsed += len(data)
        if self._unparsed > HEAD_LIMIT + len(data):
            self.transport.write(_TOO_LARGE)
            self.transport.close()
            return
        super().data_received(data)
        if self._silence is not None:
            self._unwatch()
        if (self._unparsed or self._is_in_body) and not self.transport.is_closing():
            self._watch()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._unparsed = 0
        self._is_in_body = True
        super().on_headers_complete()
        self.scope["extensions"] = {CUT_OFF: self.transport.close}  # type: ignore[dict-item]

    def on_body(self, body: bytes) -> None:
        """Bodies have limits of their own."""
        self._unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """What comes now is the next request."""
        self._unparsed = 0
        self._is_in_body = False
        super().on_message_complete()
        if self._order is not None:
            self._run_order(self._order, self.cycle)

    # The express lane...

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        # uvicorn calls this when it is a request's turn; a version that did not would make every
        # request go the ordinary way.
        order = None if self._lane is None else self._lane.order(cast(dict[str, Any], cycle.scope))
        if order is None:
            super()._start_asgi_task(cycle, app)
        elif cycle.more_body:
            self._order = order
        else:
            self._run_order(order, cycle)

    def _run_order(self, order: Order, cycle: RequestResponseCycle) -> None:
        self._order = None
        # uvicorn waits for its tasks before it stops, and then cancels them; this stands for one.
        running: asyncio.Future[None] = self.loop.create_future()
        self.tasks.add(running)  # type: ignore[arg-type]

        def answer(reply: Reply, request_id: str | None) -> None:
            self.tasks.discard(running)
            if not running.cancelled():
                self._answer(cycle, reply, request_id)

        def cancelled(_: object) -> None:
            self._answer(cycle, error_reply(ServiceException(STOPPING)), None)

        # Never done otherwise: nobody awaits it.
        running.add_done_callback(cancelled)
        express.run(order, bytes(cycle.body), answer)

    def _answer(self, cycle: RequestResponseCycle, reply: Reply, request_id: str | None) -> None:
        cycle.response_started = cycle.response_complete = True
        if self.transport.is_closing():
            return
        headers = [*cycle.default_headers, *reply_headers(reply, request_id)]
        if not cycle.keep_alive:
            headers.append((b"connection", b"close"))
        head = b"".join(b"%b: %b\r\n" % header for header in headers)
        gathering = cast(GatheringTransport, self.transport)
        gathering.write_now(STATUS_LINE[reply.status] + head + b"\r\n" + reply.body)
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    # Limits...

    def _watch(self) -> None:
        self._silence = self.loop.call_later(SILENCE, self._close_silent)

    def _unwatch(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def _close_silent(self) -> None:
        self._silence = None
        self.transport.close()
