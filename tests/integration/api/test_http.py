"""HTTP as it should not be: nobody's mistakes are anybody else's trouble."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as fuzz
from hypothesis import strategies as st

from lambda_magic.api import protocol
from lambda_magic.api.endpoint import Address, Endpoint
from lambda_magic.core.settings import Settings
from lambda_magic.region import Region

from .conftest import deploy

INVOKE = "/2015-03-31/functions/hello/invocations"


@contextlib.contextmanager
def connection(endpoint: Endpoint) -> Iterator[socket.socket]:
    address = (endpoint.address.host, endpoint.address.port)
    with socket.create_connection(address, timeout=10) as connected:
        yield connected


def until_closed(connected: socket.socket) -> bytes:
    """Everything that the server still sends."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while data := connected.recv(65536):
            received += data
    return received


def exchange(endpoint: Endpoint, *parts: bytes) -> bytes:
    """What the server answers to these bytes, until it closes the connection."""
    with connection(endpoint) as connected:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                connected.sendall(part)
        return until_closed(connected)


def request(method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def parts(response: bytes) -> tuple[int, dict[str, str], Any]:
    """Status, headers and the JSON in the body of one response."""
    head, _, body = response.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, json.loads(body) if body else None


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """One endpoint for all: it has to outlive whatever is done to it."""
    region = Region(Settings(home=tmp_path_factory.mktemp("home")))
    with Endpoint(region, Address(port=0)) as endpoint:
        deploy(region.client())
        yield endpoint
    region.close()


@pytest.fixture(autouse=True)
def alive(client: Any) -> Iterator[None]:
    """Whatever a test does to the server, others are served."""
    yield
    assert client.invoke(FunctionName="hello", Payload=b"1")["StatusCode"] == 200


def test_an_invocation_without_a_signature(endpoint: Endpoint) -> None:
    status, headers, body = parts(exchange(endpoint, request("POST", INVOKE, body=b'{"a": 1}')))
    assert (status, body) == (200, {"a": 1})
    assert headers["x-amz-executed-version"] == "$latest"
    assert headers["content-type"] == "application/json"
    assert len(headers["x-amzn-requestid"]) == 36


def test_an_error_as_it_travels(endpoint: Endpoint) -> None:
    status, headers, body = parts(
        exchange(endpoint, request("GET", "/2015-03-31/functions/nothing"))
    )
    assert status == 404
    assert headers["x-amzn-errortype"] == "resourcenotfoundexception"
    assert body == {
        "Type": "User",
        "Message": "Function not found: arn:aws:lambda:us-east-1:123456789012:function:nothing",
    }


def test_no_content(endpoint: Endpoint) -> None:
    path = "/2015-03-31/functions/hello/aliases/NOPE"
    status, headers, body = parts(exchange(endpoint, request("DELETE", path)))
    assert (status, body) == (204, None)
    assert "content-length" not in headers


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("PATCH", "/2015-03-31/functions"), ("POST", "/nothing")]
)
def test_what_is_no_operation(endpoint: Endpoint, method: str, path: str) -> None:
    status, headers, body = parts(exchange(endpoint, request(method, path)))
    assert status == 404
    assert headers["x-amzn-errortype"] == "unknownoperationexception"
    assert body["message"] == f"Unable to determine the operation of {method} {path}"


def test_a_foreign_host_is_refused(endpoint: Endpoint) -> None:
    sent = request("GET", "/2015-03-31/functions").replace(b"localhost", b"rebound.example.com")
    status, headers, _ = parts(exchange(endpoint, sent))
    assert status == 403
    assert headers["x-amzn-errortype"] == "accessdeniedexception"


def test_a_foreign_page_is_refused(endpoint: Endpoint) -> None:
    sent = request("POST", INVOKE, "Origin: https://example.com", body=b"1")
    assert parts(exchange(endpoint, sent))[0] == 403


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Length: 3\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n\x00: x\r\n\r\n",
    ],
)
def test_malformed_requests_are_refused(endpoint: Endpoint, sent: bytes) -> None:
    assert exchange(endpoint, sent).startswith(b"HTTP/1.1 400 ")


def test_huge_headers_are_refused(endpoint: Endpoint) -> None:
    answer = exchange(endpoint, b"GET / HTTP/1.1\r\n", *[b"X-Big: " + b"x" * 65_536] * 40)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")


def test_an_endless_request_line_is_refused(endpoint: Endpoint) -> None:
    answer = exchange(endpoint, b"GET /", *[b"x" * 65_536] * 40)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")


