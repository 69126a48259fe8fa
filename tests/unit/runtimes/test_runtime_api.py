"""The Runtime API's client side, over a socket pair."""

import socket

import pytest

from lambda_magic.runtimes.python.runtime_api import RuntimeApi, RuntimeApiClosed

NEXT = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: h:1\r\n\r\n"
ACCEPTED = b'HTTP/1.1 202 Accepted\r\nContent-Length: 16\r\n\r\n{"status":"OK"}\n'


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    theirs.settimeout(5)
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def server(pair):
    return pair[0]


@pytest.fixture
def api(pair):
    return RuntimeApi(pair[1], "h:1")


def test_an_event_has_headers_and_a_body(api, server):
    server.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nLambda-Runtime-Aws-Request-Id: a:b\r\n\r\n{}"
    )
    event = api.next()
    assert server.recv(1000) == NEXT
    assert event.status == 200
    assert event.headers["lambda-runtime-aws-request-id"] == "a:b"
    assert event.body == b"{}"


def test_a_response_asks_for_the_next_event_in_the_same_write(api, server):
    server.sendall(ACCEPTED)
    assert api.respond("id", b"[1]") == 202
    assert server.recv(1000) == (
        b"POST /2018-06-01/runtime/invocation/id/response HTTP/1.1\r\nHost: h:1\r\n"
        b"Content-Type: application/json\r\nContent-Length: 3\r\n\r\n[1]" + NEXT
    )
    server.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull")
    assert api.next().body == b"null"
    server.setblocking(False)
    with pytest.raises(BlockingIOError):
        server.recv(1)


def test_an_error_tells_its_type_in_a_header(api, server):
    server.sendall(ACCEPTED)
    assert api.fail("id", b"{}", "Größe") == 202
    request = server.recv(1000)
    assert b"Lambda-Runtime-Function-Error-Type: Gr\\xf6\\xdfe\r\n" in request
    assert request.endswith(b"\r\n\r\n{}" + NEXT)


def test_a_failed_init_asks_for_nothing(api, server):
    server.sendall(ACCEPTED)
    assert api.fail_init(b"{}", "Runtime.ImportModuleError") == 202
    request = server.recv(1000)
    assert request.startswith(b"POST /2018-06-01/runtime/init/error HTTP/1.1\r\n")
    assert NEXT not in request


def test_replies_may_come_in_pieces_or_together(api, server):
    server.sendall(ACCEPTED[:20])
    server.sendall(ACCEPTED[20:] + b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n7")
    assert api.respond("id", b"") == 202
    assert api.next().body == b"7"


def test_the_end_of_the_connection_is_told(api, server):
    server.close()
    with pytest.raises(RuntimeApiClosed):
        api.next()


def test_without_a_connection_it_dials():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        api = RuntimeApi.dial(address)
        accepted, _ = listener.accept()
        with accepted:
            accepted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            assert api.next().body == b""
            assert f"Host: {address}\r\n".encode() in accepted.recv(1000)
        api._connection.close()
