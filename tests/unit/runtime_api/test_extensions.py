"""The Extensions API as extensions see it: statuses, bodies, and every misuse."""

import asyncio
import json
import socket
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import pytest

from lambda_magic.core.invocation import Invocation
from lambda_magic.environments.fake_http import read, write
from lambda_magic.runtime_api.api import RuntimeApi
from lambda_magic.runtime_api.extension import Extension, ExtensionKind
from lambda_magic.runtime_api.extension_states import TRANSITIONS, Call, ExtensionStatus
from lambda_magic.runtime_api.extensions import VERSION, ExtensionsApi, FunctionMetadata
from lambda_magic.runtime_api.http import BODY_LIMIT

PREFIX = "/2020-01-01/extension"
ID = "Lambda-Extension-Identifier"
NAME = "Lambda-Extension-Name"
ERROR_TYPE = "Lambda-Extension-Function-Error-Type"
METADATA = FunctionMetadata(
    function_name="hello",
    function_version="3",
    handler="app.handler",
    account_id="123456789012",
)


@dataclass
class Listener:
    told: list[tuple[str, ...]] = field(default_factory=list)

    def extension_registered(self, extension: Extension) -> None:
        self.told.append(("registered", extension.name))

    def extension_ready(self, extension: Extension) -> None:
        self.told.append(("ready", extension.name))

    def extension_failed(self, extension: Extension, error_type: str) -> None:
        self.told.append(("failed", extension.name, error_type))


class World:
    """The API with one external extension, "tail", that has been started."""

    def __init__(self) -> None:
        self.listener = Listener()
        self.api = ExtensionsApi(self.listener, METADATA)
        self.tail = self.api.expect("tail")
        self.runtime_api = RuntimeApi(None, others={VERSION: self.api})  # type: ignore[arg-type]
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        ours, theirs = socket.socketpair()
        await self.runtime_api.attach(ours)
        reader, writer = await asyncio.open_connection(sock=theirs)
        self._writers.append(writer)
        return reader, writer

    async def call(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: bytes | None = b"{}",
    ) -> tuple[int, dict[str, str], Any]:
        reader, writer = await self.connect()
        lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        body = body or b""
        head = f"{method} {PREFIX}{path} HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        status = int((await asyncio.wait_for(reader.readline(), 5)).split()[1])
        answer_headers, answer = await asyncio.wait_for(read(reader), 5)
        return status, answer_headers, json.loads(answer)

    async def register(self, name: str, *events: str) -> str:
        body = json.dumps({"events": events}).encode()
        status, answer_headers, _ = await self.call("POST", "/register", {NAME: name}, body)
        assert status == 200
        return answer_headers["lambda-extension-identifier"]

    async def next(self, identifier: str) -> asyncio.StreamReader:
        """Ask for the next event, and return as soon as that is known."""
        ready = len(self.listener.told)
        reader, writer = await self.connect()
        write(writer, "GET", f"{PREFIX}/event/next", {ID: identifier})
        async with asyncio.timeout(5):
            while len(self.listener.told) == ready:
                await asyncio.sleep(0)
        return reader

    def close(self) -> None:
        for writer in self._writers:
            writer.close()
        self.runtime_api.close()


@pytest.fixture
async def world() -> AsyncGenerator[World]:
    world = World()
    yield world
    world.close()


def refused(answer: tuple[int, dict[str, str], Any]) -> tuple[int, str, str]:
    status, _, document = answer
    return status, document["errorType"], document["errorMessage"]


def invalid_state(source: str, target: str, who: str) -> tuple[int, str, str]:
    return (
        403,
        "Extension.InvalidExtensionState",
        f"State transition from {source} to {target} failed for extension {who}. "
        "Error: State transition is not allowed",
    )


INVOCATION = Invocation(
    request_id="r-1",
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:hello",
    function_name="hello",
    version="3",
    alias=None,
    payload=b"{}",
    trace_id="Root=1-0-0",
)


async def test_an_external_extension_registers(world: World) -> None:
    status, headers, document = await world.call(
        "POST", "/register", {NAME: "tail"}, b'{"events": ["INVOKE", "SHUTDOWN", "INVOKE"]}'
    )

    assert status == 200
    assert uuid.UUID(headers["lambda-extension-identifier"])
    assert document == {
        "functionName": "hello",
        "functionVersion": "3",
        "handler": "app.handler",
    }
    assert world.tail.events == ("INVOKE", "SHUTDOWN")
    assert world.listener.told == [("registered", "tail")]


