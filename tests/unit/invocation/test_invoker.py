"""One invocation from its name to its result, over fake sandboxes."""

import asyncio
import base64
import json
from typing import Any

import pytest

from lambda_magic.core.clock import ManualClock
from lambda_magic.core.errors import (
    InvalidRequestContentException,
    RequestTooLargeException,
    ResourceNotFoundException,
    ServiceException,
    TooManyRequestsException,
)
from lambda_magic.core.settings import Settings
from lambda_magic.environments.fake_sandbox import FakeHandler, FakeSandboxFactory
from lambda_magic.environments.pool import EnvironmentPool
from lambda_magic.invocation.concurrency import Concurrency
from lambda_magic.invocation.invoker import PAYLOAD_LIMIT, Invoker
from lambda_magic.invocation.provisioned import ProvisionedConcurrency
from lambda_magic.monitoring.bus import Bus
from lambda_magic.monitoring.events import Event, Start, Throttle


class Invoking:
    def __init__(self, world: Any, handler: FakeHandler = lambda event: event) -> None:
        self.world = world
        self.clock = ManualClock()
        self.bus = Bus(self.clock)
        self.events: list[Event] = []
        self.bus.subscribe(self.events.extend)
        self.pool = EnvironmentPool(
            FakeSandboxFactory(handler),
            bus=self.bus,
            clock=self.clock,
            settings=Settings(),
            is_current=world.router.is_current,
        )
        self.concurrency = Concurrency(1000)
        self.provisioned = ProvisionedConcurrency(world.router, self.pool)
        self.invoker = Invoker(
            world.router, self.concurrency, self.pool, bus=self.bus, clock=self.clock
        )

    def reserve(self, reserved: int) -> None:
        with self.world.catalog.transaction() as changes:
            changes.set_reserved_concurrency("hello", reserved)

    def published(self, kind: type) -> list[Any]:
        self.bus.flush()
        return [event for event in self.events if isinstance(event, kind)]


async def test_an_invocation_gives_back_what_it_claimed(world: Any) -> None:
    invoking = Invoking(world)

    result = await invoking.invoker.invoke("hello", None, b'{"a": 1}')

    assert result.payload == {"a": 1}
    assert result.executed_version == "$LATEST"
    assert repr(invoking.concurrency) == "<Concurrency [0 in flight, 0 unreserved]>"
    await invoking.pool.close()


async def test_an_empty_payload_is_an_empty_object(world: Any) -> None:
    invoking = Invoking(world)

    assert (await invoking.invoker.invoke("hello", None, b"")).payload == {}
    await invoking.pool.close()


@pytest.mark.parametrize(
    "payload", [b"{", b"{'a': 1}", b"\xff", b"NaN", "1".encode("utf-16"), b"[" * 100_000]
)
async def test_a_payload_that_is_no_json_is_refused(world: Any, payload: bytes) -> None:
    invoking = Invoking(world)

    with pytest.raises(InvalidRequestContentException, match="Could not parse request body"):
        await invoking.invoker.invoke("hello", None, payload)

    assert list(invoking.pool) == []


async def test_a_payload_over_six_megabytes_is_refused(world: Any) -> None:
    invoking = Invoking(world)
    too_large = json.dumps("x" * PAYLOAD_LIMIT).encode()

    with pytest.raises(RequestTooLargeException) as caught:
        await invoking.invoker.invoke("hello", None, too_large)

    assert caught.value.message == (
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation"
    )


async def test_a_function_that_is_not_there(world: Any) -> None:
    with pytest.raises(ResourceNotFoundException, match=r"function:nobody:\$LATEST$"):
        await Invoking(world).invoker.invoke("nobody", None, b"{}")


@pytest.mark.parametrize("context", ["no base64!", base64.b64encode(b"no json").decode()])
async def test_a_client_context_that_is_no_json_is_refused(world: Any, context: str) -> None:
    with pytest.raises(InvalidRequestContentException, match="Client context must be"):
        await Invoking(world).invoker.invoke("hello", None, b"{}", client_context=context)


async def test_a_throttle_is_raised_and_published(world: Any) -> None:
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    invoking = Invoking(world, lambda event: never)
    invoking.reserve(1)
    running = asyncio.create_task(invoking.invoker.invoke("hello", None, b"{}"))
    while not invoking.published(Start):
        await asyncio.sleep(0)

    with pytest.raises(TooManyRequestsException) as caught:
        await invoking.invoker.invoke("hello", None, b"{}")

    assert caught.value.body() == {
        "Type": "User",
        "message": "Rate Exceeded.",
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
    }
    assert [event.reason for event in invoking.published(Throttle)] == [
        "ReservedFunctionConcurrentInvocationLimitExceeded"
    ]
    await invoking.pool.close()
    await running
    assert repr(invoking.concurrency) == "<Concurrency [0 in flight, 0 unreserved]>"


async def test_whoever_stops_waiting_leaves_nothing_behind(world: Any) -> None:
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    invoking = Invoking(world, lambda event: done)
    waiting = asyncio.create_task(invoking.invoker.invoke("hello", None, b"{}"))
    while not invoking.published(Start):
        await asyncio.sleep(0)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert invoking.concurrency.in_flight("hello") == 1, "on AWS too it goes on"
    done.set_result(1)
    while invoking.concurrency.in_flight("hello"):
        await asyncio.sleep(0)

    assert repr(invoking.pool) == "<EnvironmentPool [0 running, 1 warm, 0 starting or ending]>"
    await invoking.pool.close()


async def test_provisioned_environments_serve_first_and_the_rest_spills_over(world: Any) -> None:
    gate: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    invoking = Invoking(world, lambda event: gate)
    with world.catalog.transaction() as changes:
        changes.put_provisioned("hello", "1", requested=1, last_modified="")
    invoking.provisioned.set("hello", "1", 1)
    while invoking.provisioned.status("hello", "1")["Status"] != "READY":
        await asyncio.sleep(0)

    running = [asyncio.create_task(invoking.invoker.invoke("hello", "1", b"{}")) for _ in range(2)]
    while len(invoking.published(Start)) < 2:
        await asyncio.sleep(0)
    gate.set_result(1)
    first, second = await asyncio.gather(*running)

    assert first.report.init_duration_ms is None
    assert second.report.init_duration_ms is not None
    assert [
        (start.origin.initialization_type, start.spillover) for start in invoking.published(Start)
    ] == [("provisioned-concurrency", False), ("on-demand", True)]
    await invoking.pool.close()


async def test_a_dry_run_raises_what_invoking_would_and_starts_nothing(world: Any) -> None:
    invoking = Invoking(world)

    invoking.invoker.dry_run("hello", "1")
    with pytest.raises(ResourceNotFoundException, match=r"function:hello:9$"):
        invoking.invoker.dry_run("hello", "9")

    assert list(invoking.pool) == []


async def test_an_invocation_that_cannot_be_started_is_answered_and_gives_back_its_claim(
    world: Any,
) -> None:
    invoking = Invoking(world)

    def fail(*arguments: object) -> None:
        raise ValueError("a mistake")

    invoking.pool.run = fail  # type: ignore[method-assign]

    with pytest.raises(ServiceException, match="could not be started: a mistake"):
        await invoking.invoker.invoke("hello", None, b"{}")

    assert repr(invoking.concurrency) == "<Concurrency [0 in flight, 0 unreserved]>"
