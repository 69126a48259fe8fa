"""The Extensions API of one execution environment.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html

    POST /2020-01-01/extension/register
    GET  /2020-01-01/extension/event/next
    POST /2020-01-01/extension/init/error
    POST /2020-01-01/extension/exit/error

Whoever misuses it gets AWS's status, error type and message, and changes nothing.
"""

import json
import uuid
from dataclasses import dataclass
from typing import Protocol

from lambda_magic.core.invocation import Invocation
from lambda_magic.runtime_api.extension import INVOKE, SHUTDOWN, Extension, ExtensionKind
from lambda_magic.runtime_api.extension_states import Call
from lambda_magic.runtime_api.http import Connection, Request
from lambda_magic.runtime_api.refusals import ACCEPTED, NOT_FOUND, TOO_LARGE, refusal
from lambda_magic.runtime_api.registration import Registration, read_registration

VERSION = b"2020-01-01"
#: AWS's limit for one function.
MAX_EXTENSIONS = 10

_PREFIX = b"/%b/extension/" % VERSION
_REGISTER = (b"POST", b"register")
_ERRORS = {(b"POST", b"init/error"): Call.INIT_ERROR, (b"POST", b"exit/error"): Call.EXIT_ERROR}
_NEXT = (b"GET", b"event/next")
_NAME = b"lambda-extension-name"
_FEATURES = b"lambda-extension-accept-feature"
_IDENTIFIER = b"lambda-extension-identifier"
_ERROR_TYPE = b"lambda-extension-function-error-type"


def _forbidden(error_type: str, message: str) -> bytes:
    return refusal("403 Forbidden", error_type, message)


