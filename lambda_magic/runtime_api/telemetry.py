"""The Telemetry API and the Logs API: requests of extensions that subscribe.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html

    PUT /2022-07-01/telemetry
    PUT /2020-08-15/logs

Who asks is known by then: the Extensions API has looked at the request's identifier.
"""

import json
from typing import Protocol

from lambda_magic.runtime_api.http import Request, response
from lambda_magic.runtime_api.subscriptions import Api, Subscription, SubscriptionError, parse

_APIS = {b"/2022-07-01/telemetry": Api.TELEMETRY, b"/2020-08-15/logs": Api.LOGS}

_SUBSCRIBED = response("200 OK", b'"OK"')
_ALREADY = response("200 OK", b'"AlreadySubscribed"')


class TelemetryListener(Protocol):
    """What the APIs tell the environment that they belong to."""

    def telemetry_subscribed(self, name: str, subscription: Subscription) -> bool:
        """The extension `name` wants telemetry; False if it has just this subscription already.

        Raises `SubscriptionError` if it cannot have it.
        """

    def is_telemetry_open(self) -> bool:
        """Whether extensions may subscribe: until Init is over."""


def api_of(request: Request) -> Api | None:
    """Which of the APIs a request is for, or None."""
    if request.method != b"PUT":
        return None
    return _APIS.get(request.target.partition(b"?")[0].rstrip(b"/"))


def answer(api: Api, name: str, request: Request, listener: TelemetryListener) -> bytes:
    """Do what the extension `name` asks for; returns the response."""
    try:
        if not listener.is_telemetry_open():
            raise _closed(api)
        is_new = listener.telemetry_subscribed(name, parse(api, request.body))
    except SubscriptionError as error:
        document = {"errorMessage": str(error), "errorType": error.error_type}
        return response(error.status, json.dumps(document).encode())
    return _SUBSCRIBED if is_new else _ALREADY


def _closed(api: Api) -> SubscriptionError:
    message = f"{api} API subscription is closed already"
    return SubscriptionError(message, f"{api}.SubscriptionClosed", status="403 Forbidden")