async def test_the_account_is_told_to_whoever_accepts_the_feature(world: World) -> None:
    headers = {NAME: "tail", "Lambda-Extension-Accept-Feature": "other, accountId"}
    _, _, document = await world.call("POST", "/register", headers)
    assert document["accountId"] == "123456789012"


@pytest.mark.parametrize(
    ("name", "body", "error_type", "message"),
    [
        ("", b"{}", "Extension.InvalidExtensionName", "Empty extension name"),
        ("tail", b"", "InvalidRequestFormat", "unexpected end of JSON input"),
        (
            "tail",
            b"events",
            "InvalidRequestFormat",
            "invalid character 'e' looking for beginning of value",
        ),
        (
            "tail",
            b'{"configurationKeys": ["A"]}',
            "InvalidRequestFormat",
            "configurationKeys are deprecated; use environment variables instead",
        ),
        ("tail", b"[]", "InvalidRequestFormat", "the body is not a JSON object"),
        ("tail", b'{"events": [1]}', "InvalidRequestFormat", "events is not a list of strings"),
        (
            "tail",
            b'{"events": ["START"]}',
            "Extension.InvalidEventType",
            "START: ErrorInvalidEventType",
        ),
        (
            "inner",
            b'{"events": ["SHUTDOWN"]}',
            "Extension.InvalidEventType",
            "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension",
        ),
        (
            "inner",
            b'{"events": ["invoke"]}',
            "Extension.InvalidEventType",
            "invoke: ErrorInvalidEventType",
        ),
    ],
)
async def test_a_registration_that_is_none(
    world: World, name: str, body: bytes, error_type: str, message: str
) -> None:
    headers = {NAME: name} if name else {}
    answer = await world.call("POST", "/register", headers, body)
    assert refused(answer) == (403, error_type, message)
    assert world.listener.told == []
    assert world.tail.status is ExtensionStatus.STARTED


async def test_nobody_registers_twice(world: World) -> None:
    await world.register("tail", "INVOKE")
    await world.register("inner", "INVOKE")

    external = await world.call("POST", "/register", {NAME: "tail"})
    internal = await world.call("POST", "/register", {NAME: "inner"})

    assert refused(external) == invalid_state("Registered", "Registered", "tail")
    assert refused(internal) == (
        403,
        "Extension.InvalidExtensionState",
        "Extension with this name already registered",
    )


async def test_after_the_runtime_has_started_nobody_new_registers(world: World) -> None:
    world.api.close_registration()

    answer = await world.call("POST", "/register", {NAME: "inner"})

    assert refused(answer) == (
        403,
        "Extension.RegistrationClosed",
        "Extension registration closed already",
    )


async def test_there_may_be_ten(world: World) -> None:
    for number in range(9):
        await world.register(f"inner{number}")

    answer = await world.call("POST", "/register", {NAME: "one-too-many"})

    assert refused(answer) == (403, "Extension.TooManyExtensions", "Extension limit (10) reached")


async def test_a_registration_that_is_too_large(world: World) -> None:
    answer = await world.call("POST", "/register", {NAME: "tail"}, b" " * (BODY_LIMIT + 1))
    assert refused(answer)[:2] == (413, "RequestEntityTooLarge")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/event/next"), ("POST", "/init/error"), ("POST", "/exit/error")]
)
async def test_who_asks_must_be_known(world: World, method: str, path: str) -> None:
    stranger = "8e2c0b5a-6a0c-4b39-8c4d-9d1a5b6c7d8e"
    unknown = f"Unknown extension {stranger}" if method == "GET" else f"Unknown {ID}"
    headers = {ERROR_TYPE: "Mine"}

    assert refused(await world.call(method, path, headers)) == (
        403,
        "Extension.MissingExtensionIdentifier",
        "Missing Lambda-Extension-Identifier header",
    )
    assert refused(await world.call(method, path, {ID: "me", **headers})) == (
        403,
        "Extension.InvalidExtensionIdentifier",
        "Invalid Lambda-Extension-Identifier",
    )
    assert refused(await world.call(method, path, {ID: stranger, **headers})) == (
        403,
        "Extension.UnknownExtensionIdentifier",
        unknown,
    )


async def test_events_are_given_to_those_who_want_them(world: World) -> None:
    tail = await world.next(await world.register("tail", "INVOKE", "SHUTDOWN"))
    inner = await world.next(await world.register("inner"))

    world.api.send_invoke(INVOCATION, 1_700_000_003_000)

    headers, body = await asyncio.wait_for(read(tail), 5)
    assert uuid.UUID(headers["lambda-extension-event-identifier"])
    assert json.loads(body) == {
        "eventType": "INVOKE",
        "deadlineMs": 1_700_000_003_000,
        "requestId": "r-1",
        "invokedFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:hello",
        "tracing": {"type": "X-Amzn-Trace-Id", "value": "Root=1-0-0"},
    }
    assert not inner.at_eof()
    assert [extension.status for extension in world.api.extensions] == ["Running", "Ready"]


