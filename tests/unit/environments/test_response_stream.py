"""The response to one invocation, between an environment that writes and a caller who reads."""

import asyncio

import pytest

from lambda_magic.core.errors import ServiceException
from lambda_magic.environments.response_stream import ResponseStream
from lambda_magic.monitoring.result import InvocationResult


class Flow:
    def __init__(self) -> None:
        self.told: list[str] = []

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")


def result(payload: bytes = b"", function_error: str | None = None) -> InvocationResult:
    return InvocationResult(
        status_code=200,
        payload_bytes=payload,
        function_error=function_error,
        executed_version="1",
        request_id="r-1",
        function_name="hello",
    )


async def read(stream: ResponseStream) -> list[bytes]:
    return [piece async for piece in stream]


async def test_pieces_are_read_while_more_are_to_come() -> None:
    stream = ResponseStream()
    begun = asyncio.ensure_future(stream.begun())
    await asyncio.sleep(0)
    assert not begun.done()
    stream.begin("text/plain", Flow())
    await begun
    stream.write(b"one")
    assert await anext(stream) == b"one"
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    assert not waiting.done()
    stream.write(b"two")
    assert await waiting == b"two"
    stream.end(result())
    assert await read(stream) == []
    assert stream.content_type == "text/plain"
    assert stream.result.executed_version == "1"


@pytest.mark.parametrize(
    ("outcome", "pieces"),
    [(result(b"[1]"), [b"[1]"]), (result(b"{}", "Unhandled"), [])],
)
async def test_a_response_that_was_not_streamed_is_one_piece(
    outcome: InvocationResult, pieces: list[bytes]
) -> None:
    stream = ResponseStream()
    stream.end(outcome)
    await stream.begun()
    assert stream.content_type == "application/json"
    assert await read(stream) == pieces
    assert stream.result is outcome


async def test_what_did_not_run_is_raised() -> None:
    stream = ResponseStream()
    stream.end(ServiceException("gone"))
    with pytest.raises(ServiceException, match="gone"):
        await stream.begun()


async def test_what_is_lost_on_the_way_is_raised_after_what_has_arrived() -> None:
    stream = ResponseStream()
    stream.begin("text/plain", Flow())
    stream.write(b"one")
    stream.end(ServiceException("gone"))
    await stream.begun()
    assert await anext(stream) == b"one"
    with pytest.raises(ServiceException, match="gone"):
        await anext(stream)


async def test_a_slow_reader_makes_the_runtime_wait() -> None:
    stream, flow = ResponseStream(), Flow()
    stream.begin("text/plain", flow)
    for _ in range(5):
        stream.write(bytes(65_536))
    assert flow.told == ["pause"]
    assert stream.__repr__() == "<ResponseStream [begun, 327680 bytes unread]>"
    for _ in range(2):
        await anext(stream)
    assert flow.told == ["pause"]
    await anext(stream)
    assert flow.told == ["pause", "resume"]


async def test_a_reader_that_has_gone_does_not() -> None:
    stream, flow = ResponseStream(), Flow()
    stream.begin("text/plain", flow)
    for _ in range(5):
        stream.write(bytes(65_536))
    stream.abandon()
    assert flow.told == ["pause", "resume"]
    for _ in range(50):
        stream.write(bytes(65_536))
    assert flow.told == ["pause", "resume"]
    stream.end(result())
    assert await read(stream) == []


async def test_whoever_stops_waiting_for_it_does_not_read_it() -> None:
    stream, flow = ResponseStream(), Flow()
    waiting = asyncio.ensure_future(stream.begun())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    stream.begin("text/plain", flow)
    stream.write(bytes(1_000_000))
    assert flow.told == []
