"""The Runtime API of one execution environment.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

    GET  /2018-06-01/runtime/invocation/next
    POST /2018-06-01/runtime/invocation/{request id}/response
    POST /2018-06-01/runtime/invocation/{request id}/error
    POST /2018-06-01/runtime/init/error

`AWS_LAMBDA_RUNTIME_API` is a host and a port with no path, so environments are told apart by
their connections: a socket handed over to the runtime (`attach`), or a listener of their own
(`listen`). Whoever misuses the API gets AWS's status and error type and changes nothing.
"""

import asyncio
import json
import socket
from collections.abc import Iterable, Mapping
from typing import cast

from lambda_magic.core.invocation import Invocation
from lambda_magic.runtime_api import streaming
from lambda_magic.runtime_api.acceptor import Acceptor
from lambda_magic.runtime_api.addresses import own_addresses
from lambda_magic.runtime_api.http import RESPONSE_MODE, Connection, Request
from lambda_magic.runtime_api.listeners import AnswerListener, OtherApi, RuntimeListener
from lambda_magic.runtime_api.refusals import ACCEPTED, NOT_FOUND, TOO_LARGE, refusal
from lambda_magic.runtime_api.transport import Reader, SocketTransport

_PREFIX = b"/2018-06-01/runtime/"
_INVOCATION = _PREFIX + b"invocation/"
_NEXT = _INVOCATION + b"next"
_INIT_ERROR = _PREFIX + b"init/error"

_NOT_HERE = refusal(
    "403 Forbidden", "Forbidden", "This environment's runtime has a connection of its own"
)
_INVALID_REQUEST_ID = refusal("400 Bad Request", "InvalidRequestID", "Invalid request ID")
_INVALID_RESPONSE_MODE = refusal(
    "400 Bad Request", "InvalidFunctionResponseMode", "Invalid function response mode"
)


def _invalid_transition(source: str, target: str) -> bytes:
    return refusal(
        "403 Forbidden",
        "InvalidStateTransition",
        f"State transition from {source} to {target} failed for runtime. "
        "Error: State transition is not allowed",
    )


