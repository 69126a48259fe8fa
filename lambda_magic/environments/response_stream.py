"""The response to one invocation, as it arrives: its environment writes, one caller reads.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html

Both sides are on the loop thread. A reader that is slow makes the runtime wait, as a slow client
does on AWS; a reader that has gone away does not stop the function.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Protocol

from lambda_magic.core.errors import LambdaError
from lambda_magic.core.invocation import Invocation
from lambda_magic.monitoring.result import InvocationResult

#: AWS's limit for a streamed response, in bytes: 200 MB.
STREAM_LIMIT = 209_715_200

#: With more than this unread the runtime waits, until half of it has been read.
_HIGH_WATER = 262_144

#: The content type of a response that is not streamed.
_JSON = "application/json"


class Flow(Protocol):
    """Where the pieces of a response come from."""

    def pause(self) -> None:
        """Send no more for now."""

    def resume(self) -> None:
        """Go on."""


class ResponseStream:
    """The pieces of a response in their order, and in the end the result.

    >>> await stream.begun()
    >>> async for piece in stream: ...
    >>> stream.result.function_error

    A response that the runtime did not stream is one piece. A function error before the first
    piece has none: what it was is in the result.
    """

    def __init__(self) -> None:
        #: What is being run; known as soon as it has been let in.
        self.invocation: Invocation
        #: What the runtime says that it is; known once it has begun.
        self.content_type: str | None = None
        self._pieces: deque[bytes] = deque()
        self._unread = 0
        self._flow: Flow | None = None
        self._is_paused = False
        self._is_abandoned = False
        self._outcome: InvocationResult | LambdaError | None = None
        self._changed = asyncio.Event()

    def __repr__(self) -> str:
        state = "ended" if self._outcome else "begun" if self.content_type else "waiting"
        return f"<ResponseStream [{state}, {self._unread} bytes unread]>"

    # The environment's side...

    def begin(self, content_type: str, flow: Flow) -> None:
        """The runtime streams; `flow` is told when it is too fast."""
        self.content_type = content_type
        self._flow = flow
        self._changed.set()

    def write(self, piece: bytes) -> None:
        """The next piece."""
        if self._is_abandoned:
            return
        self._pieces.append(piece)
        self._unread += len(piece)
        self._changed.set()
        if self._unread > _HIGH_WATER and self._flow is not None and not self._is_paused:
            self._is_paused = True
            self._flow.pause()

    def end(self, outcome: InvocationResult | LambdaError) -> None:
        """Everything is over, and this is what it came to."""
        if isinstance(outcome, InvocationResult) and self.content_type is None:
            self.content_type = _JSON
            if outcome.function_error is None:
                self.write(outcome.payload_bytes)
        self._flow = None
        self._outcome = outcome
        self._changed.set()

    # The reader's side...

    async def begun(self) -> None:
        """Return when the response has begun, or there will be none.

        Raises the `LambdaError` because of which the function did not run. Whoever is cancelled
        while waiting here is taken not to read it.
        """
        try:
            while self.content_type is None and self._outcome is None:
                await self._wait()
        except asyncio.CancelledError:
            self.abandon()
            raise
        if isinstance(self._outcome, LambdaError) and not self._pieces:
            raise self._outcome

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while not self._pieces:
            if isinstance(self._outcome, LambdaError):
                raise self._outcome
            if self._outcome is not None:
                raise StopAsyncIteration
            await self._wait()
        piece = self._pieces.popleft()
        self._unread -= len(piece)
        if self._is_paused and self._unread <= _HIGH_WATER // 2:
            self._go_on()
        return piece

    @property
    def result(self) -> InvocationResult:
        """What it came to; only once all pieces have been read."""
        assert isinstance(self._outcome, InvocationResult), "The response has not ended"
        return self._outcome

    def abandon(self) -> None:
        """Nobody reads any more; the function goes on without being held up."""
        self._is_abandoned = True
        self._pieces.clear()
        self._unread = 0
        self._go_on()

    def _go_on(self) -> None:
        if self._is_paused:
            self._is_paused = False
            if self._flow is not None:
                self._flow.resume()

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()
