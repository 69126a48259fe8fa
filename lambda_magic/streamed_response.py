"""The response to an invocation, read piece by piece in another thread than the region's."""

from collections.abc import Iterator

from lambda_magic.environments.response_stream import ResponseStream
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.region import Region


class StreamedResponse:
    """Iterates over the pieces of a response, as bytes, as they arrive.

    >>> response = hello.stream({"name": "Ada"})
    >>> for piece in response:
    ...     print(piece)
    >>> response.result.function_error

    The function waits for a slow reader. It goes on, and is not waited for, after `close`.
    """

    def __init__(self, region: Region, stream: ResponseStream) -> None:
        self._region = region
        self._stream = stream
        self._has_ended = False

    def __repr__(self) -> str:
        state = "ended" if self._has_ended else "open"
        return f"<StreamedResponse {self.content_type} [{state}]>"

    @property
    def content_type(self) -> str | None:
        """What the runtime says that it is; "application/json" where it did not stream."""
        return self._stream.content_type

    def __iter__(self) -> Iterator[bytes]:
        while (piece := self._region.call(self._next())) is not None:
            yield piece
        self._has_ended = True

    @property
    def result(self) -> InvocationResult:
        """Log, report and error; without the pieces. Waits for the end, past what is unread."""
        for _ in self:
            pass
        return self._stream.result

    def close(self) -> None:
        """Read no more."""
        self._region.call_soon(self._stream.abandon)

    async def _next(self) -> bytes | None:
        return await anext(aiter(self._stream), None)
