import json
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from lambda_magic.api.access import LoopbackOnly


async def answer(headers: list[tuple[bytes, bytes]], path: str = "/") -> tuple[int, Any]:
    """The status and the body that a request with these headers gets."""
    sent: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"null"})

    async def receive() -> Message:
        raise AssertionError("the body is nobody's business")

    async def send(message: Message) -> None:
        sent.append(message)

    await LoopbackOnly(app)({"type": "http", "path": path, "headers": headers}, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.mark.parametrize(
    "headers",
    [
        [(b"host", b"localhost:9001")],
        [(b"host", b"127.0.0.1")],
        [(b"host", b"[::1]:9001")],
        [(b"host", b"localhost:9001"), (b"origin", b"http://localhost:8888")],
        [(b"host", b"x.lambda-url.us-east-1.localhost:9001"), (b"origin", b"https://example.com")],
    ],
)
async def test_requests_from_here_go_on(headers: list[tuple[bytes, bytes]]) -> None:
    assert await answer(headers) == (200, None)


async def test_any_page_may_call_function_urls_that_have_no_host_of_their_own() -> None:
    headers = [(b"host", b"localhost:9001"), (b"origin", b"https://example.com")]
    assert await answer(headers, "/lambda-url/abc/") == (200, None)
    assert (await answer(headers, "/2015-03-31/functions"))[0] == 403


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        (
            [(b"host", b"attacker.example.com")],
            "The Host header 'attacker.example.com' is not a name of this machine's loopback "
            "interface.",
        ),
        (
            [(b"host", b"localhost"), (b"host", b"example.com")],
            "The Host header 'localhost, example.com' is not a name of this machine's loopback "
            "interface.",
        ),
        ([], "The Host header '' is not a name of this machine's loopback interface."),
        (
            [(b"host", b"[localhost")],
            "The Host header '[localhost' is not a name of this machine's loopback interface.",
        ),
        (
            [(b"host", b"localhost"), (b"origin", b"https://example.com")],
            "Pages of 'https://example.com' may not call this API.",
        ),
        (
            [(b"host", b"localhost"), (b"origin", b"null")],
            "Pages of 'null' may not call this API.",
        ),
    ],
)
async def test_requests_from_elsewhere_are_refused(
    headers: list[tuple[bytes, bytes]], message: str
) -> None:
    assert await answer(headers) == (403, {"Message": message})