_NO_NAME = _forbidden("Extension.InvalidExtensionName", "Empty extension name")
_CLOSED = _forbidden("Extension.RegistrationClosed", "Extension registration closed already")
_TAKEN = _forbidden(
    "Extension.InvalidExtensionState", "Extension with this name already registered"
)
_TOO_MANY = _forbidden("Extension.TooManyExtensions", f"Extension limit ({MAX_EXTENSIONS}) reached")
_NO_IDENTIFIER = _forbidden(
    "Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header"
)
_BAD_IDENTIFIER = _forbidden(
    "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"
)
_NO_ERROR_TYPE = _forbidden(
    "Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionMetadata:
    """What an extension is told of the function when it registers."""

    function_name: str
    function_version: str
    handler: str
    account_id: str


class ExtensionsListener(Protocol):
    """What the API tells the environment that it belongs to."""

    def extension_registered(self, extension: Extension) -> None:
        """It has registered; internal ones are first heard of by that."""

    def extension_ready(self, extension: Extension) -> None:
        """It asks for its next event."""

    def extension_failed(self, extension: Extension, error_type: str) -> None:
        """It has reported an error: "Extension.InitError" or "Extension.ExitError"."""


class ExtensionsApi:
    """The server side of one environment's extensions."""

    def __init__(self, listener: ExtensionsListener, metadata: FunctionMetadata) -> None:
        self._listener = listener
        self._metadata = metadata
        self._extensions: dict[str, Extension] = {}
        self._is_open = True

    def __repr__(self) -> str:
        return f"<ExtensionsApi {list(self._extensions.values())}>"

    @property
    def extensions(self) -> list[Extension]:
        """All there are, in the order in which they have started."""
        return list(self._extensions.values())

    def expect(self, name: str) -> Extension:
        """An external extension is about to be started."""
        extension = self._extensions[name] = Extension(name, ExtensionKind.EXTERNAL)
        return extension

    def close_registration(self) -> None:
        """The runtime has started: nobody new from now on."""
        self._is_open = False

    def reset(self) -> None:
        """Forget all extensions, whose processes are gone; the next ones start afresh."""
        self._extensions.clear()
        self._is_open = True

    def send_invoke(self, invocation: Invocation, deadline_ms: int) -> None:
        """Give an invocation to all who have registered for it."""
        event = {
            "eventType": INVOKE,
            "deadlineMs": deadline_ms,
            "requestId": invocation.request_id,
            "invokedFunctionArn": invocation.invoked_function_arn,
            "tracing": {"type": "X-Amzn-Trace-Id", "value": invocation.trace_id},
        }
        self._send(event)

    def send_shutdown(self, reason: str, deadline_ms: int) -> None:
        """Tell all who have registered for it that it is over: "spindown", "timeout", "failure"."""
        event = {"eventType": SHUTDOWN, "deadlineMs": deadline_ms, "shutdownReason": reason}
        self._send(event)

    def _send(self, event: dict[str, object]) -> None:
        body = json.dumps(event, separators=(",", ":")).encode()
        for extension in self._extensions.values():
            if event["eventType"] in extension.events:
                identifier = f"Lambda-Extension-Event-Identifier: {uuid.uuid4()}"
                extension.send(_answer(identifier, body))

    # The connections' side...

    def identify(self, request: Request) -> Extension | bytes:
        """Who asks, by the request's header; or what to answer to somebody unknown."""
        identifier = request.headers.get(_IDENTIFIER, b"").decode("latin-1")
        if not identifier:
            return _NO_IDENTIFIER
        try:
            wanted = str(uuid.UUID(identifier))
        except ValueError:
            return _BAD_IDENTIFIER
        for extension in self._extensions.values():
            if extension.identifier == wanted:
                return extension
        error_type = "Extension.UnknownExtensionIdentifier"
        if request.method == b"POST":
            return _forbidden(error_type, "Unknown Lambda-Extension-Identifier")
        return _forbidden(error_type, f"Unknown extension {wanted}")

    def connection_lost(self, connection: Connection) -> None:
        """Whoever waited on it may come back on another."""
        for extension in self._extensions.values():
            if extension.waiting is connection:
                extension.waiting = None

    def request_received(self, connection: Connection, request: Request) -> None:
        """Do what the request asks for, or refuse it as AWS does."""
        what = (request.method, request.target.removeprefix(_PREFIX))
        if what == _NEXT:
            self._next(connection, request)
        elif what == _REGISTER:
            connection.respond(TOO_LARGE if request.too_large else self._register(request))
        elif what in _ERRORS:
            connection.respond(self._error(request, _ERRORS[what]))
        else:
            connection.respond(NOT_FOUND)

    def _next(self, connection: Connection, request: Request) -> None:
        extension = self.identify(request)
        if isinstance(extension, bytes):
            connection.respond(extension)
        elif not extension.allows(Call.NEXT):
            connection.respond(_invalid(extension, Call.NEXT, extension.identifier))
        elif extension.unsent is not None:
            unsent, extension.unsent = extension.unsent, None
            connection.respond(unsent)
        else:
            extension.advance(Call.NEXT)
            extension.waiting = connection
            self._listener.extension_ready(extension)

    def _error(self, request: Request, call: Call) -> bytes:
        extension = self.identify(request)
        error_type = request.headers.get(_ERROR_TYPE)
        if not error_type and extension not in (_NO_IDENTIFIER, _BAD_IDENTIFIER):
            return _NO_ERROR_TYPE
        if isinstance(extension, bytes):
            return extension
        assert error_type is not None
        if not extension.allows(call):
            return _invalid(extension, call, extension.identifier)
        if extension.error_type is None:
            extension.error_type = error_type.decode("latin-1")
        extension.advance(call)
        self._listener.extension_failed(extension, f"Extension.{extension.status}")
        return ACCEPTED

    # Registration...

    def _register(self, request: Request) -> bytes:
        name = request.headers.get(_NAME, b"").decode("latin-1")
        if not name:
            return _NO_NAME
        registration = read_registration(request.body)
        if isinstance(registration, str):
            return _forbidden("InvalidRequestFormat", registration)
        extension = self._extensions.get(name)
        is_internal = extension is None or extension.kind is ExtensionKind.INTERNAL
        if problem := registration.problem(is_internal=is_internal):
            return _forbidden("Extension.InvalidEventType", problem)
        if extension is None:
            answer = self._new_internal(name)
            if isinstance(answer, bytes):
                return answer
            extension = answer
        elif is_internal:
            return _TAKEN if self._is_open else _CLOSED
        if not extension.allows(Call.REGISTER):
            return _invalid(extension, Call.REGISTER, name)
        return self._accept(extension, registration, request)

    def _new_internal(self, name: str) -> Extension | bytes:
        if not self._is_open:
            return _CLOSED
        if len(self._extensions) >= MAX_EXTENSIONS:
            return _TOO_MANY
        extension = self._extensions[name] = Extension(name, ExtensionKind.INTERNAL)
        return extension

    def _accept(self, extension: Extension, registration: Registration, request: Request) -> bytes:
        extension.events = registration.events
        extension.advance(Call.REGISTER)
        metadata = self._metadata
        described = {
            "functionName": metadata.function_name,
            "functionVersion": metadata.function_version,
            "handler": metadata.handler,
        }
        wanted = request.headers.get(_FEATURES, b"").split(b",")
        if b"accountId" in [feature.strip() for feature in wanted]:
            described["accountId"] = metadata.account_id
        body = json.dumps(described, separators=(",", ":")).encode()
        self._listener.extension_registered(extension)
        return _answer(f"Lambda-Extension-Identifier: {extension.identifier}", body)


def _answer(header: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{header}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("latin-1") + body


def _invalid(extension: Extension, call: Call, who: str) -> bytes:
    return _forbidden(
        "Extension.InvalidExtensionState",
        f"State transition from {extension.status} to {call} failed for extension {who}. "
        "Error: State transition is not allowed",
    )
