"""What a handler yields, as pieces of a response."""

import io
import json
import socket

import pytest

from lambda_magic.runtimes.python import streaming
from lambda_magic.runtimes.python.faults import Fault
from lambda_magic.runtimes.python.runtime_api import RuntimeApi

HTTP = "application/vnd.awslambda.http-integration-response"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ((n for n in ()), True),
        (iter([b"a"]), True),
        (io.BytesIO(b"a"), True),
        ([b"a"], False),
        (b"a", False),
        ("a", False),
        ({"a": 1}, False),
        (None, False),
    ],
)
def test_an_iterator_is_a_stream(result, expected):
    assert streaming.is_stream(result) is expected


@pytest.mark.parametrize(
    ("items", "content_type", "pieces"),
    [
        ([], "application/octet-stream", []),
        (["é", b"b"], "application/octet-stream", ["é".encode(), b"b"]),
        ([bytearray(b"a"), memoryview(b"b")], "application/octet-stream", [b"a", b"b"]),
        ([{"statusCode": 201}, "a"], HTTP, [b'{"statusCode": 201}' + bytes(8), b"a"]),
    ],
)
def test_what_is_sent(items, content_type, pieces):
    kind, sent = streaming.opened(iter(items))
    assert (kind, list(sent)) == (content_type, pieces)


def test_the_handler_runs_up_to_the_first_piece():
    ran = []

    def handler():
        ran.append("first")
        yield "a"
        ran.append("second")

    _, pieces = streaming.opened(handler())
    assert ran == ["first"]
    assert list(pieces) == [b"a"]
    assert ran == ["first", "second"]


def test_an_error_before_the_first_piece_is_raised_at_once():
    def handler():
        raise KeyError("x")
        yield

    with pytest.raises(KeyError):
        streaming.opened(handler())


@pytest.mark.parametrize("items", [[1], ["a", 1], ["a", {"statusCode": 200}]])
def test_other_things_cannot_be_marshalled(items):
    def read():
        _, pieces = streaming.opened(iter(items))
        return list(pieces)

    with pytest.raises(Fault) as raised:
        read()
    assert raised.value.error_type == "Runtime.MarshalError"


def test_the_bytes_on_the_wire():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        api = RuntimeApi(theirs, "h:1")
        api.begin_stream("id", "text/plain")
        api.send_piece(b"0123456789abcdef")
        api.send_piece(b"")
        ours.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        assert api.end_stream("Größe", json.dumps({"a": 1}).encode()) == 202
        head, body = ours.recv(10_000).split(b"\r\n\r\n", 1)
    assert head.split(b"\r\n") == [
        b"POST /2018-06-01/runtime/invocation/id/response HTTP/1.1",
        b"Host: h:1",
        b"Lambda-Runtime-Function-Response-Mode: streaming",
        b"Transfer-Encoding: chunked",
        b"Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
        b"Content-Type: text/plain",
    ]
    assert body == (
        b"10\r\n0123456789abcdef\r\n0\r\n"
        b"Lambda-Runtime-Function-Error-Type: Gr\\xf6\\xdfe\r\n"
        b"Lambda-Runtime-Function-Error-Body: eyJhIjogMX0=\r\n\r\n"
        b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: h:1\r\n\r\n"
    )
