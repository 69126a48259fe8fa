"""Streamed responses, from real functions to real clients."""

import hashlib
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_magic.function import Function
from lambda_magic.region import Region

from .conftest import deploy

#: Yields, then waits until the test lets it go on, then yields again and tells the test.
GATED = """
import socket

def handler(event, context):
    with socket.create_connection(("127.0.0.1", event["port"])) as gate:
        yield "first"
        gate.recv(1)
        yield "second"
        gate.sendall(b"finished")
"""

FAILING = """
import time

def handler(event, context):
    if event["when"] == "first":
        raise ValueError("before")
    yield "piece"
    if event["when"] == "late":
        raise ValueError("after")
    if event["when"] == "exit":
        import os
        os._exit(3)
    if event["when"] == "wait":
        time.sleep(60)
    yield 7
"""


class Gate:
    """Where a function waits for a test."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(20)
        self.port = self._listener.getsockname()[1]
        self._connection: socket.socket | None = None

    def open(self) -> None:
        self._connection, _ = self._listener.accept()
        self._connection.settimeout(20)
        self._connection.sendall(b"!")

    def finished(self) -> bool:
        assert self._connection is not None
        return self._connection.recv(100) == b"finished"

    def close(self) -> None:
        self._listener.close()
        if self._connection is not None:
            self._connection.close()


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.close()


@pytest.fixture(params=["over HTTP", "in process"])
def anyhow(request: pytest.FixtureRequest, region: Region) -> Any:
    """A client."""
    if request.param == "in process":
        return region.client()
    return request.getfixturevalue("client")


def invoke(client: Any, payload: Any = None, **members: Any) -> Any:
    return client.invoke_with_response_stream(
        FunctionName="hello", Payload=json.dumps(payload).encode(), **members
    )


def chunk(text: str) -> dict[str, Any]:
    return {"PayloadChunk": {"Payload": text.encode()}}


def test_pieces_arrive_before_the_function_ends(anyhow: Any, gate: Gate) -> None:
    deploy(anyhow, source=GATED)
    response = invoke(anyhow, {"port": gate.port})
    assert response["StatusCode"] == 200
    assert response["ExecutedVersion"] == "$LATEST"
    assert response["ResponseStreamContentType"] == "application/vnd.amazon.eventstream"
    events = iter(response["EventStream"])
    assert next(events) == chunk("first")
    gate.open()
    assert list(events) == [chunk("second"), {"InvokeComplete": {}}]
    assert gate.finished()


def test_whoever_goes_away_does_not_stop_the_function(anyhow: Any, gate: Gate) -> None:
    deploy(anyhow, source=GATED)
    stream = invoke(anyhow, {"port": gate.port})["EventStream"]
    assert next(iter(stream)) == chunk("first")
    stream.close()
    gate.open()
    assert gate.finished()


def test_a_response_that_is_not_streamed_is_one_piece(anyhow: Any) -> None:
    deploy(anyhow)
    events = list(invoke(anyhow, {"a": 1})["EventStream"])
    assert events == [chunk('{"a": 1}'), {"InvokeComplete": {}}]


@pytest.mark.parametrize(
    ("when", "pieces", "error_code", "told"),
    [
        ("first", [], "ValueError", "before"),
        ("late", ["piece"], "ValueError", "after"),
        ("never", ["piece"], "Runtime.MarshalError", "not of int"),
        ("exit", ["piece"], "Runtime.ExitError", "exit status 3"),
        ("wait", ["piece"], "Sandbox.Timedout", "timed out after 2.00 seconds"),
    ],
)
def test_errors_are_told_at_the_end(
    anyhow: Any, when: str, pieces: list[str], error_code: str, told: str
) -> None:
    deploy(anyhow, source=FAILING, Timeout=2 if when == "wait" else 30)
    response = invoke(anyhow, {"when": when}, LogType="Tail")
    *found, last = response["EventStream"]
    assert found == [chunk(piece) for piece in pieces]
    complete = last["InvokeComplete"]
    assert complete["ErrorCode"] == error_code
    assert told in complete["ErrorDetails"]
    assert complete["LogResult"]
    # The environment is as good as new.
    *_, last = invoke(anyhow, {"when": "never"})["EventStream"]
    assert last["InvokeComplete"]["ErrorCode"] == "Runtime.MarshalError"


def test_what_is_large_arrives_whole(anyhow: Any) -> None:
    deploy(
        anyhow,
        source="def handler(event, context):\n"
        "    return (bytes([n]) * 100_000 for n in range(200))\n",
        Timeout=30,
    )
    digest = hashlib.sha256()
    for event in invoke(anyhow)["EventStream"]:
        digest.update(event.get("PayloadChunk", {}).get("Payload", b""))
    expected = hashlib.sha256(b"".join(bytes([n]) * 100_000 for n in range(200)))
    assert digest.digest() == expected.digest()


def test_a_dry_run_has_no_events(anyhow: Any) -> None:
    deploy(anyhow)
    response = invoke(anyhow, InvocationType="DryRun")
    assert response["StatusCode"] == 204
    assert list(response["EventStream"]) == []


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"Qualifier": "7"}, "ResourceNotFoundException"),
        ({"ClientContext": "?"}, "InvalidRequestContentException"),
    ],
)
def test_what_does_not_run_is_an_error(anyhow: Any, members: Any, code: str) -> None:
    deploy(anyhow)
    with pytest.raises(ClientError) as raised:
        invoke(anyhow, **members)
    assert raised.value.response["Error"]["Code"] == code


def test_a_throttle_is_an_error(anyhow: Any) -> None:
    deploy(anyhow)
    anyhow.put_function_concurrency(FunctionName="hello", ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        invoke(anyhow)


def test_without_a_stream_a_generator_cannot_be_marshalled(client: Any) -> None:
    """As AWS's Python has it."""
    deploy(client, source="def handler(event, context):\n    yield 'a'\n")
    response = client.invoke(FunctionName="hello")
    assert response["FunctionError"] == "Unhandled"
    assert json.load(response["Payload"])["errorMessage"] == (
        "Unable to marshal response: Object of type generator is not JSON serializable"
    )


def test_a_function_streams_to_the_notebook(
    region: Region, gate: Gate, connect: Callable[..., Any]
) -> None:
    deploy(region.client(), source=GATED)
    response = Function(region, "hello").stream({"port": gate.port})
    pieces = iter(response)
    assert next(pieces) == b"first"
    assert repr(response) == "<StreamedResponse application/octet-stream [open]>"
    gate.open()
    assert list(pieces) == [b"second"]
    result = response.result
    assert (result.function_error, result.payload_bytes) == (None, b"")
    assert result.report.billed_duration_ms > 0
    produced = [e.produced_bytes for e in result.events if e.type == "platform.runtimeDone"]  # type: ignore[union-attr]
    assert produced == [len("firstsecond")]


def test_a_stream_ends_at_200_mb(region: Region) -> None:
    deploy(
        region.client(),
        source="def handler(event, context):\n"
        "    for n in range(201):\n"
        "        yield bytes(1_048_576)\n",
        Timeout=60,
    )
    response = Function(region, "hello").stream()
    assert sum(map(len, response)) <= 209_715_200
    assert response.result.error_type == "Function.ResponseSizeTooLarge"
    assert Function(region, "hello").stream().content_type == "application/octet-stream"
