"""The Telemetry API and the Logs API of one execution environment.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html#runtimes-logs-api-ref

    PUT /2022-07-01/telemetry
    PUT /2020-08-15/logs

Whoever misuses them gets AWS's status, error type and message, and changes nothing.
"""

from collections.abc import Callable
from typing import Protocol

from lambda_magic.runtime_api.http import Connection, Request, response
from lambda_magic.runtime_api.refusals import NOT_FOUND, TOO_LARGE, refusal
from lambda_magic.runtime_api.subscriptions import Api, Subscription, SubscriptionError, parse

#: What the paths begin with.
VERSIONS = (b"2022-07-01", b"2020-08-15")

_APIS = {b"/2022-07-01/telemetry": Api.TELEMETRY, b"/2020-08-15/logs": Api.LOGS}

_SUBSCRIBED = response("200 OK", b'"OK"')
_ALREADY = response("200 OK", b'"AlreadySubscribed"')


class TelemetryListener(Protocol):
    """What the APIs tell the environment that they belong to."""

    def is_telemetry_open(self) -> bool:
        """Whether extensions may subscribe: until Init is over."""

    def telemetry_subscribed(self, name: str, subscription: Subscription) -> bool:
        """The extension `name` wants telemetry; False if it has just this subscription already.

        Raises `SubscriptionError` if it cannot have it.
        """


class Subscribing(Protocol):
    """An extension."""

    @property
    def name(self) -> str:
        """The name it has registered with."""


class TelemetryApi:
    """The server side of both. `identify` tells who asks, or what to answer to somebody unknown."""

    def __init__(
        self, listener: TelemetryListener, identify: Callable[[Request], Subscribing | bytes]
    ) -> None:
        self._listener = listener
        self._identify = identify

    def connection_lost(self, connection: Connection) -> None:
        """Nobody waits for these APIs."""

    def request_received(self, connection: Connection, request: Request) -> None:
        """Do what the request asks for, or refuse it as AWS does."""
        connection.respond(self._answer(request))

    def _answer(self, request: Request) -> bytes:
        api = _APIS.get(request.target.partition(b"?")[0].rstrip(b"/"))
        if api is None or request.method != b"PUT":
            return NOT_FOUND
        extension = self._identify(request)
        if isinstance(extension, bytes):
            return extension
        if request.too_large:
            return TOO_LARGE
        try:
            return self._subscribe(api, extension.name, request.body)
        except SubscriptionError as error:
            return refusal(error.status, error.error_type, str(error))

    def _subscribe(self, api: Api, name: str, body: bytes) -> bytes:
        if not self._listener.is_telemetry_open():
            message = f"{api} API subscription is closed already"
            raise SubscriptionError(message, f"{api}.SubscriptionClosed", status="403 Forbidden")
        is_new = self._listener.telemetry_subscribed(name, parse(api, body))
        return _SUBSCRIBED if is_new else _ALREADY