class RuntimeApi:
    """The server side of one environment. `answers` is told of responses, where that is another
    than `listener`. `dialable`: whether the runtime may come through
    `listen`'s port, as clients that know only `AWS_LAMBDA_RUNTIME_API` do; otherwise it has a
    socket of its own (`attach`), and nobody else on this machine can take its events. `others` are
    the APIs at the same address for whoever else is in the sandbox, by version: b"2020-01-01".
    """

    def __init__(
        self,
        listener: RuntimeListener,
        answers: AnswerListener | None = None,
        *,
        dialable: bool = False,
        others: Mapping[bytes, OtherApi] | None = None,
    ) -> None:
        self._listener = listener
        self._answers = cast(AnswerListener, listener) if answers is None else answers
        self._dialable = dialable
        self._others = {} if others is None else others
        self._acceptor: Acceptor | None = None
        self._connections: set[Connection] = set()
        # The connection whose GET .../next is unanswered, and the invocation in flight.
        self._waiting: Connection | None = None
        self._request_id: bytes | None = None
        # The response that is being streamed, and what will be answered to it in the end.
        self._streamed: Request | None = None
        self._streamed_answer = ACCEPTED
        # AWS's names for what a runtime is doing: Started, Ready, Running, InvocationResponse,
        # Responded, InitError.
        self._state = "Started"
        self._closed = False

    def __repr__(self) -> str:
        return f"<RuntimeApi [{self._state}, {len(self._connections)} connections]>"

    async def attach(self, sock: socket.socket) -> None:
        """Serve the runtime on a connected stream socket, which is then ours to close."""
        sock.setblocking(False)
        SocketTransport(asyncio.get_running_loop(), sock, self._connect(dialed=False))

    async def listen(self, host: str | None = None) -> str:
        """Serve whoever connects to a free port of `host`; returns "HOST:PORT".

        Without a host, on an address that no other environment has, where the system has many.
        """
        if self._acceptor is None:
            choices = own_addresses() if host is None else [(host, 0)]
            self._accept(_listener(choices))
        assert self._acceptor is not None
        address, port = self._acceptor.address
        return f"{address}:{port}"

    async def serve(self, listener: socket.socket) -> None:
        """Serve whoever connects to a listening socket, which is then ours to close."""
        self._accept(listener)

    def _accept(self, listener: socket.socket) -> None:
        if self._closed:
            listener.close()
            raise OSError("The Runtime API was closed before it could listen")
        loop = asyncio.get_running_loop()
        self._acceptor = Acceptor(loop, listener, lambda: self._connect(dialed=True))

    def admit_dialed(self) -> None:
        """Let the runtime come through the listener: it can have no socket of its own."""
        self._dialable = True

    def send(self, invocation: Invocation, deadline_ms: int, reader: Reader | None = None) -> None:
        """Answer the runtime's pending GET .../next. Only after `runtime_ready`.

        `reader` waits for the response, and may read it.
        """
        waiting, self._waiting = self._waiting, None
        self._request_id = invocation.request_id.encode()
        self._state = "Running"
        if waiting is not None:
            waiting.respond(_event(invocation, deadline_ms))
            waiting.read_by(reader)
        # Else its connection has just been lost. Either it comes back, which is misuse, or the
        # runtime has exited, which the environment is about to hear.

    def reset(self) -> None:
        """Forget the runtime, whose process is gone; the next one starts afresh."""
        for connection in self._connections:
            connection.close()
        self._waiting = None
        self._request_id = None
        self._streamed = None
        self._state = "Started"

    def close(self) -> None:
        """Close all connections and the listener."""
        self._closed = True
        self.reset()
        if self._acceptor is not None:
            self._acceptor.close()
            self._acceptor = None

    # The connections' side...

    def _connect(self, *, dialed: bool) -> Connection:
        connection = Connection(self, dialed=dialed)
        self._connections.add(connection)
        return connection

    def connection_lost(self, connection: Connection) -> None:
        """A connection is gone; if the runtime waited on it, it waits no longer."""
        self._connections.discard(connection)
        for other in self._others.values():
            other.connection_lost(connection)
        if connection is self._waiting:
            self._waiting = None
        if connection.dialed and self._state == "InvocationResponse":
            # Where nobody dials, a connection is lost with its process, which says more.
            self._streamed = None
            self._state = "Responded"
            self._answers.runtime_response_rejected("Runtime.TruncatedResponse")

    def request_received(self, connection: Connection, request: Request) -> None:
        """Do what the request asks for, or refuse it as AWS does."""
        target = request.target
        if connection.dialed and not self._dialable and target.startswith(_PREFIX):
            connection.respond(_NOT_HERE)
        elif request.method == b"GET" and target == _NEXT:
            self._next(connection)
        elif request.method == b"POST" and target.startswith(_INVOCATION):
            request_id, _, verb = target[len(_INVOCATION) :].partition(b"/")
            if verb == b"response":
                self._response(connection, request_id, request)
            elif verb == b"error":
                self._error(connection, request_id, request)
            else:
                connection.respond(NOT_FOUND)
        elif request.method == b"POST" and target == _INIT_ERROR:
            self._init_error(connection, request)
        elif other := self._others.get(target[1:11]):
            other.request_received(connection, request)
        else:
            connection.respond(NOT_FOUND)

    def _next(self, connection: Connection) -> None:
        if self._state in ("Running", "InvocationResponse", "InitError"):
            connection.respond(_invalid_transition(self._state, "Ready"))
            return
        # Asked again while waiting: a client that reconnected. The newer connection counts.
        repeated = self._state == "Ready"
        self._waiting = connection
        self._state = "Ready"
        if not repeated:
            self._listener.runtime_ready()

    def _response(self, connection: Connection, request_id: bytes, request: Request) -> None:
        if request.streamed:
            self._end_stream(connection, request)
            return
        if refusal := self._check(request_id, "InvocationResponse"):
            connection.respond(refusal)
            return
        self._state = "Responded"
        if request.too_large:
            connection.respond(TOO_LARGE)
            self._answers.runtime_response_too_large()
        elif RESPONSE_MODE in request.headers:
            self._whole(connection, request)
        else:
            connection.respond(ACCEPTED)
            self._answers.runtime_responded(request.body)

    # A response that is streamed...

    def body_received(self, connection: Connection, request: Request, piece: bytes) -> None:
        """Hand on a piece of a response."""
        if request is not self._streamed:
            self._streamed = request
            self._streamed_answer = self._begin_stream(connection, request)
        if self._streamed_answer is ACCEPTED and not self._answers.runtime_response_continued(
            piece
        ):
            self._streamed_answer = TOO_LARGE

    def _begin_stream(self, connection: Connection, request: Request) -> bytes:
        request_id, _, verb = request.target.removeprefix(_INVOCATION).partition(b"/")
        if connection.dialed and not self._dialable:
            return _NOT_HERE
        if request.method != b"POST" or verb != b"response":
            return NOT_FOUND
        if refusal := self._check(request_id, "InvocationResponse"):
            return refusal
        self._state = "InvocationResponse"
        self._answers.runtime_response_begun(streaming.content_type(request), connection)
        return ACCEPTED

    def _end_stream(self, connection: Connection, request: Request) -> None:
        self._streamed = None
        answer = self._streamed_answer
        if answer is ACCEPTED or answer is TOO_LARGE:
            self._state = "Responded"
        connection.respond(answer)
        if answer is ACCEPTED:
            self._answers.runtime_response_ended(streaming.error(request))

    def _whole(self, connection: Connection, request: Request) -> None:
        """A response that names its mode, and yet is here as a whole: empty, late or invalid."""
        if request.headers[RESPONSE_MODE].lower() != b"streaming":
            connection.respond(_INVALID_RESPONSE_MODE)
            self._answers.runtime_response_rejected("Runtime.InvalidResponseModeHeader")
            return
        connection.respond(ACCEPTED)
        self._answers.runtime_response_begun(streaming.content_type(request), connection)
        if self._answers.runtime_response_continued(request.body):
            self._answers.runtime_response_ended(streaming.error(request))

    def _error(self, connection: Connection, request_id: bytes, request: Request) -> None:
        if refusal := self._check(request_id, "InvocationErrorResponse"):
            connection.respond(refusal)
            return
        self._state = "Responded"
        if request.too_large:
            connection.respond(TOO_LARGE)
            self._answers.runtime_response_too_large()
        else:
            connection.respond(ACCEPTED)
            self._answers.runtime_failed(request.body, _error_type(request))

    def _init_error(self, connection: Connection, request: Request) -> None:
        if self._state != "Started":
            connection.respond(_invalid_transition(self._state, "InitError"))
            return
        self._state = "InitError"
        connection.respond(ACCEPTED)
        self._listener.init_failed(request.body, _error_type(request))

    def _check(self, request_id: bytes, target: str) -> bytes | None:
        if self._state != "Running":
            return _invalid_transition(self._state, target)
        if request_id != self._request_id:
            return _INVALID_REQUEST_ID
        return None