def test_large_headers_are_taken(endpoint: Endpoint) -> None:
    sent = request("GET", "/2015-03-31/functions", f"X-Big: {'x' * 500_000}")
    assert parts(exchange(endpoint, sent))[0] == 200


def test_a_body_that_is_said_to_be_too_large(endpoint: Endpoint) -> None:
    with connection(endpoint) as connected:
        head = f"POST {INVOKE} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n"
        connected.sendall(head.encode())
        assert connected.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_chunked_body_that_turns_out_too_large(endpoint: Endpoint) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with connection(endpoint) as connected:
        head = f"POST {INVOKE} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        connected.sendall(head.encode())
        for _ in range(97):
            connected.sendall(chunk)
        assert connected.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_chunked_body(endpoint: Endpoint) -> None:
    head = request("POST", INVOKE, "Transfer-Encoding: chunked")
    answer = exchange(endpoint, head, b"1\r\n[\r\n", b"2\r\n1]\r\n", b"0\r\n\r\n")
    assert parts(answer)[2] == [1]


def test_a_client_that_closes_its_half_still_gets_its_answer(endpoint: Endpoint) -> None:
    sent = request("POST", INVOKE, body=b"5").replace(b"Connection: close\r\n", b"")
    with connection(endpoint) as connected:
        connected.sendall(sent)
        connected.shutdown(socket.SHUT_WR)
        assert parts(until_closed(connected))[2] == 5


def test_clients_that_go_away(endpoint: Endpoint) -> None:
    whole = request("POST", INVOKE, body=b"[1, 2, 3]")
    for length in (1, 20, len(whole) - 3, len(whole)):
        with connection(endpoint) as connected:
            connected.sendall(whole[:length])
    assert parts(exchange(endpoint, whole))[0] == 200


def test_slow_clients_hold_nobody_up(endpoint: Endpoint, client: Any) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            connected = stack.enter_context(connection(endpoint))
            connected.sendall(request("POST", INVOKE, "Content-Length: 100")[:-10])
        answers = [client.invoke(FunctionName="hello", Payload=b"1") for _ in range(20)]
        assert {answer["StatusCode"] for answer in answers} == {200}


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET /", request("POST", INVOKE, "Content-Length: 100"), b"GET / HTTP/1.1\r\nHost: l"],
)
def test_silent_clients_are_not_waited_for(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(protocol, "SILENCE", 0.2)
    with connection(endpoint) as connected:
        connected.sendall(sent)
        assert until_closed(connected) == b""


def test_pipelined_requests_are_answered_in_order(endpoint: Endpoint) -> None:
    first = request("POST", INVOKE, body=b'"one"').replace(b"Connection: close\r\n", b"")
    answer = exchange(endpoint, first + request("POST", INVOKE, body=b'"two"'))
    assert answer.index(b'"one"') < answer.index(b'"two"')
    assert answer.count(b"HTTP/1.1 200 OK") == 2


@fuzz(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            [
                b"GET ", b"POST ", b"/2015-03-31/functions", INVOKE.encode(), b" HTTP/1.1",
                b"\r\n", b"Host: localhost", b"Content-Length: 3", b"Transfer-Encoding: chunked",
                b"{}", b"3\r\n", b"\x00", b"Upgrade: websocket\r\nConnection: upgrade",
                b"Expect: 100-continue", b"%", b"?a=b&", b": ",
            ]
        )
        | st.binary(max_size=12),
        max_size=14,
    )
)  # fmt: skip
def test_any_bytes_are_answered_or_dropped(endpoint: Endpoint, pieces: list[bytes]) -> None:
    with connection(endpoint) as connected:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connected.sendall(b"".join(pieces))
            connected.shutdown(socket.SHUT_WR)
        answer = until_closed(connected)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 ", b"HTTP/1.0 "))
    assert b"HTTP/1.1 500" not in answer


def test_many_at_once_while_others_misbehave(endpoint: Endpoint, client: Any) -> None:
    stop = threading.Event()

    def misbehave() -> None:
        while not stop.is_set():
            exchange(endpoint, b"nonsense\r\n\r\n")

    troubled = threading.Thread(target=misbehave)
    troubled.start()
    try:
        for number in range(50):
            answer = client.invoke(FunctionName="hello", Payload=str(number).encode())
            assert json.load(answer["Payload"]) == number
    finally:
        stop.set()
        troubled.join()
