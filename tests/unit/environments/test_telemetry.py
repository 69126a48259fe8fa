"""What happens in an environment, and when its subscribers are sent it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from lambda_magic.core.clock import ManualClock
from lambda_magic.environments import telemetry_subscriber
from lambda_magic.environments.states import EnvironmentState as State
from lambda_magic.environments.telemetry import Telemetry
from lambda_magic.monitoring.bus import Bus
from lambda_magic.monitoring.events import (
    EnvironmentChanged,
    Event,
    InitReport,
    InitStart,
    Report,
    RuntimeDone,
    Start,
    Throttle,
)
from lambda_magic.runtime_api.subscriptions import (
    Api,
    Destination,
    Subscription,
    SubscriptionError,
)

from .listener import PATIENCE, Listener, here, listening
from .test_telemetry_subscriber import ORIGIN

REQUEST_ID = "00000000-0000-4000-8000-000000000001"
INIT_START = InitStart(time=1, origin=ORIGIN, phase="init", runtime_version="python:3.12.v1")
START = Start(
    time=1,
    origin=ORIGIN,
    request_id=REQUEST_ID,
    version="1",
    alias=None,
    trace_id="",
    function_concurrency=1,
    account_concurrency=1,
    spillover=False,
)
DONE = RuntimeDone(
    time=1,
    origin=ORIGIN,
    request_id=REQUEST_ID,
    status="success",
    duration_ms=1,
    produced_bytes=2,
)
REPORT = Report(
    time=1,
    origin=ORIGIN,
    request_id=REQUEST_ID,
    alias=None,
    status="success",
    duration_ms=1,
    billed_duration_ms=1,
    memory_size_mb=128,
    max_memory_used_mb=20,
)
SUBSCRIBED = "platform.telemetrySubscription"


def changed(state: State) -> EnvironmentChanged:
    return EnvironmentChanged(time=1, origin=ORIGIN, state=state.value)


class Environment:
    """The telemetry of an environment, and both of its sides."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.clock = ManualClock()
        self.events: list[Event] = []
        self.bus = Bus(self.clock)
        self.bus.subscribe(self.events.extend)
        self.telemetry = Telemetry(self.bus, ORIGIN, self.clock, here)

    def subscribe(self, name: str = "spy", **changes: Any) -> str:
        members: dict[str, Any] = {
            "api": Api.TELEMETRY,
            "schema_version": "2022-12-13",
            "types": ("platform",),
            "destination": Destination(protocol="HTTP", port=self.listener.port),
            "max_items": 1_000,
            "max_bytes": 262_144,
            "timeout_ms": 1_000,
        }
        subscription = Subscription(**members | changes)
        return self.telemetry.subscribe(name, subscription, [INIT_START]).state

    def publish(self, *events: Event) -> None:
        for event in events:
            self.telemetry.publish(event)

    def published(self) -> list[str]:
        self.bus.flush()
        return [event.type for event in self.events]


@pytest.fixture
async def environment() -> AsyncIterator[Environment]:
    async with listening() as listener:
        made = Environment(listener)
        yield made
        await asyncio.wait_for(made.telemetry.close(), PATIENCE)


async def test_who_subscribes_is_sent_what_has_happened_since_init_began(
    environment: Environment,
) -> None:
    assert environment.subscribe() == "Subscribed"
    environment.clock.advance(1.0)
    init, subscription = await environment.listener.batch()
    assert init["type"] == "platform.initStart"
    assert subscription["record"] == {
        "name": "spy",
        "state": "Subscribed",
        "types": ["platform"],
    }
    assert environment.published() == [SUBSCRIBED]
    assert repr(environment.telemetry) == "<Telemetry [spy]>"


async def test_the_end_of_the_runtimes_work_is_told_at_once(environment: Environment) -> None:
    environment.subscribe()
    environment.publish(START, DONE)
    types = await environment.listener.types()
    assert types[-2:] == ["platform.start", "platform.runtimeDone"]


async def test_the_report_comes_with_the_next_invocation(environment: Environment) -> None:
    environment.subscribe()
    environment.publish(START, DONE)
    await environment.listener.types()
    environment.publish(REPORT, changed(State.FROZEN))
    environment.clock.advance(60.0)
    environment.publish(START, DONE)
    assert await environment.listener.types() == [
        "platform.report",
        "platform.start",
        "platform.runtimeDone",
    ]
    assert len(environment.listener.requests) == 2


async def test_the_bus_has_everything_and_in_order(environment: Environment) -> None:
    throttle = Throttle(
        time=1, function_name="hello", version="1", alias=None, reason="CallerRateLimitExceeded"
    )
    environment.subscribe()
    environment.publish(START, throttle)
    environment.telemetry.publish_later(lambda: DONE)
    assert environment.published() == [
        SUBSCRIBED,
        "platform.start",
        "throttle",
        "platform.runtimeDone",
    ]