def _listener(choices: Iterable[tuple[str, int]]) -> socket.socket:
    """A socket that listens at the first address where one can."""
    refusals = []
    for address in choices:
        try:
            return socket.create_server(address, backlog=128)
        except OSError as error:
            refusals.append(error)
    raise refusals[-1]


def _error_type(request: Request) -> str:
    """The error's type: from the header, else from the document, else AWS's word for neither."""
    if header := request.headers.get(b"lambda-runtime-function-error-type"):
        return header.decode("latin-1")
    try:
        return str(json.loads(request.body)["errorType"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "Runtime.Unknown"


def _event(invocation: Invocation, deadline_ms: int) -> bytes:
    """The response to GET .../next: headers and body in one piece."""
    context = ""
    if invocation.client_context is not None:
        context = f"Lambda-Runtime-Client-Context: {invocation.client_context}\r\n"
    if invocation.streaming:
        # Ours: AWS's runtimes stream, or do not, without asking who listens. Ours is to fail as
        # AWS's Python does where that one would, so it has to know.
        context += "Lambda-Runtime-Function-Response-Mode: streaming\r\n"
    payload = invocation.payload
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        f"Lambda-Runtime-Aws-Request-Id: {invocation.request_id}\r\n"
        f"Lambda-Runtime-Deadline-Ms: {deadline_ms}\r\n"
        f"Lambda-Runtime-Invoked-Function-Arn: {invocation.invoked_function_arn}\r\n"
        f"Lambda-Runtime-Trace-Id: {invocation.trace_id}\r\n"
        f"{context}Content-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode("latin-1") + payload
