import json
from typing import Any

import pytest

from lambda_magic.runtime_api.subscriptions import (
    Api,
    Destination,
    Subscription,
    SubscriptionError,
    parse,
)

HTTP = {"protocol": "HTTP", "URI": "http://sandbox.localdomain:8080"}
REQUEST = {
    "schemaVersion": "2022-12-13",
    "types": ["platform", "function"],
    "destination": HTTP,
}


def subscribed(api: Api = Api.TELEMETRY, **changes: Any) -> Subscription:
    request = REQUEST if api is Api.TELEMETRY else {**REQUEST, "schemaVersion": "2020-08-15"}
    given = {key: value for key, value in {**request, **changes}.items() if value is not ...}
    return parse(api, json.dumps(given).encode())


def test_what_is_not_said_has_aws_defaults() -> None:
    assert subscribed() == Subscription(
        api=Api.TELEMETRY,
        schema_version="2022-12-13",
        types=("platform", "function"),
        destination=Destination(protocol="HTTP", port=8080, method="POST", path="/"),
        max_items=10_000,
        max_bytes=262_144,
        timeout_ms=1_000,
    )


def test_everything_that_may_be_said() -> None:
    uri = "http://sandbox:4243/some/path?a=b"
    subscription = subscribed(
        destination={"protocol": "HTTP", "URI": uri, "method": "PUT", "encoding": "JSON"},
        buffering={"maxItems": 1_000, "maxBytes": 1_048_576, "timeoutMs": 25},
        types=["extension"],
    )
    assert subscription.destination == Destination(
        protocol="HTTP", port=4243, method="PUT", path="/some/path?a=b", host="sandbox"
    )
    assert (subscription.max_items, subscription.max_bytes) == (1_000, 1_048_576)
    assert subscription.timeout_ms == 25


def test_tcp_has_a_port_only() -> None:
    subscription = subscribed(destination={"protocol": "TCP", "port": 5000})
    assert subscription.destination == Destination(protocol="TCP", port=5000)


@pytest.mark.parametrize(
    ("api", "version"),
    [
        (Api.TELEMETRY, "2022-07-01"),
        (Api.TELEMETRY, "2022-12-13"),
        (Api.TELEMETRY, "2025-01-29"),
        (Api.LOGS, "2020-08-15"),
        (Api.LOGS, "2021-03-18"),
    ],
)
def test_schema_versions(api: Api, version: str) -> None:
    assert subscribed(api, schemaVersion=version).schema_version == version


def test_only_the_logs_api_has_a_default_version() -> None:
    assert subscribed(Api.LOGS, schemaVersion=...).schema_version == "2020-08-15"


@pytest.mark.parametrize(
    ("api", "changes", "message"),
    [
        (Api.LOGS, {"schemaVersion": "2022-07-01"}, "LogsAPI only supports the following "),
        (Api.TELEMETRY, {"schemaVersion": "2020-08-15"}, "TelemetryAPI only supports "),
        (Api.TELEMETRY, {"schemaVersion": ...}, "TelemetryAPI only supports "),
        (Api.TELEMETRY, {"types": []}, "types should not be empty"),
        (Api.TELEMETRY, {"types": ["platform", "platform"]}, "types should be unique"),
        (
            Api.TELEMETRY,
            {"buffering": {"maxItems": 999}},
            "maxItems should be between 1000 and 10000",
        ),
        (
            Api.TELEMETRY,
            {"buffering": {"maxBytes": 1_048_577}},
            "maxBytes should be between 262144 and 1048576",
        ),
        (
            Api.TELEMETRY,
            {"buffering": {"timeoutMs": 24}},
            "timeoutMs should be between 25 and 30000",
        ),
        (
            Api.TELEMETRY,
            {"destination": {**HTTP, "URI": "http://sandbox.localdomain:9001"}},
            "port 9001 is reserved",
        ),
        (
            Api.TELEMETRY,
            {"destination": {**HTTP, "URI": "http://sandbox.localdomain:99999"}},
            "invalid destination URI: ",
        ),
        (
            Api.TELEMETRY,
            {"destination": {**HTTP, "URI": "http://sandbox:80/\u00e9"}},
            "invalid destination URI",
        ),
        (
            Api.TELEMETRY,
            {"destination": {"protocol": "TCP", "port": 0}},
            "port should be between 1 and 65535",
        ),
        (
            Api.TELEMETRY,
            {"destination": {**HTTP, "URI": "http://sandbox.localdomain"}, "types": []},
            "URI port is not provided; types should not be empty",
        ),
    ],
)
def test_values_that_cannot_be(api: Api, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SubscriptionError) as caught:
        subscribed(api, **changes)
    assert str(caught.value).startswith(message)
    prefix = "Logs." if api is Api.LOGS else ""
    assert caught.value.error_type == f"{prefix}ValidationError"
    assert caught.value.status == "400 Bad Request"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"destination": ...}, "missing field `destination`"),
        ({"types": None}, "missing field `types`"),
        ({"types": "platform"}, "invalid type for `types`, expected an array"),
        ({"types": ["all"]}, "unknown variant `all`, expected one of `platform`, "),
        ({"schemaVersion": "2019-01-01"}, "unknown variant `2019-01-01`, expected one of "),
        ({"buffering": 1}, "invalid type for `buffering`, expected an object"),
        ({"buffering": {"maxItems": "many"}}, "invalid type for `maxItems`, expected an integer"),
        ({"buffering": {"maxItems": True}}, "invalid type for `maxItems`, expected an integer"),
        ({"destination": {"URI": "http://sandbox:1"}}, "missing field `protocol`"),
        ({"destination": {"protocol": "HTTP"}}, "missing field `URI`"),
        ({"destination": {"protocol": "HTTP", "URI": 1}}, "invalid type for `URI`"),
        ({"destination": {"protocol": "TCP"}}, "missing field `port`"),
        ({"destination": {"protocol": "UDP"}}, "unknown variant `UDP`, expected one of `HTTP`"),
        ({"destination": {**HTTP, "method": "GET"}}, "unknown variant `GET`"),
        ({"destination": {**HTTP, "encoding": "XML"}}, "unknown variant `XML`"),
    ],
)
def test_requests_of_another_form(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SubscriptionError) as caught:
        subscribed(**changes)
    assert str(caught.value).startswith(message)
    assert caught.value.error_type == "Telemetry.DeserializationError"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff", b"[" * 100_000])
def test_bodies_that_are_no_object(body: bytes) -> None:
    with pytest.raises(SubscriptionError) as caught:
        parse(Api.LOGS, body)
    assert caught.value.error_type == "Logs.DeserializationError"


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("https://sandbox.localdomain:8080", "Only 'http' scheme is supported."),
        ("http://localhost:8080", "Only 'sandbox.localdomain' hostname is supported."),
        ("http://127.0.0.1:8080", "Only 'sandbox.localdomain' hostname is supported."),
        ("http://example.com:8080", "Only 'sandbox.localdomain' hostname is supported."),
    ],
)
def test_telemetry_stays_in_the_sandbox(uri: str, message: str) -> None:
    with pytest.raises(SubscriptionError) as caught:
        subscribed(destination={"protocol": "HTTP", "URI": uri})
    assert (str(caught.value), caught.value.status) == (message, "403 Forbidden")
    assert caught.value.error_type == "Telemetry.AccessDenied"
