"""The Runtime API as a client of it sees it: status codes, bodies, and who may call when."""

import asyncio
import json
import socket
from dataclasses import dataclass, field

import pytest

from lambda_magic.core.invocation import Invocation
from lambda_magic.runtime_api.api import RuntimeApi

PREFIX = "/2018-06-01/runtime"


@dataclass
class Listener:
    told: list[tuple[object, ...]] = field(default_factory=list)

    def runtime_ready(self) -> None:
        self.told.append(("ready",))

    def runtime_responded(self, payload: bytes) -> None:
        self.told.append(("responded", payload))

    def runtime_response_too_large(self) -> None:
        self.told.append(("too large",))

    def runtime_failed(self, payload: bytes, error_type: str) -> None:
        self.told.append(("failed", payload, error_type))

    def init_failed(self, payload: bytes, error_type: str) -> None:
        self.told.append(("init failed", payload, error_type))


class Client:
    """A runtime that writes exactly what a test tells it to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def write(self, method: str, path: str, body: bytes = b"", headers: str = "") -> None:
        head = f"{method} {path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        self.writer.write(head.encode() + body)

    async def read(self) -> tuple[int, dict[str, str], bytes]:
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        body = await self.reader.readexactly(int(headers["Content-Length"]))
        return int(status.split()[1]), headers, body

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: str = ""
    ) -> tuple[int, object]:
        self.write(method, path, body, headers)
        status, _, answer = await self.read()
        return status, json.loads(answer)

    def close(self) -> None:
        self.writer.close()


class World:
    def __init__(self, *, dialable: bool = False) -> None:
        self.listener = Listener()
        self.api = RuntimeApi(self.listener, dialable=dialable)

    async def attached(self) -> Client:
        ours, theirs = socket.socketpair()
        await self.api.attach(ours)
        return Client(*await asyncio.open_connection(sock=theirs))

    async def dialed(self) -> Client:
        host, port = (await self.api.listen()).split(":")
        return Client(*await asyncio.open_connection(host, int(port)))

    async def running(self) -> Client:
        """A client that has been given the invocation "r-1"."""
        client = await self.attached()
        client.write("GET", f"{PREFIX}/invocation/next")
        await self.until(("ready",))
        self.api.send(invocation(), 1_700_000_003_000)
        assert (await client.read())[0] == 200
        return client

    async def until(self, told: tuple[object, ...]) -> None:
        async with asyncio.timeout(5):
            while told not in self.listener.told:
                await asyncio.sleep(0)


def invocation(**changes: str) -> Invocation:
    members = {
        "request_id": "r-1",
        "invoked_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:hello:LIVE",
        "function_name": "hello",
        "version": "3",
        "alias": "LIVE",
        "trace_id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
    }
    return Invocation(payload=b'{"a": 1}', **(members | changes))  # type: ignore[arg-type]


async def test_next_answers_with_the_event_and_its_headers() -> None:
    world = World()
    client = await world.attached()
    client.write("GET", f"{PREFIX}/invocation/next")
    await world.until(("ready",))

    world.api.send(invocation(client_context='{"custom": {}}'), 1_700_000_003_000)
    status, headers, body = await client.read()

    assert (status, body) == (200, b'{"a": 1}')
    assert headers == {
        "Content-Type": "application/json",
        "Content-Length": "8",
        "Lambda-Runtime-Aws-Request-Id": "r-1",
        "Lambda-Runtime-Deadline-Ms": "1700000003000",
        "Lambda-Runtime-Invoked-Function-Arn": (
            "arn:aws:lambda:us-east-1:123456789012:function:hello:LIVE"
        ),
        "Lambda-Runtime-Trace-Id": (
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"
        ),
        "Lambda-Runtime-Client-Context": '{"custom": {}}',
    }
    client.close()
    world.api.close()


async def test_a_response_is_accepted_and_told() -> None:
    world = World()
    client = await world.running()

    answer = await client.ask("POST", f"{PREFIX}/invocation/r-1/response", b'"hi"')

    assert answer == (202, {"status": "OK"})
    assert world.listener.told[-1] == ("responded", b'"hi"')
    client.close()
    world.api.close()


@pytest.mark.parametrize(
    ("headers", "body", "error_type"),
    [
        ("Lambda-Runtime-Function-Error-Type: Runtime.Boom\r\n", b"{}", "Runtime.Boom"),
        ("", b'{"errorType": "ValueError"}', "ValueError"),
        ("", b"not json", "Runtime.Unknown"),
        ("", b"[]", "Runtime.Unknown"),
    ],
)
async def test_an_error_is_told_with_its_type(headers: str, body: bytes, error_type: str) -> None:
    world = World()
    client = await world.running()

    answer = await client.ask("POST", f"{PREFIX}/invocation/r-1/error", body, headers)

    assert answer == (202, {"status": "OK"})
    assert world.listener.told[-1] == ("failed", body, error_type)
    client.close()
    world.api.close()


async def test_an_init_error_is_told() -> None:
    world = World()
    client = await world.attached()

    answer = await client.ask("POST", f"{PREFIX}/init/error", b'{"errorType": "ImportError"}')

    assert answer == (202, {"status": "OK"})
    assert world.listener.told == [("init failed", b'{"errorType": "ImportError"}', "ImportError")]
    client.close()
    world.api.close()


async def test_a_response_over_the_limit_is_refused_and_told() -> None:
    world = World()
    client = await world.running()

    status, answer = await client.ask("POST", f"{PREFIX}/invocation/r-1/response", b"x" * 6_291_557)

    assert status == 413
    assert answer == {
        "errorMessage": "Exceeded maximum allowed payload size (6291556 bytes).",
        "errorType": "RequestEntityTooLarge",
    }
    assert world.listener.told[-1] == ("too large",)
    client.close()
    world.api.close()


async def test_a_response_at_the_limit_is_accepted() -> None:
    world = World()
    client = await world.running()
    body = b'"' + b"x" * 6_291_554 + b'"'

    status, _ = await client.ask("POST", f"{PREFIX}/invocation/r-1/response", body)

    assert status == 202
    assert world.listener.told[-1] == ("responded", body)
    client.close()
    world.api.close()


@pytest.mark.parametrize(
    ("method", "path", "status", "error_type"),
    [
        ("POST", "/invocation/other/response", 400, "InvalidRequestID"),
        ("POST", "/invocation/other/error", 400, "InvalidRequestID"),
        ("GET", "/invocation/next", 403, "InvalidStateTransition"),
        ("POST", "/init/error", 403, "InvalidStateTransition"),
        ("GET", "/invocation/r-1/response", 404, "NotFound"),
        ("POST", "/invocation/r-1", 404, "NotFound"),
        ("GET", "/nothing", 404, "NotFound"),
    ],
)
async def test_misuse_while_an_invocation_runs_changes_nothing(
    method: str, path: str, status: int, error_type: str
) -> None:
    world = World()
    client = await world.running()
    told = list(world.listener.told)

    answered, body = await client.ask(method, PREFIX + path)

    assert answered == status
    assert isinstance(body, dict)
    assert body["errorType"] == error_type
    assert world.listener.told == told
    assert (await client.ask("POST", f"{PREFIX}/invocation/r-1/response", b"1"))[0] == 202
    client.close()
    world.api.close()


async def test_a_second_response_is_refused() -> None:
    world = World()
    client = await world.running()
    await client.ask("POST", f"{PREFIX}/invocation/r-1/response", b"1")

    status, body = await client.ask("POST", f"{PREFIX}/invocation/r-1/response", b"2")

    assert status == 403
    assert body == {
        "errorMessage": "State transition from Responded to InvocationResponse failed for "
        "runtime. Error: State transition is not allowed",
        "errorType": "InvalidStateTransition",
    }
    assert world.listener.told[-1] == ("responded", b"1")
    client.close()
    world.api.close()


async def test_a_response_and_the_next_request_may_come_in_one_go() -> None:
    world = World()
    client = await world.running()
    client.write("POST", f"{PREFIX}/invocation/r-1/response", b"1")
    client.write("GET", f"{PREFIX}/invocation/next")
    async with asyncio.timeout(5):
        while world.listener.told.count(("ready",)) < 2:
            await asyncio.sleep(0)

    world.api.send(invocation(request_id="r-2"), 0)

    assert (await client.read())[0] == 202
    status, headers, _ = await client.read()
    assert (status, headers["Lambda-Runtime-Aws-Request-Id"]) == (200, "r-2")
    client.close()
    world.api.close()


async def test_one_request_in_many_pieces() -> None:
    world = World()
    client = await world.running()
    whole = f"POST {PREFIX}/invocation/r-1/response HTTP/1.1\r\nContent-Length: 4\r\n\r\n".encode()
    for byte in whole + b'"ab"':
        client.writer.write(bytes([byte]))
        await asyncio.sleep(0)

    assert (await client.read())[0] == 202
    assert world.listener.told[-1] == ("responded", b'"ab"')
    client.close()
    world.api.close()


async def test_a_chunked_body() -> None:
    world = World()
    client = await world.running()
    client.writer.write(
        f"POST {PREFIX}/invocation/r-1/response HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        '3\r\n"ab\r\n2\r\nc"\r\n0\r\n\r\n'.encode()
    )

    assert (await client.read())[0] == 202
    assert world.listener.told[-1] == ("responded", b'"abc"')
    client.close()
    world.api.close()


async def test_what_is_no_http_is_answered_with_400_and_the_connection_closed() -> None:
    world = World()
    client = await world.attached()
    client.writer.write(b"\x16\x03\x01 nonsense\r\n\r\n")

    assert (await client.read())[0] == 400
    assert await client.reader.read() == b""
    assert world.listener.told == []
    client.close()
    world.api.close()


async def test_a_runtime_with_its_own_connection_cannot_be_impersonated() -> None:
    world = World()
    stranger = await world.dialed()

    status, body = await stranger.ask("GET", f"{PREFIX}/invocation/next")

    assert status == 403
    assert isinstance(body, dict)
    assert body["errorType"] == "Forbidden"
    assert world.listener.told == []
    stranger.close()
    world.api.close()


async def test_a_runtime_that_knows_only_the_address_may_dial() -> None:
    world = World(dialable=True)
    client = await world.dialed()

    client.write("GET", f"{PREFIX}/invocation/next")
    await world.until(("ready",))

    assert repr(world.api) == "<RuntimeApi [Ready, 1 connections]>"
    client.close()
    world.api.close()


async def test_after_a_reset_a_new_runtime_starts_afresh() -> None:
    world = World()
    old = await world.running()
    world.api.reset()
    assert await old.reader.read() == b""

    new = await world.attached()
    new.write("GET", f"{PREFIX}/invocation/next")
    async with asyncio.timeout(5):
        while world.listener.told.count(("ready",)) < 2:
            await asyncio.sleep(0)
    world.api.send(invocation(request_id="r-2"), 0)

    assert (await new.read())[1]["Lambda-Runtime-Aws-Request-Id"] == "r-2"
    old.close()
    new.close()
    world.api.close()


@pytest.mark.parametrize("body", [b"", b'{"errorType": "Oops"}'])
async def test_an_offer_to_go_on_in_another_protocol_is_ignored(body: bytes) -> None:
    world = World(dialable=True)
    client = await world.dialed()
    offer = (
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIA\r\n"
    )

    client.write("POST", f"{PREFIX}/init/error", body, headers=offer)
    client.write("GET", f"{PREFIX}/nothing", headers=offer)

    assert (await client.read())[0] == 202
    assert (await client.read())[0] == 404
    error_type = "Oops" if body else "Runtime.Unknown"
    assert world.listener.told == [("init failed", body, error_type)]
    client.close()
    world.api.close()


async def test_nobody_is_connected_to_others() -> None:
    world = World(dialable=True)
    client = await world.dialed()

    client.write("CONNECT", "example.com:80")

    assert (await client.read())[0] == 400
    assert await client.reader.read() == b""
    client.close()
    world.api.close()


async def test_after_its_end_nothing_is_served() -> None:
    world = World()
    world.api.close()
    listener = socket.create_server(("127.0.0.1", 0))

    with pytest.raises(OSError, match="was closed"):
        await world.api.serve(listener)

    assert listener.fileno() == -1
