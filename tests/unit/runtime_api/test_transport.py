"""The socket transport, over real socket pairs."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from lambda_magic.runtime_api.transport import SocketTransport


class Protocol(asyncio.Protocol):
    def __init__(self) -> None:
        self.received = bytearray()
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self.connections_lost = 0

    def data_received(self, data: bytes) -> None:
        self.received += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections_lost += 1
        self.lost.set_result(exc)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    yield ours, theirs
    theirs.close()


async def test_what_is_written_is_sent_at_once(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    transport = SocketTransport(asyncio.get_running_loop(), ours, Protocol())

    transport.write(b"event")

    assert theirs.recv(100) == b"event", "before the loop has had a turn"
    transport.close()
    await asyncio.sleep(0)


async def test_more_than_the_socket_takes_arrives_in_order(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    loop = asyncio.get_running_loop()
    protocol = Protocol()
    transport = SocketTransport(loop, ours, protocol)
    parts = [bytes([number]) * 300_000 for number in range(10)]
    for part in parts:
        transport.write(part)
    transport.close()

    received = bytearray()
    while chunk := await loop.sock_recv(theirs, 1 << 20):
        received += chunk

    assert received == b"".join(parts)
    assert await protocol.lost is None


async def test_what_the_peer_sends_is_received(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    protocol = Protocol()
    SocketTransport(asyncio.get_running_loop(), ours, protocol)

    theirs.send(b"response")
    theirs.shutdown(socket.SHUT_WR)
    error = await protocol.lost

    assert error is None
    assert protocol.received == b"response"
    assert ours.fileno() == -1


async def test_writing_to_a_peer_that_has_gone_loses_the_connection_once(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    protocol = Protocol()
    transport = SocketTransport(asyncio.get_running_loop(), ours, protocol)
    theirs.close()

    transport.write(b"anybody?")
    transport.write(b"nobody")
    transport.close()
    error = await protocol.lost
    await asyncio.sleep(0)

    assert isinstance(error, BrokenPipeError)
    assert transport.is_closing()
    assert protocol.connections_lost == 1


async def test_aborting_drops_what_is_unsent(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, _ = pair
    protocol = Protocol()
    transport = SocketTransport(asyncio.get_running_loop(), ours, protocol)
    transport.write(bytes(10_000_000))

    transport.abort()

    assert await protocol.lost is None
    assert ours.fileno() == -1