@pytest.mark.parametrize("state", [State.RESETTING, State.SHUTDOWN])
async def test_all_of_it_is_sent_before_the_end(environment: Environment, state: State) -> None:
    environment.subscribe()
    environment.publish(changed(State.FROZEN), changed(state), START, DONE, REPORT)
    await asyncio.wait_for(environment.telemetry.drain(2.0), PATIENCE)
    sent: list[str] = []
    while "platform.report" not in sent:
        sent += await environment.listener.types()
    assert sent[-3:] == ["platform.start", "platform.runtimeDone", "platform.report"]


async def test_an_end_waits_no_longer_than_it_may(environment: Environment) -> None:
    environment.listener.gate.clear()
    environment.subscribe()
    environment.publish(changed(State.SHUTDOWN))
    drained = asyncio.ensure_future(environment.telemetry.drain(2.0))
    await environment.listener.wait_until_asked()
    assert not drained.done()
    environment.clock.advance(2.0)
    await asyncio.wait_for(drained, PATIENCE)


async def test_after_a_reset_telemetry_waits_for_the_next_init(environment: Environment) -> None:
    environment.subscribe()
    environment.publish(changed(State.RESETTING), changed(State.RESET))
    environment.publish(INIT_START)
    environment.clock.advance(1.0)
    assert await environment.listener.types() == [
        "platform.initStart",
        SUBSCRIBED,
        "platform.initStart",
    ]


async def test_an_invocation_with_an_init_of_its_own_begins_after_that(
    environment: Environment,
) -> None:
    environment.subscribe()
    init_report = InitReport(
        time=2.5, origin=ORIGIN, phase="invoke", status="success", duration_ms=1
    )
    environment.publish(INIT_START, init_report, START, DONE)
    records = await environment.listener.batch()
    assert [record["type"] for record in records[-3:-1]] == [
        "platform.initReport",
        "platform.start",
    ]
    assert records[-2]["time"] == records[-3]["time"] == "1970-01-01T00:00:02.500Z"


async def test_the_same_subscription_changes_nothing(environment: Environment) -> None:
    environment.subscribe()
    assert environment.subscribe() == "Already subscribed"
    environment.clock.advance(1.0)
    records = await environment.listener.batch()
    assert [record["type"] for record in records] == ["platform.initStart", *[SUBSCRIBED] * 2]
    assert records[-1]["record"]["state"] == "Already subscribed"


async def test_another_subscription_takes_its_place(environment: Environment) -> None:
    environment.subscribe()
    assert environment.subscribe(types=("platform", "function")) == "Subscribed"
    environment.clock.advance(1.0)
    records = await environment.listener.batch()
    assert [record["type"] for record in records] == ["platform.initStart", SUBSCRIBED]
    assert records[-1]["record"]["types"] == ["platform", "function"]
    environment.publish(START, DONE)
    assert len(await environment.listener.batch()) == 2
    assert len(environment.listener.requests) == 2


async def test_each_extension_has_a_subscription_of_its_own(environment: Environment) -> None:
    environment.subscribe("one")
    environment.subscribe("two", api=Api.LOGS, schema_version="2021-03-18")
    environment.publish(START, DONE)
    batches = [await environment.listener.batch() for _ in range(2)]
    types = sorted([record["type"] for record in batch] for batch in batches)
    assert types == [
        [
            "platform.initStart",
            SUBSCRIBED,
            "platform.start",
            "platform.runtimeDone",
        ],
        ["platform.logsSubscription", "platform.start", "platform.runtimeDone"],
    ]


async def test_an_extension_has_one_api_only(environment: Environment) -> None:
    environment.subscribe()
    with pytest.raises(SubscriptionError) as caught:
        environment.subscribe(api=Api.LOGS, schema_version="2020-08-15")
    assert caught.value.error_type == "Logs.AccessDenied"
    assert str(caught.value) == (
        "The extension spy is already subscribed to the TelemetryAPI. "
        "You must either subscribe to the LogsAPI or the TelemetryAPI"
    )


async def test_a_mistake_of_ours_does_not_reach_the_environment(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    environment.subscribe()
    monkeypatch.setattr(telemetry_subscriber, "record", None)
    environment.publish(START)
    assert environment.published() == [SUBSCRIBED, "platform.start"]
    assert "Telemetry was not taken: <Subscriber " in caplog.text


async def test_drops_are_told_to_the_bus(environment: Environment) -> None:
    environment.listener.status = 500
    environment.subscribe()
    drained = asyncio.ensure_future(environment.telemetry.drain(1_000.0))
    async with asyncio.timeout(PATIENCE):
        while not drained.done():
            environment.clock.advance(1.0)
            await asyncio.wait({drained}, timeout=0.001)
    assert environment.published() == [SUBSCRIBED, "platform.logsDropped"]
