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


class Reader:
    """Keeps what it was lent, and reads when it is told to."""

    def __init__(self) -> None:
        self.lent: list[SocketTransport] = []

    def take(self, transport: SocketTransport) -> None:
        self.lent.append(transport)


class Lent:
    """A transport that has been lent to a reader for as long as a test may take."""

    def __init__(self, ours: socket.socket) -> None:
        self.protocol = Protocol()
        self.transport = SocketTransport(asyncio.get_running_loop(), ours, self.protocol)
        self.transport.LOAN = 600  # type: ignore[misc]
        self.reader = Reader()
        self.transport.lend(self.reader)

    async def close(self) -> None:
        self.transport.close()
        await self.protocol.lost


async def _turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_lent_it_is_read_by_the_reader_alone(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    lent = Lent(ours)
    assert lent.reader.lent == [lent.transport]
    theirs.send(b"response")
    await _turns()
    assert lent.protocol.received == b"", "the loop has read it"

    assert lent.transport.read_for(lent.reader)

    assert lent.protocol.received == b"response"
    await lent.close()


async def test_called_back_it_is_read_by_the_loop(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    lent = Lent(ours)
    theirs.send(b"response")

    lent.transport.call_back()
    assert not lent.transport.read_for(lent.reader)
    assert lent.protocol.received == b"", "its former reader has read it"
    await _turns()

    assert lent.protocol.received == b"response"
    await lent.close()


async def test_a_loan_ends_by_itself(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    received = asyncio.get_running_loop().create_future()
    protocol = Protocol()
    protocol.data_received = received.set_result  # type: ignore[method-assign]
    transport = SocketTransport(asyncio.get_running_loop(), ours, protocol)
    transport.lend(Reader())
    theirs.send(b"nobody reads this")

    assert await asyncio.wait_for(received, 10) == b"nobody reads this"
    transport.close()
    await protocol.lost


async def test_it_may_be_lent_to_one_after_another(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    lent = Lent(ours)
    second = Reader()
    lent.transport.lend(second)
    theirs.send(b"response")

    assert not lent.transport.read_for(lent.reader)
    assert lent.transport.read_for(second)

    assert lent.protocol.received == b"response"
    await lent.close()


async def test_a_reader_that_reads_the_end_is_told_not_to_go_on(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    lent = Lent(ours)
    theirs.shutdown(socket.SHUT_WR)

    assert not lent.transport.read_for(lent.reader)

    assert await lent.protocol.lost is None
    assert ours.fileno() == -1


async def test_a_mistake_of_the_protocol_is_the_loops_to_report_and_not_the_readers(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    lent = Lent(ours)
    mistake = ValueError("ours")
    reported: list[object] = []

    def fail(data: bytes) -> None:
        raise mistake

    lent.protocol.data_received = fail  # type: ignore[method-assign]
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: reported.append(context["exception"])
    )
    theirs.send(b"response")

    assert lent.transport.read_for(lent.reader)

    assert reported == [mistake]
    await lent.close()


async def test_closed_while_it_is_lent_it_is_nobodys(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, _ = pair
    lent = Lent(ours)
    lent.transport.close()
    assert not lent.transport.read_for(lent.reader)
    lent.transport.lend(lent.reader)
    assert len(lent.reader.lent) == 1
    lent.transport.call_back()
    assert await lent.protocol.lost is None


async def test_paused_while_it_is_lent_nobody_reads(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    lent = Lent(ours)
    lent.transport.pause_reading()
    theirs.send(b"response")
    assert not lent.transport.read_for(lent.reader)
    await _turns()
    assert lent.protocol.received == b""

    lent.transport.resume_reading()
    await _turns()

    assert lent.protocol.received == b"response"
    await lent.close()
