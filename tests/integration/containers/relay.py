"""Leads from a TCP port to the engine's socket; prints the port, and ends with its parent."""

import asyncio
import contextlib
import sys

ENGINE = "/var/run/docker.sock"


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()


async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    from_engine, to_engine = await asyncio.open_unix_connection(ENGINE)
    await asyncio.gather(copy(reader, to_engine), copy(from_engine, writer))
    to_engine.close()
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


asyncio.run(main())
