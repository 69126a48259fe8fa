"""HTTP/1.1 as the doubles speak it: just enough for our own server."""

import asyncio
import json
from collections.abc import Mapping


def write(
    writer: asyncio.StreamWriter,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    document: object = None,
) -> None:
    """Send a request; its body is JSON, if there is a document."""
    body = b"" if document is None else json.dumps(document).encode()
    lines = [f"{name}: {value}\r\n" for name, value in (headers or {}).items()]
    head = f"{method} {path} HTTP/1.1\r\n{''.join(lines)}Content-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)


async def read(reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes]:
    """The headers, with names and values in lower case, and the body of the next response."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    return headers, await reader.readexactly(int(headers["content-length"]))
