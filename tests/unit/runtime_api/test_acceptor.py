"""The acceptor, over a real listening socket."""

import asyncio
import socket

import pytest

from lambda_magic.runtime_api.acceptor import Acceptor


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


def _listener():
    return socket.create_server(("127.0.0.1", 0))


async def _ask(address, message):
    reader, writer = await asyncio.open_connection(*address)
    writer.write(message)
    answer = await reader.readexactly(len(message))
    return answer, writer


async def test_whoever_connects_is_served():
    acceptor = Acceptor(asyncio.get_running_loop(), _listener(), Echo)
    asked = [_ask(acceptor.address, str(number).encode()) for number in range(20)]

    answers = await asyncio.gather(*asked)

    assert [answer for answer, _ in answers] == [str(number).encode() for number in range(20)]
    for _, writer in answers:
        writer.close()
    acceptor.close()


async def test_closed_it_accepts_no_more_and_keeps_the_connections_that_there_are():
    acceptor = Acceptor(asyncio.get_running_loop(), _listener(), Echo)
    reader, writer = await asyncio.open_connection(*acceptor.address)
    writer.write(b"before")
    assert await reader.readexactly(6) == b"before"

    acceptor.close()
    acceptor.close()

    writer.write(b"after")
    assert await reader.readexactly(5) == b"after"
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*acceptor.address)
    assert "closed" in repr(acceptor)


async def test_a_machine_without_descriptors_is_asked_again(monkeypatch, caplog):
    class Exhausted(socket.socket):
        failures = 1

        def accept(self):
            if self.failures:
                self.failures -= 1
                raise OSError(24, "Too many open files")
            return super().accept()

    monkeypatch.setattr("lambda_magic.runtime_api.acceptor._PAUSE", 0.001)
    listener = Exhausted()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    acceptor = Acceptor(asyncio.get_running_loop(), listener, Echo)

    answer, writer = await _ask(acceptor.address, b"patient")

    assert answer == b"patient"
    assert "Too many open files" in caplog.text
    writer.close()
    acceptor.close()
