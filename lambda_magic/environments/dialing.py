"""Connections to what listens in a sandbox."""

import asyncio
import socket


async def dial(address: str, port: int) -> socket.socket:
    """A connection to `address`; raises `OSError` where nobody listens."""
    sock = socket.socket(socket.AF_INET)
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock
