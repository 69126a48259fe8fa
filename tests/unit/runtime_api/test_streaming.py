"""Streamed responses as a runtime sends them, over a socket pair."""

import asyncio
import base64
import itertools
import json
import socket
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_magic.core.invocation import Invocation
from lambda_magic.runtime_api.api import RuntimeApi
from lambda_magic.runtime_api.http import Connection, Request
from lambda_magic.runtime_api.streaming import StreamError

NEXT = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n"


class Runtime:
    """Both sides: what a runtime writes, and what the environment is told."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[tuple[object, ...]] = asyncio.Queue()
        self.limit = 1_000_000
        self.connection: Connection
        self.api = RuntimeApi(self, dialable=True)
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    def runtime_ready(self) -> None:
        self.told.put_nowait(("ready",))

    def runtime_responded(self, payload: bytes) -> None:
        self.told.put_nowait(("responded", payload))

    def runtime_response_too_large(self) -> None:
        self.told.put_nowait(("too large",))

    def runtime_failed(self, payload: bytes, error_type: str) -> None:
        self.told.put_nowait(("failed", error_type))

    def runtime_response_begun(self, content_type: str, connection: Connection) -> None:
        self.connection = connection
        self.told.put_nowait(("begun", content_type))

    def runtime_response_continued(self, piece: bytes) -> bool:
        self.limit -= len(piece)
        self.told.put_nowait(("continued", piece))
        return self.limit >= 0

    def runtime_response_ended(self, error: StreamError | None) -> None:
        self.told.put_nowait(("ended", error))

    def runtime_response_rejected(self, error_type: str) -> None:
        self.told.put_nowait(("rejected", error_type))

    def init_failed(self, payload: bytes, error_type: str) -> None:
        self.told.put_nowait(("init failed", error_type))

    async def hears(self) -> tuple[object, ...]:
        return await asyncio.wait_for(self.told.get(), 5)

    def begin(self, request_id: str = "r-1", mode: str = "streaming", headers: str = "") -> None:
        self.writer.write(
            f"POST /2018-06-01/runtime/invocation/{request_id}/response HTTP/1.1\r\n"
            f"Lambda-Runtime-Function-Response-Mode: {mode}\r\n{headers}"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )

    def write(self, piece: bytes) -> None:
        self.writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))

    def end(self, trailers: str = "") -> None:
        self.writer.write(f"0\r\n{trailers}\r\n".encode())

    async def answer(self) -> tuple[int, bytes]:
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)).decode()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await self.reader.readexactly(int(headers["Content-Length"]))
        return int(head.split()[1]), body


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    """A runtime that works on the invocation "r-1"."""
    runtime = Runtime()
    ours, theirs = socket.socketpair()
    await runtime.api.attach(ours)
    runtime.reader, runtime.writer = await asyncio.open_connection(sock=theirs)
    runtime.writer.write(NEXT)
    assert await runtime.hears() == ("ready",)
    invocation = Invocation(
        request_id="r-1",
        invoked_function_arn="arn",
        function_name="hello",
        version="1",
        alias=None,
        payload=b"{}",
        trace_id="Root=1-0-0",
        streaming=True,
    )
    runtime.api.send(invocation, 0)
    head = await runtime.reader.readuntil(b"{}")
    assert b"Lambda-Runtime-Function-Response-Mode: streaming\r\n" in head
    yield runtime
    runtime.api.close()
    runtime.writer.close()


async def test_pieces_arrive_one_by_one(runtime: Runtime) -> None:
    runtime.begin(headers="Content-Type: text/plain\r\n")
    runtime.write(b"one")
    assert await runtime.hears() == ("begun", "text/plain")
    assert await runtime.hears() == ("continued", b"one")
    runtime.write(b"two")
    assert await runtime.hears() == ("continued", b"two")
    runtime.end()
    assert await runtime.hears() == ("ended", None)
    assert (await runtime.answer())[0] == 202


async def test_the_next_event_may_be_asked_for_in_the_same_breath(runtime: Runtime) -> None:
    runtime.begin()
    runtime.write(b"one")
    runtime.end()
    runtime.writer.write(NEXT)
    told = [await runtime.hears() for _ in range(4)]
    assert told == [
        ("begun", "application/octet-stream"),
        ("continued", b"one"),
        ("ended", None),
        ("ready",),
    ]


@pytest.mark.parametrize(
    ("sent", "body"),
    [(base64.b64encode(b'{"a": 1}').decode(), b'{"a": 1}'), ("not base64!", b"not base64!")],
)
async def test_trailers_tell_of_an_error(runtime: Runtime, sent: str, body: bytes) -> None:
    runtime.begin(headers="Trailer: Lambda-Runtime-Function-Error-Type\r\n")
    runtime.write(b"one")
    runtime.end(
        "Lambda-Runtime-Function-Error-Type: Runtime.Oops\r\n"
        f"Lambda-Runtime-Function-Error-Body: {sent}\r\n"
    )
    told = [await runtime.hears() for _ in range(3)]
    assert told[2] == ("ended", StreamError(error_type="Runtime.Oops", body=body))
    assert (await runtime.answer())[0] == 202


async def test_a_stream_may_be_empty(runtime: Runtime) -> None:
    runtime.begin()
    runtime.end()
    told = [await runtime.hears() for _ in range(3)]
    assert told == [("begun", "application/octet-stream"), ("continued", b""), ("ended", None)]
    assert (await runtime.answer())[0] == 202


async def test_too_much_is_refused_and_the_rest_ignored(runtime: Runtime) -> None:
    runtime.limit = 3
    runtime.begin()
    for piece in (b"one", b"two", b"three"):
        runtime.write(piece)
    runtime.end()
    status, body = await runtime.answer()
    assert (status, json.loads(body)["errorType"]) == (413, "RequestEntityTooLarge")
    told = [await runtime.hears() for _ in range(3)]
    assert told[1:] == [("continued", b"one"), ("continued", b"two")]
    assert runtime.told.empty()


@pytest.mark.parametrize("length", [0, 5])
async def test_there_are_no_other_modes(runtime: Runtime, length: int) -> None:
    runtime.begin(mode="buffered")
    if length:
        runtime.write(b"x" * length)
    runtime.end()
    status, body = await runtime.answer()
    assert (status, json.loads(body)) == (
        400,
        {
            "errorMessage": "Invalid function response mode",
            "errorType": "InvalidFunctionResponseMode",
        },
    )
    assert await runtime.hears() == ("rejected", "Runtime.InvalidResponseModeHeader")


async def test_somebody_elses_response_is_refused(runtime: Runtime) -> None:
    runtime.begin(request_id="r-2")
    runtime.write(b"one")
    runtime.end()
    status, body = await runtime.answer()
    assert (status, json.loads(body)["errorType"]) == (400, "InvalidRequestID")
    runtime.begin()
    runtime.write(b"one")
    assert await runtime.hears() == ("begun", "application/octet-stream")


async def test_no_error_can_be_reported_once_the_response_has_begun(runtime: Runtime) -> None:
    host, port = (await runtime.api.listen()).split(":")
    runtime.begin()
    runtime.write(b"one")
    await runtime.hears()
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /2018-06-01/runtime/invocation/r-1/error HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
    )
    assert b"403 Forbidden" in await reader.readline()
    writer.close()


async def test_a_dialed_connection_that_is_lost_truncates_its_response(runtime: Runtime) -> None:
    host, port = (await runtime.api.listen()).split(":")
    attached = runtime.writer
    runtime.reader, runtime.writer = await asyncio.open_connection(host, int(port))
    runtime.begin()
    runtime.write(b"one")
    assert await runtime.hears() == ("begun", "application/octet-stream")
    runtime.writer.close()
    assert await runtime.hears() == ("continued", b"one")
    assert await runtime.hears() == ("rejected", "Runtime.TruncatedResponse")
    attached.close()


async def test_a_runtime_that_is_too_fast_waits(runtime: Runtime) -> None:
    runtime.begin()
    runtime.write(b"one")
    assert await runtime.hears() == ("begun", "application/octet-stream")
    assert await runtime.hears() == ("continued", b"one")
    runtime.connection.pause()
    runtime.write(b"two")
    for _ in range(50):
        await asyncio.sleep(0)
    assert runtime.told.empty()
    runtime.connection.resume()
    assert await runtime.hears() == ("continued", b"two")


async def test_a_response_to_a_request_behind_another_is_kept_whole(runtime: Runtime) -> None:
    """Only a client that misbehaves sends it before it has its event."""
    runtime.begin()
    runtime.write(b"one")
    runtime.end()
    assert [(await runtime.hears())[0] for _ in range(3)] == ["begun", "continued", "ended"]
    await runtime.answer()
    runtime.writer.write(NEXT)
    runtime.begin()
    runtime.write(b"late")
    runtime.end()
    assert await runtime.hears() == ("ready",)
    assert runtime.told.empty()


class Recorder:
    """Receives requests without a network."""

    def __init__(self) -> None:
        self.body = b""
        self.requests: list[Request] = []

    def body_received(self, connection: Connection, request: Request, piece: bytes) -> None:
        self.body += piece

    def request_received(self, connection: Connection, request: Request) -> None:
        self.requests.append(request)
        connection.respond(b"")

    def connection_lost(self, connection: Connection) -> None:
        """Never."""


@given(
    pieces=st.lists(st.binary(min_size=1, max_size=40), max_size=5),
    trailer=st.sampled_from(["", "Lambda-Runtime-Function-Error-Type: Oops\r\n"]),
    cuts=st.lists(st.integers(min_value=0, max_value=600), max_size=8),
)
def test_it_does_not_matter_how_the_bytes_are_cut(
    pieces: list[bytes], trailer: str, cuts: list[int]
) -> None:
    wire = (
        b"POST /r HTTP/1.1\r\nLambda-Runtime-Function-Response-Mode: Streaming\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
        + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        + f"0\r\n{trailer}\r\n".encode()
        + NEXT
    )
    recorder = Recorder()
    connection = Connection(recorder, dialed=False)
    places = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    for start, end in itertools.pairwise(places):
        connection.data_received(wire[start:end])
    streamed, following = recorder.requests
    assert recorder.body == b"".join(pieces)
    assert streamed.streamed is bool(pieces)
    assert (b"lambda-runtime-function-error-type" in streamed.headers) is bool(trailer)
    assert (following.method, following.headers, following.streamed) == (b"GET", {}, False)
