"""Connections into a sandbox, in every isolation that this machine allows."""

import asyncio

import pytest

PATIENCE = 20
LISTENS = """
    import socket

    server = socket.create_server(("0.0.0.0", 0))

    def handler(event, context):
        if event is None:
            return server.getsockname()[1]
        connection, _ = server.accept()
        return connection.recv(100).decode()
"""


async def test_a_port_of_the_sandbox_is_reached(make) -> None:
    environment = make(LISTENS)
    await environment.start()
    port = await environment.invoke()
    sock = await asyncio.wait_for(environment.sandbox.dial(port), PATIENCE)
    with sock:
        await asyncio.get_running_loop().sock_sendall(sock, b"hello")
        assert await environment.invoke("accept") == "hello"


async def test_nobody_listens(make) -> None:
    environment = make(LISTENS)
    await environment.start()
    port = await environment.invoke()
    await environment.sandbox.destroy()
    with pytest.raises(ConnectionRefusedError):
        await environment.sandbox.dial(port)
