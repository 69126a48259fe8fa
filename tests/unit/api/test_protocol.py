import asyncio
from typing import Any

from lambda_magic.api.protocol import GatheringTransport


class Transport:
    """Remembers what was done with it."""

    def __init__(self) -> None:
        self.done: list[Any] = []

    def write(self, data: bytes) -> None:
        self.done.append(data)

    def close(self) -> None:
        self.done.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.done


def gathering() -> tuple[Any, Transport]:
    inner = Transport()
    return GatheringTransport(inner, asyncio.get_running_loop()), inner  # type: ignore[arg-type]


async def test_what_is_written_in_one_turn_is_sent_in_one_piece() -> None:
    transport, inner = gathering()
    transport.write(b"head ")
    transport.write(b"body")
    assert inner.done == []
    await asyncio.sleep(0)
    assert inner.done == [b"head body"]
    transport.write(b"more")
    await asyncio.sleep(0)
    assert inner.done == [b"head body", b"more"]


async def test_closing_sends_the_rest_first() -> None:
    transport, inner = gathering()
    transport.write(b"last")
    transport.close()
    assert inner.done == [b"last", "closed"]
    await asyncio.sleep(0)
    assert inner.done == [b"last", "closed"]


async def test_everything_else_is_the_transports_own() -> None:
    transport, _ = gathering()
    assert not transport.is_closing()
    transport.close()
    assert transport.is_closing()
