from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from lambda_magic.api import bodies
from lambda_magic.core.errors import RequestEntityTooLargeException, RequestTooLargeException


class Client:
    """Sends a body in chunks, as fast as it is read."""

    def __init__(self, *chunks: bytes, complete: bool = True) -> None:
        self._chunks = list(chunks)
        self._complete = complete
        self.taken = 0

    async def __call__(self) -> dict[str, Any]:
        if not self._chunks:
            return {"type": "http.disconnect"}
        chunk = self._chunks.pop(0)
        self.taken += len(chunk)
        return {
            "type": "http.request",
            "body": chunk,
            "more_body": bool(self._chunks) or not self._complete,
        }


async def test_chunks_become_one_body() -> None:
    assert await bodies.read(Client(b"a", b"", b"bc"), {}, "Invoke") == b"abc"


async def test_a_client_that_goes_away() -> None:
    with pytest.raises(ClientDisconnect):
        await bodies.read(Client(b"a", complete=False), {}, "Invoke")


async def test_what_is_said_to_be_too_large_is_not_read() -> None:
    client = Client(b"x")
    with pytest.raises(RequestTooLargeException) as caught:
        await bodies.read(client, {"content-length": "6291457"}, "Invoke")
    assert caught.value.message == (
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation"
    )
    assert client.taken == 0


async def test_what_turns_out_too_large_is_not_read_to_its_end() -> None:
    client = Client(*[b"x" * 1_000_000] * 100)
    with pytest.raises(RequestTooLargeException):
        await bodies.read(client, {}, "Invoke")
    assert client.taken == 7_000_000


async def test_packages_may_be_larger() -> None:
    client = Client(*[b"x" * 10_000_000] * 8)
    with pytest.raises(RequestEntityTooLargeException) as caught:
        await bodies.read(client, {}, "CreateFunction")
    assert caught.value.message == (
        "Request must be smaller than 70167211 bytes for the CreateFunction operation"
    )
    assert client.taken == 80_000_000
