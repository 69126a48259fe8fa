"""uvicorn's HTTP protocol with the limits that it does not have: on the head of a request.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: "Request line and header values: 1 MB".
HEAD_LIMIT = 1_048_576

#: Seconds for which a client may take to send the head of a request.
HEAD_TIMEOUT = 20.0

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class LimitedProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        #: Bytes that have come and are not yet part of a parsed head or of a body.
        self._unparsed = 0
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request, but not forever."""
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._cancel_timer()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """A client that will send no more may still wait for its response."""
        if self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            return False
        self.cycle.keep_alive = False
        return True

    def data_received(self, data: bytes) -> None:
        """Parse, unless it is too much."""
        self._unparsed += len(data)
        if self._unparsed > HEAD_LIMIT + len(data):
            self.transport.write(_TOO_LARGE)
            self.transport.close()
            return
        super().data_received(data)
        if self._unparsed and self._head_timer is None:
            self._start_timer()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._unparsed = 0
        self._cancel_timer()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Bodies have limits of their own, in size and in time."""
        self._unparsed = 0
        self._cancel_timer()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """What comes now is the next request."""
        self._unparsed = 0
        self._cancel_timer()
        super().on_message_complete()

    def _start_timer(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT, self._close_silent)

    def _cancel_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _close_silent(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self.transport.close()
