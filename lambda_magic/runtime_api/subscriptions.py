"""Subscriptions to the Telemetry API and to the older Logs API: what they may say.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html#runtimes-logs-api-ref

    PUT /2022-07-01/telemetry
    PUT /2020-08-15/logs

Parsing is a function of the request's body; who may subscribe, and when, is decided elsewhere.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import SplitResult, urlsplit

#: AWS's own port, on which the APIs listen.
RESERVED_PORT = 9001

#: What telemetry is about.
TYPES = ("platform", "function", "extension")

#: Of every member of `buffering`: the least, the most, and what it is if nothing is said.
_BUFFERING = {
    "maxItems": (1_000, 10_000, 10_000),
    "maxBytes": (262_144, 1_048_576, 262_144),
    "timeoutMs": (25, 30_000, 1_000),
}
_HOSTS = ("sandbox.localdomain", "sandbox")
_METHODS = ("POST", "PUT")


class Api(StrEnum):
    """Which of the two APIs; the value begins its error types."""

    TELEMETRY = "Telemetry"
    LOGS = "Logs"


#: The versions of each API's schema.
SCHEMA_VERSIONS = {
    Api.TELEMETRY: ("2022-07-01", "2022-12-13", "2025-01-29"),
    Api.LOGS: ("2020-08-15", "2021-03-18"),
}
_WRONG_API = {
    Api.TELEMETRY: "TelemetryAPI only supports the SchemaVersion released after 2021-03-18",
    Api.LOGS: "LogsAPI only supports the following SchemaVersion: 2020-08-15, 2021-03-18",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """Where an extension listens, within its sandbox."""

    #: "HTTP" or "TCP".
    protocol: str
    port: int
    #: The rest is HTTP's: the method, the request's target, and the host as it was written.
    method: str = "POST"
    path: str = "/"
    host: str = "sandbox.localdomain"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription:
    """What an extension wants to be sent, where to, and in what batches."""

    api: Api
    schema_version: str
    #: Of `TYPES`, as they were given.
    types: tuple[str, ...]
    destination: Destination
    #: A batch goes when it has so many records or bytes, or has waited so long.
    max_items: int
    max_bytes: int
    timeout_ms: int


class SubscriptionError(Exception):
    """A subscription that cannot be; its text is AWS's message."""

    def __init__(self, message: str, error_type: str, *, status: str = "400 Bad Request") -> None:
        super().__init__(message)
        #: The answer's status, and its `errorType`.
        self.status = status
        self.error_type = error_type


def parse(api: Api, body: bytes) -> Subscription:
    """The subscription that a request's body describes.

    Raises `SubscriptionError` with all that is wrong with its values, or with the first thing that
    is wrong with its form.
    """
    request = _Form(api).object(_json(api, body), "subscription")
    form = _Form(api)
    buffering = form.object(request.get("buffering", {}), "buffering")
    destination = form.object(form.member(request, "destination"), "destination")
    types = form.types(form.member(request, "types"))
    values = _Values(api)
    version = values.schema_version(form.version(request.get("schemaVersion")))
    where = values.destination(form, destination)
    values.types(types)
    limits = {
        name: values.limit(name, form.integer(buffering.get(name, bounds[2]), name))
        for name, bounds in _BUFFERING.items()
    }
    values.check()
    return Subscription(
        api=api,
        schema_version=version,
        types=tuple(types),
        destination=where,
        max_items=limits["maxItems"],
        max_bytes=limits["maxBytes"],
        timeout_ms=limits["timeoutMs"],
    )


def _json(api: Api, body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _malformed(api, str(error)) from None


def _malformed(api: Api, message: str) -> SubscriptionError:
    return SubscriptionError(message, f"{api}.DeserializationError")


class _Form:
    """Reads members of the right type, or raises."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def object(self, value: Any, name: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise _malformed(self._api, f"invalid type for `{name}`, expected an object")
        return value

    def member(self, request: Mapping[str, Any], name: str) -> Any:
        if request.get(name) is None:
            raise _malformed(self._api, f"missing field `{name}`")
        return request[name]

    def integer(self, value: Any, name: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _malformed(self._api, f"invalid type for `{name}`, expected an integer")
        return value

    def text(self, value: Any, name: str) -> str:
        if not isinstance(value, str):
            raise _malformed(self._api, f"invalid type for `{name}`, expected a string")
        return value

    def variant(self, value: Any, variants: tuple[str, ...]) -> str:
        if value not in variants:
            expected = ", ".join(f"`{variant}`" for variant in variants)
            raise _malformed(self._api, f"unknown variant `{value}`, expected one of {expected}")
        return str(value)

    def types(self, value: Any) -> list[str]:
        if not isinstance(value, list):
            raise _malformed(self._api, "invalid type for `types`, expected an array")
        return [self.variant(kind, TYPES) for kind in value]

    def version(self, value: Any) -> str | None:
        known = tuple(sorted(version for some in SCHEMA_VERSIONS.values() for version in some))
        return None if value is None else self.variant(value, known)


class _Values:
    """Notes what is wrong with values, so that one answer can tell all of it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._problems: list[str] = []

    def check(self) -> None:
        if self._problems:
            # The Telemetry API's has no prefix: so its reference has it.
            prefix = "Logs." if self._api is Api.LOGS else ""
            raise SubscriptionError("; ".join(self._problems), f"{prefix}ValidationError")

    def schema_version(self, given: str | None) -> str:
        versions = SCHEMA_VERSIONS[self._api]
        # Only the Logs API has a default.
        version = versions[0] if given is None and self._api is Api.LOGS else given
        if version not in versions:
            self._problems.append(_WRONG_API[self._api])
            return versions[0]
        return version

    def types(self, types: list[str]) -> None:
        if not types:
            self._problems.append("types should not be empty")
        elif len(set(types)) < len(types):
            self._problems.append("types should be unique")

    def limit(self, name: str, value: int) -> int:
        least, most, _ = _BUFFERING[name]
        if not least <= value <= most:
            self._problems.append(f"{name} should be between {least} and {most}")
        return value

    def destination(self, form: _Form, given: Mapping[str, Any]) -> Destination:
        protocol = form.variant(form.member(given, "protocol"), ("HTTP", "TCP"))
        form.variant(given.get("encoding", "JSON"), ("JSON",))
        method = form.variant(given.get("method", "POST"), _METHODS)
        if protocol == "TCP":
            port = form.integer(form.member(given, "port"), "port")
            return Destination(protocol=protocol, port=self._port(port))
        uri = self._uri(form.text(form.member(given, "URI"), "URI"))
        target = (uri.path or "/") + (f"?{uri.query}" if uri.query else "")
        return Destination(
            protocol=protocol,
            port=self._port(uri.port),
            method=method,
            path=target,
            host=uri.hostname or "",
        )

    def _uri(self, text: str) -> SplitResult:
        try:
            uri = urlsplit(text)
            uri.port  # noqa: B018  # it is parsed when it is asked for
        except ValueError as error:
            self._problems.append(f"invalid destination URI: {error}")
            self.check()
            raise
        if uri.scheme != "http":
            raise self._denied("Only 'http' scheme is supported.")
        if uri.hostname not in _HOSTS:
            raise self._denied("Only 'sandbox.localdomain' hostname is supported.")
        if not (text.isascii() and text.isprintable()) or " " in text:
            self._problems.append("invalid destination URI")
        return uri

    def _denied(self, message: str) -> SubscriptionError:
        return SubscriptionError(message, f"{self._api}.AccessDenied", status="403 Forbidden")

    def _port(self, port: int | None) -> int:
        if port is None:
            self._problems.append("URI port is not provided")
        elif not 1 <= port <= 65_535:
            self._problems.append("port should be between 1 and 65535")
        elif port == RESERVED_PORT:
            self._problems.append(f"port {RESERVED_PORT} is reserved")
        return port or 0
