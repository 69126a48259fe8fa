import json
from dataclasses import dataclass, field

import pytest

from lambda_magic.runtime_api.http import Request
from lambda_magic.runtime_api.subscriptions import Api, Subscription, SubscriptionError
from lambda_magic.runtime_api.telemetry import answer, api_of

BODY = json.dumps(
    {
        "schemaVersion": "2022-12-13",
        "types": ["platform"],
        "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:8080"},
    }
).encode()


@dataclass
class Environment:
    """An environment in its Init, or after it."""

    is_open: bool = True
    refusal: SubscriptionError | None = None
    subscriptions: list[tuple[str, Subscription]] = field(default_factory=list)

    def is_telemetry_open(self) -> bool:
        return self.is_open

    def telemetry_subscribed(self, name: str, subscription: Subscription) -> bool:
        if self.refusal is not None:
            raise self.refusal
        is_new = (name, subscription) not in self.subscriptions
        self.subscriptions.append((name, subscription))
        return is_new


def put(
    environment: Environment, body: bytes = BODY, api: Api = Api.TELEMETRY
) -> tuple[str, object]:
    """The status and the document of the answer."""
    request = Request(b"PUT", b"/2022-07-01/telemetry", body=body)
    head, _, document = answer(api, "spy", request, environment).partition(b"\r\n\r\n")
    return head.decode().splitlines()[0].removeprefix("HTTP/1.1 "), json.loads(document)


def test_who_subscribes_is_told_so() -> None:
    environment = Environment()
    assert put(environment) == ("200 OK", "OK")
    ((name, subscription),) = environment.subscriptions
    assert (name, subscription.types) == ("spy", ("platform",))
    assert put(environment) == ("200 OK", "AlreadySubscribed")


@pytest.mark.parametrize("api", list(Api))
def test_after_init_it_is_too_late(api: Api) -> None:
    environment = Environment(is_open=False)
    assert put(environment, b"anything", api) == (
        "403 Forbidden",
        {
            "errorMessage": f"{api} API subscription is closed already",
            "errorType": f"{api}.SubscriptionClosed",
        },
    )
    assert environment.subscriptions == []


def test_what_cannot_be_is_refused() -> None:
    assert put(Environment(), BODY.replace(b'"platform"', b"")) == (
        "400 Bad Request",
        {"errorMessage": "types should not be empty", "errorType": "ValidationError"},
    )
    refusal = SubscriptionError("No.", "Telemetry.AccessDenied")
    assert put(Environment(refusal=refusal)) == (
        "400 Bad Request",
        {"errorMessage": "No.", "errorType": "Telemetry.AccessDenied"},
    )


@pytest.mark.parametrize(
    ("method", "target", "api"),
    [
        (b"PUT", b"/2022-07-01/telemetry", Api.TELEMETRY),
        (b"PUT", b"/2022-07-01/telemetry/", Api.TELEMETRY),
        (b"PUT", b"/2020-08-15/logs", Api.LOGS),
        (b"PUT", b"/2020-08-15/logs?a=b", Api.LOGS),
        (b"POST", b"/2022-07-01/telemetry", None),
        (b"PUT", b"/2022-07-01/logs", None),
    ],
)
def test_which_api_a_request_is_for(method: bytes, target: bytes, api: Api | None) -> None:
    assert api_of(Request(method, target)) is api
