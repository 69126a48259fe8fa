"""Connections to what listens in a sandbox."""

import asyncio
import socket


async def dial(address: str, port: int) -> socket.socket:
    """A connection to `address`; raises `OSError` where nobody listens."""
    return await connect(socket.socket(socket.AF_INET), address, port)


async def connect(sock: socket.socket, address: str, port: int) -> socket.socket:
    """Connect a socket, in the network that it was made in; where that fails, it is closed."""
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock
