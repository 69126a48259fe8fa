import asyncio
import json
import socket
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from lambda_magic.runtime_api.api import RuntimeApi
from lambda_magic.runtime_api.http import Request
from lambda_magic.runtime_api.refusals import refusal
from lambda_magic.runtime_api.subscriptions import Api, Subscription, SubscriptionError
from lambda_magic.runtime_api.telemetry import VERSIONS, TelemetryApi

from .test_api import Listener

PATIENCE = 20
IDENTIFIER = str(uuid.uuid4())
BODY = json.dumps(
    {
        "schemaVersion": "2022-12-13",
        "types": ["platform"],
        "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:8080"},
    }
).encode()
STRANGER = refusal("403 Forbidden", "Extension.UnknownExtensionIdentifier", "Unknown extension")


@dataclass
class Spy:
    """An extension."""

    name: str = "spy"


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


def identify(request: Request) -> Spy | bytes:
    known = request.headers.get(b"lambda-extension-identifier") == IDENTIFIER.encode()
    return Spy() if known else STRANGER


class Client:
    """The other end of the environment's APIs."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        others = dict.fromkeys(VERSIONS, TelemetryApi(environment, identify))
        self.api = RuntimeApi(Listener(), others=others)
        ours, self._theirs = socket.socketpair()
        self._ours = ours

    async def open(self) -> None:
        await self.api.attach(self._ours)
        self._reader, self._writer = await asyncio.open_connection(sock=self._theirs)

    async def request(
        self,
        body: bytes = BODY,
        *,
        method: str = "PUT",
        target: str = "/2022-07-01/telemetry",
        identifier: str = IDENTIFIER,
    ) -> tuple[str, object]:
        """The status and the document of the answer."""
        head = (
            f"{method} {target} HTTP/1.1\r\nLambda-Extension-Identifier: {identifier}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        async with asyncio.timeout(PATIENCE):
            status = (await self._reader.readline()).decode().split(" ", 1)[1].strip()
            length = 0
            while line := (await self._reader.readline()).strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            return status, json.loads(await self._reader.readexactly(length))

    async def close(self) -> None:
        self._writer.close()
        self.api.close()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    made = Client(Environment())
    await made.open()
    yield made
    await made.close()


async def test_who_subscribes_is_told_so(client: Client) -> None:
    assert await client.request() == ("200 OK", "OK")
    ((name, subscription),) = client.environment.subscriptions
    assert (name, subscription.api, subscription.types) == ("spy", Api.TELEMETRY, ("platform",))
    assert await client.request(target="/2022-07-01/telemetry/") == ("200 OK", "AlreadySubscribed")


async def test_the_logs_api(client: Client) -> None:
    body = BODY.replace(b"2022-12-13", b"2021-03-18")
    assert await client.request(body, target="/2020-08-15/logs") == ("200 OK", "OK")
    ((_, subscription),) = client.environment.subscriptions
    assert subscription.api is Api.LOGS


@pytest.mark.parametrize(
    ("target", "api"), [("/2022-07-01/telemetry", "Telemetry"), ("/2020-08-15/logs", "Logs")]
)
async def test_after_init_it_is_too_late(client: Client, target: str, api: str) -> None:
    client.environment.is_open = False
    assert await client.request(b"anything", target=target) == (
        "403 Forbidden",
        {
            "errorMessage": f"{api} API subscription is closed already",
            "errorType": f"{api}.SubscriptionClosed",
        },
    )
    assert client.environment.subscriptions == []


async def test_what_cannot_be_is_refused(client: Client) -> None:
    assert await client.request(BODY.replace(b'"platform"', b"")) == (
        "400 Bad Request",
        {"errorMessage": "types should not be empty", "errorType": "ValidationError"},
    )
    client.environment.refusal = SubscriptionError("No.", "Telemetry.AccessDenied")
    assert await client.request() == (
        "400 Bad Request",
        {"errorMessage": "No.", "errorType": "Telemetry.AccessDenied"},
    )


async def test_strangers_are_refused(client: Client) -> None:
    status, document = await client.request(identifier=str(uuid.uuid4()))
    assert status == "403 Forbidden"
    assert document == {
        "errorMessage": "Unknown extension",
        "errorType": "Extension.UnknownExtensionIdentifier",
    }


@pytest.mark.parametrize(
    ("method", "target"),
    [("POST", "/2022-07-01/telemetry"), ("PUT", "/2022-07-01/logs"), ("PUT", "/2020-08-15/log")],
)
async def test_there_is_nothing_else(client: Client, method: str, target: str) -> None:
    status, _ = await client.request(method=method, target=target)
    assert status == "404 Not Found"


async def test_a_subscription_is_not_endless(client: Client) -> None:
    status, document = await client.request(b" " * 6_300_000)
    assert status == "413 Request Entity Too Large"
    assert isinstance(document, dict)
    assert document["errorType"] == "RequestEntityTooLarge"