async def test_asking_twice_is_not_allowed_unless_the_connection_was_lost(world: World) -> None:
    identifier = await world.register("tail", "INVOKE")
    await world.next(identifier)

    again = await world.call("GET", "/event/next", {ID: identifier})
    assert refused(again) == invalid_state("Ready", "Ready", identifier)

    world.api.connection_lost(world.tail.waiting)  # type: ignore[arg-type]
    reader = await world.next(identifier)
    world.api.send_invoke(INVOCATION, 0)
    assert json.loads((await asyncio.wait_for(read(reader), 5))[1])["requestId"] == "r-1"


async def test_an_event_waits_for_who_is_busy(world: World) -> None:
    identifier = await world.register("tail", "INVOKE", "SHUTDOWN")
    reader = await world.next(identifier)
    world.api.send_invoke(INVOCATION, 0)
    await asyncio.wait_for(read(reader), 5)

    world.api.send_shutdown("failure", 12)

    status, _, event = await world.call("GET", "/event/next", {ID: identifier})
    assert (status, event) == (
        200,
        {"eventType": "SHUTDOWN", "deadlineMs": 12, "shutdownReason": "failure"},
    )


async def test_an_error_needs_a_type_and_is_told_once(world: World) -> None:
    identifier = await world.register("tail", "INVOKE")

    assert refused(await world.call("POST", "/init/error", {ID: identifier})) == (
        403,
        "Extension.MissingHeader",
        "Lambda-Extension-Function-Error-Type not found",
    )
    stranger = await world.call("POST", "/init/error", {ID: str(uuid.uuid4())})
    assert refused(stranger)[1] == "Extension.MissingHeader"
    for error_type in ("Extension.NoConfig", "Extension.Other"):
        headers = {ID: identifier, ERROR_TYPE: error_type}
        status, _, document = await world.call("POST", "/init/error", headers)
        assert (status, document) == (202, {"status": "OK"})

    assert world.tail.error_type == "Extension.NoConfig"
    assert ("failed", "tail", "Extension.InitError") in world.listener.told
    # Nothing else is allowed from now on.
    after = await world.call("GET", "/event/next", {ID: identifier})
    assert refused(after) == invalid_state("InitError", "Ready", identifier)
    after = await world.call("POST", "/exit/error", {ID: identifier, ERROR_TYPE: "Mine"})
    assert refused(after) == invalid_state("InitError", "Exited", identifier)


async def test_an_exit_error_may_come_at_any_time_but_an_init_error_may_not(world: World) -> None:
    identifier = await world.register("tail", "INVOKE")
    await world.next(identifier)
    headers = {ID: identifier, ERROR_TYPE: "Extension.Broken"}

    late = await world.call("POST", "/init/error", headers)
    assert refused(late) == invalid_state("Ready", "InitError", identifier)
    assert (await world.call("POST", "/exit/error", headers))[0] == 202
    assert world.listener.told[-1] == ("failed", "tail", "Extension.ExitError")
    # It is to exit, and gets nothing any more.
    world.api.send_invoke(INVOCATION, 0)
    assert world.tail.status is ExtensionStatus.EXIT_ERROR
    again = await world.call("GET", "/event/next", headers)
    assert refused(again) == invalid_state("ExitError", "Ready", identifier)


@pytest.mark.parametrize(("method", "path"), [("GET", "/register"), ("POST", "/nothing")])
async def test_there_are_no_other_paths(world: World, method: str, path: str) -> None:
    assert refused(await world.call(method, path))[:2] == (404, "NotFound")


async def test_after_a_reset_all_begins_anew(world: World) -> None:
    identifier = await world.register("tail", "INVOKE")
    world.api.close_registration()
    world.api.reset()

    answer = await world.call("GET", "/event/next", {ID: identifier})
    assert refused(answer)[1] == "Extension.UnknownExtensionIdentifier"
    assert await world.register("inner", "INVOKE")


@pytest.mark.parametrize("status", ExtensionStatus)
def test_the_table_says_something_of_every_status(status: ExtensionStatus) -> None:
    extension = Extension("tail", ExtensionKind.EXTERNAL)
    extension.status = status
    extension.waiting = object()  # type: ignore[assignment]
    allowed = {call for call in Call if extension.allows(call)}
    assert allowed == set(TRANSITIONS[status])
