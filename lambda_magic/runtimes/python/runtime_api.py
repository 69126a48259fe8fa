"""The Runtime API's client side: HTTP/1.1 on one connected socket.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import binascii
import socket

_PREFIX = "/2018-06-01/runtime"
#: Below the size from which the C library asks the system for memory, and gives it back, each time.
_CHUNK = 64 * 1024
#: A response up to this size goes out in one write with the request for the next event. A larger
#: one may be refused while it is still being sent.
_PIPELINED = 1024 * 1024

ACCEPTED = 202

#: In a response: that it comes piece by piece. In an event: that the caller takes it that way.
RESPONSE_MODE = "Lambda-Runtime-Function-Response-Mode"
_ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
_ERROR_BODY = "Lambda-Runtime-Function-Error-Body"


class RuntimeApiClosed(Exception):
    """The other side has gone: there is nobody left to work for."""


class Reply:
    """One HTTP response; header names are in lower case."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class RuntimeApi:
    """Asks for events and answers them, one at a time."""

    def __init__(self, connection: socket.socket, host: str) -> None:
        self._connection = connection
        self._received = bytearray()
        self._host = host
        self._next = (f"GET {_PREFIX}/invocation/next HTTP/1.1\r\nHost: {host}\r\n\r\n").encode()
        self._next_asked = False
        self._accepted: tuple[bytes, dict[str, str]] = b"", {}

    @classmethod
    def dial(cls, address: str) -> RuntimeApi:
        """Connect to `AWS_LAMBDA_RUNTIME_API`, "host:port"."""
        host, _, port = address.rpartition(":")
        connection = socket.create_connection((host, int(port)))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(connection, address)

    def next(self) -> Reply:
        """Wait for the next event."""
        if not self._next_asked:
            self._send(self._next)
        self._next_asked = False
        return self._reply()

    def respond(self, request_id: str, body: bytes, content_type: str = "application/json") -> int:
        """Answer an event; returns the HTTP status.

        Asking for the next event goes out in the same write: one wake-up less for both sides.
        """
        request = self._post(f"/invocation/{request_id}/response", body, content_type)
        if len(body) <= _PIPELINED:
            request += self._next
            self._next_asked = True
        self._send(request)
        return self._reply().status

    def fail(self, request_id: str, body: bytes, error_type: str) -> int:
        """Answer an event by an error, and ask for the next one; returns the HTTP status."""
        path = f"/invocation/{request_id}/error"
        request = self._post(path, body, "application/json", error_type)
        self._send(request + self._next)
        self._next_asked = True
        return self._reply().status

    def begin_stream(self, request_id: str, content_type: str) -> None:
        """Begin to answer an event piece by piece."""
        head = (
            f"POST {_PREFIX}/invocation/{request_id}/response HTTP/1.1\r\n"
            f"Host: {self._host}\r\n{RESPONSE_MODE}: streaming\r\nTransfer-Encoding: chunked\r\n"
            f"Trailer: {_ERROR_TYPE}, {_ERROR_BODY}\r\nContent-Type: {content_type}\r\n\r\n"
        )
        self._send(head.encode())

    def send_piece(self, piece: bytes) -> None:
        """The next piece; this waits while the other side does not read."""
        if piece:
            self._send(b"%x\r\n%b\r\n" % (len(piece), piece))

    def end_stream(self, error_type: str | None = None, body: bytes = b"") -> int:
        """That was all, or with an error all that there will be; returns the HTTP status."""
        trailers = ""
        if error_type is not None:
            trailers = (
                f"{_ERROR_TYPE}: {_header(error_type)}\r\n"
                f"{_ERROR_BODY}: {binascii.b2a_base64(body, newline=False).decode()}\r\n"
            )
        self._send(f"0\r\n{trailers}\r\n".encode() + self._next)
        self._next_asked = True
        return self._reply().status

    def fail_init(self, body: bytes, error_type: str) -> int:
        """Tell that the function could not be loaded; returns the HTTP status."""
        self._send(self._post("/init/error", body, "application/json", error_type))
        return self._reply().status

    def _post(
        self, path: str, body: bytes, content_type: str, error_type: str | None = None
    ) -> bytes:
        error_header = ""
        if error_type is not None:
            error_header = f"{_ERROR_TYPE}: {_header(error_type)}\r\n"
        head = (
            f"POST {_PREFIX}{path} HTTP/1.1\r\nHost: {self._host}\r\n{error_header}"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def _send(self, request: bytes) -> None:
        try:
            self._connection.sendall(request)
        except ConnectionError as error:
            raise RuntimeApiClosed from error

    def _reply(self) -> Reply:
        while (end := self._received.find(b"\r\n\r\n")) < 0:
            self._receive()
        head = bytes(self._received[:end])
        # Every second reply says that the last one was accepted, in the same words.
        if head != self._accepted[0]:
            status, headers = _parse(head)
            if status == ACCEPTED:
                self._accepted = head, headers
        else:
            status, headers = ACCEPTED, self._accepted[1]
        start = end + 4
        length = int(headers.get("content-length", 0))
        while len(self._received) < start + length:
            self._receive()
        body = bytes(self._received[start : start + length])
        del self._received[: start + length]
        return Reply(status, headers, body)

    def _receive(self) -> None:
        try:
            chunk = self._connection.recv(_CHUNK)
        except ConnectionError as error:
            raise RuntimeApiClosed from error
        if not chunk:
            raise RuntimeApiClosed
        self._received += chunk


def _parse(head: bytes) -> tuple[int, dict[str, str]]:
    """The status, and the headers by their names in lower case."""
    status_line, *lines = head.decode("utf-8", "replace").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return int(status_line.split(" ", 2)[1]), headers


def _header(error_type: str) -> str:
    """The name of a class is any text, and a header may not be."""
    return error_type.encode("ascii", "backslashreplace").decode()
