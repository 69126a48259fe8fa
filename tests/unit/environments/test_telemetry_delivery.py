import asyncio

import pytest

from lambda_magic.environments.telemetry_delivery import DeliveryError, delivery
from lambda_magic.runtime_api.subscriptions import Destination

from .listener import PATIENCE, here, listening

ONE, TWO = b'{"type":"one"}', b'{"type":"two"}'


def http(port: int, **changes: str) -> Destination:
    return Destination(protocol="HTTP", port=port, **changes)


async def test_a_batch_is_the_body_of_a_request() -> None:
    async with listening() as listener:
        way = delivery(http(listener.port), here)
        await way.deliver([ONE, TWO])
        assert await listener.types() == ["one", "two"]
        ((first, headers),) = listener.requests
        assert first == "POST / HTTP/1.1"
        assert headers["host"] == f"sandbox.localdomain:{listener.port}"
        assert headers["content-type"] == "application/json"


async def test_the_method_and_the_path_are_those_that_were_asked_for() -> None:
    async with listening() as listener:
        destination = http(listener.port, method="PUT", path="/a/b?c=d", host="sandbox")
        await delivery(destination, here).deliver([ONE])
        ((first, headers),) = listener.requests
        assert first == "PUT /a/b?c=d HTTP/1.1"
        assert headers["host"] == f"sandbox:{listener.port}"


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_any_other_status_is_no_success(status: int) -> None:
    async with listening(status=status) as listener:
        with pytest.raises(DeliveryError, match=f"with status {status}"):
            await delivery(http(listener.port), here).deliver([ONE])


async def answer(answer: bytes) -> None:
    """Deliver to a listener that answers so, and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"]")
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await asyncio.wait_for(delivery(http(port), here).deliver([ONE]), PATIENCE)


async def test_an_answer_may_end_with_its_connection() -> None:
    await answer(b"HTTP/1.0 200 OK\r\n\r\nthe body")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "without an answer"),
        (b"hello\r\n\r\n", "is no HTTP"),
        (
            b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
            "is no HTTP",
        ),
    ],
)
async def test_an_answer_that_is_none(text: bytes, message: str) -> None:
    with pytest.raises(DeliveryError, match=message):
        await answer(text)


async def test_nobody_listens() -> None:
    async with listening() as listener:
        port = listener.port
    with pytest.raises(OSError, match=str(port)):
        await delivery(http(port), here).deliver([ONE])


async def test_over_tcp_records_are_lines() -> None:
    async with listening("TCP") as listener:
        way = delivery(Destination(protocol="TCP", port=listener.port), here)
        await way.deliver([ONE, TWO])
        await way.deliver([TWO])
        taken = [await listener.types() for _ in range(3)]
        assert taken == [["one"], ["two"], ["two"]]
        way.close()


async def test_a_lost_connection_is_opened_again() -> None:
    async with listening("TCP") as listener:
        way = delivery(Destination(protocol="TCP", port=listener.port), here)
        await way.deliver([ONE])
        assert await listener.types() == ["one"]
        way.close()
        await way.deliver([TWO])
        assert await listener.types() == ["two"]
        way.close()
