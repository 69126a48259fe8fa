"""Handlers that stream: what a generator yields is sent as soon as it is there.

AWS's managed Python does not stream: there a generator is a result that cannot be marshalled, and
so it is here, unless the caller asked for a stream (InvokeWithResponseStream, or a function URL
with InvokeMode RESPONSE_STREAM).

    def handler(event, context):
        yield {"statusCode": 200, "headers": {"content-type": "text/plain"}}  # optional
        yield "one "
        yield b"two"

A dict that comes first is the head of the HTTP response that a function URL makes of it, as
`awslambda.HttpResponseStream.from` is in Node.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import marshalling
from .faults import Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from typing import Any

_BYTES = "application/octet-stream"
_HTTP = "application/vnd.awslambda.http-integration-response"

#: What ends the head of an HTTP response.
_END_OF_HEAD = bytes(8)


def is_stream(result: object) -> bool:
    """Whether a handler's result is an iterator; what else can be iterated is a value."""
    return isinstance(result, Iterator)


def opened(result: Iterator[Any]) -> tuple[str, Iterator[bytes]]:
    """The content type, and the pieces. The handler has run up to the first one.

    Raises what the handler raises.
    """
    for first in result:
        if isinstance(first, dict):
            head = marshalling.to_json(first).encode() + _END_OF_HEAD
            return _HTTP, _preceded(head, result)
        return _BYTES, _preceded(_piece(first), result)
    return _BYTES, iter(())


def _preceded(first: bytes, rest: Iterator[Any]) -> Iterator[bytes]:
    yield first
    for item in rest:
        yield _piece(item)


def _piece(item: object) -> bytes:
    if isinstance(item, str):
        return item.encode()
    if isinstance(item, (bytes, bytearray, memoryview)):
        return bytes(item)
    raise Fault(
        "Runtime.MarshalError",
        "Unable to marshal response: A stream is made of str and bytes, not of "
        f"{type(item).__name__}",
    )
