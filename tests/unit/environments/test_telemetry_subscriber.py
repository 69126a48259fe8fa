"""Buffering and sending, to a real listener, on a clock that is told to move."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from lambda_magic.core.clock import ManualClock
from lambda_magic.environments import telemetry_subscriber
from lambda_magic.environments.telemetry_delivery import delivery
from lambda_magic.environments.telemetry_subscriber import (
    ATTEMPT_TIMEOUT,
    ATTEMPTS,
    REASON,
    Subscriber,
)
from lambda_magic.monitoring.events import (
    ExtensionLogRecord,
    LogRecord,
    LogsDropped,
    LogsSubscription,
    Origin,
)
from lambda_magic.runtime_api.subscriptions import Api, Destination, Subscription

from .listener import PATIENCE, Listener, here, listening

ORIGIN = Origin(
    environment_id="0123456789abcdef0123456789abcdef",
    function_name="hello",
    function_version="1",
    log_group="/aws/lambda/hello",
    log_stream="2026/01/31/[1]0123456789abcdef0123456789abcdef",
    memory_size_mb=128,
    architecture="x86_64",
    initialization_type="on-demand",
    runtime="python3.12",
    log_format="JSON",
)
MESSAGE = "x" * 1_000


class Sent:
    """A subscriber, and all that it is connected with."""

    def __init__(self, listener: Listener, subscription: Subscription) -> None:
        self.listener = listener
        self.clock = ManualClock()
        self.told: list[LogsDropped] = []
        self.subscriber = Subscriber(
            subscription,
            delivery(subscription.destination, here),
            origin=ORIGIN,
            clock=self.clock,
            tell=self.told.append,
        )

    def write(self, count: int = 1, message: str = "hello") -> None:
        for _ in range(count):
            record = LogRecord(
                time=self.clock.time(), origin=ORIGIN, message=message, request_id=None
            )
            self.subscriber.publish(record)

    async def drain(self) -> None:
        await asyncio.wait_for(self.subscriber.drain(), PATIENCE)

    async def advance_until_done(self) -> None:
        """Let time pass for whatever waits for it, until nothing is left to send."""
        self.subscriber.flush()
        drained = asyncio.ensure_future(self.subscriber.idle())
        async with asyncio.timeout(PATIENCE):
            while not drained.done():
                self.clock.advance(1.0)
                await asyncio.wait({drained}, timeout=0.001)


@asynccontextmanager
async def sending(
    *, types: tuple[str, ...] = ("platform", "function"), **changes: Any
) -> AsyncIterator[Sent]:
    async with listening() as listener:
        members = {
            "api": Api.TELEMETRY,
            "schema_version": "2022-12-13",
            "types": types,
            "destination": Destination(protocol="HTTP", port=listener.port),
            "max_items": 1_000,
            "max_bytes": 262_144,
            "timeout_ms": 100,
        }
        sent = Sent(listener, Subscription(**members | changes))
        try:
            yield sent
        finally:
            sent.subscriber.close()
            await asyncio.wait_for(sent.subscriber.idle(), PATIENCE)


# When...


async def test_a_batch_waits_for_its_time() -> None:
    async with sending() as sent:
        sent.write(2)
        sent.clock.advance(0.099)
        assert repr(sent.subscriber) == "<Subscriber [waiting, 2 records]>"
        sent.clock.advance(0.001)
        assert await sent.listener.types() == ["function", "function"]
        await sent.drain()
        assert repr(sent.subscriber) == "<Subscriber [idle, 0 records]>"


async def test_a_batch_goes_when_it_has_enough_records() -> None:
    async with sending() as sent:
        sent.write(1_001)
        assert len(await sent.listener.batch()) == 1_000
        sent.clock.advance(0.1)
        assert len(await sent.listener.batch()) == 1


async def test_a_batch_goes_when_it_is_large_enough() -> None:
    async with sending() as sent:
        sent.write(300, MESSAGE)
        batch = await sent.listener.batch()
        assert 240 < len(batch) < 260


async def test_a_batch_goes_at_once_if_it_is_asked_for() -> None:
    async with sending(timeout_ms=30_000) as sent:
        sent.write()
        sent.subscriber.flush()
        assert await sent.listener.types() == ["function"]


async def test_nothing_goes_while_it_is_paused() -> None:
    async with sending() as sent:
        sent.subscriber.pause()
        sent.write()
        sent.clock.advance(1.0)
        await asyncio.wait({asyncio.ensure_future(sent.subscriber.drain())}, timeout=0.01)
        assert sent.listener.requests == []
        sent.subscriber.resume()
        assert await sent.listener.types() == ["function"]


# What...


async def test_only_what_was_asked_for_is_sent() -> None:
    async with sending(types=("extension",)) as sent:
        sent.write()
        sent.subscriber.publish(
            ExtensionLogRecord(time=0, origin=ORIGIN, message='{"a": 1}', request_id=None)
        )
        sent.subscriber.flush()
        (record,) = await sent.listener.batch()
        assert (record["type"], record["record"]) == ("extension", {"a": 1})


async def test_the_first_version_of_the_schema_has_text_only() -> None:
    async with sending(schema_version="2022-07-01") as sent:
        sent.write(message='{"a": 1}')
        sent.subscriber.flush()
        (record,) = await sent.listener.batch()
        assert record["record"] == '{"a": 1}'


@pytest.mark.parametrize(
    ("message", "sent_as"),
    [
        ('{"half": "\\ud800"}', {"half": "\ud800"}),
        ('{"deep": ' + "[" * 990 + "]" * 990 + "}", None),
    ],
)
async def test_whatever_a_function_writes_is_sent(message: str, sent_as: object) -> None:
    async with sending() as sent:
        sent.write(message=message)
        sent.subscriber.flush()
        (record,) = await sent.listener.batch()
        assert record["record"] in (message, sent_as)


@pytest.mark.parametrize(("api", "sent_records"), [(Api.LOGS, 1), (Api.TELEMETRY, 0)])
async def test_each_api_has_its_own_records(api: Api, sent_records: int) -> None:
    async with sending(api=api) as sent:
        event = LogsSubscription(
            time=0, origin=ORIGIN, name="spy", state="Subscribed", types=("platform",)
        )
        sent.subscriber.publish(event)
        assert repr(sent.subscriber).endswith(f"{sent_records} records]>")


async def test_over_tcp() -> None:
    async with listening("TCP") as listener:
        destination = Destination(protocol="TCP", port=listener.port)
        async with sending(destination=destination) as sent:
            sent.write(2)
            await sent.drain()
            assert [await listener.types() for _ in range(2)] == [["function"], ["function"]]


# ...and what if it is not taken.


async def test_a_batch_is_sent_again_until_it_is_taken() -> None:
    async with sending() as sent:
        sent.listener.status = 500
        sent.write()
        sent.subscriber.flush()
        await sent.listener.wait_until_asked()
        sent.listener.status = 200
        await sent.advance_until_done()
        assert await sent.listener.types() == ["function"]
        assert sent.told == []


async def test_a_listener_may_be_late() -> None:
    async with listening() as listener:
        port = listener.port
    async with sending(destination=Destination(protocol="HTTP", port=port)) as sent:
        sent.write()
        sent.subscriber.flush()
        async with listening(port=port) as listener:
            await sent.advance_until_done()
            assert await listener.types() == ["function"]


async def test_nobody_is_waited_for_where_nobody_listens() -> None:
    async with listening() as listener:
        port = listener.port
    async with sending(destination=Destination(protocol="HTTP", port=port)) as sent:
        sent.write()
        await sent.drain()
        assert sent.told == []
        async with listening(port=port) as listener:
            await sent.drain()
            assert await listener.types() == ["function"]


async def test_a_batch_that_is_never_taken_is_lost_and_the_next_one_says_so() -> None:
    async with sending() as sent:
        sent.listener.status = 500
        sent.write(3)
        await sent.advance_until_done()
        assert len(sent.listener.requests) == ATTEMPTS
        (told,) = sent.told
        assert (told.reason, told.dropped_records) == (REASON, 3)
        sent.listener.status = 200
        sent.write()
        sent.subscriber.flush()
        dropped, record = await sent.listener.batch()
        assert record["type"] == "function"
        assert (dropped["type"], dropped["record"]) == (
            "platform.logsDropped",
            {"reason": REASON, "droppedRecords": 3, "droppedBytes": told.dropped_bytes},
        )


async def test_what_was_lost_twice_is_told_once() -> None:
    async with sending() as sent:
        sent.listener.status = 500
        for _ in range(2):
            sent.write(3)
            await sent.advance_until_done()
        assert [told.dropped_records for told in sent.told] == [3, 3]
        sent.listener.status = 200
        sent.write()
        await sent.drain()
        dropped, _ = await sent.listener.batch()
        assert dropped["record"]["droppedRecords"] == 6


async def test_who_does_not_take_platform_events_is_not_told_of_drops() -> None:
    async with sending(types=("function",)) as sent:
        sent.listener.status = 500
        sent.write()
        await sent.advance_until_done()
        sent.listener.status = 200
        sent.write()
        await sent.drain()
        assert await sent.listener.types() == ["function"]
        assert [told.dropped_records for told in sent.told] == [1]


async def test_what_waits_for_a_slow_listener_is_bounded() -> None:
    async with sending() as sent:
        sent.listener.gate.clear()
        sent.write(1_000, "first")
        await sent.listener.wait_until_asked()
        sent.write(5_000, "more")
        assert repr(sent.subscriber) == "<Subscriber [sending, 4000 records]>"
        sent.listener.gate.set()
        assert len(await sent.listener.batch()) == 1_000
        dropped, *rest = await sent.listener.batch()
        assert (dropped["type"], len(rest)) == ("platform.logsDropped", 1_000)
        assert dropped["record"]["droppedRecords"] == 1_000
        await sent.drain()
        assert [told.dropped_records for told in sent.told] == [1_000]


async def test_a_record_larger_than_a_batch_is_sent_alone() -> None:
    async with sending() as sent:
        sent.write(message="x" * 300_000)
        sent.write(message="small")
        await sent.drain()
        batches = [await sent.listener.batch() for _ in range(2)]
        assert [[len(one["record"]) for one in batch] for batch in batches] == [[300_000], [5]]
        assert sent.told == []


async def test_a_listener_that_never_answers_is_given_up() -> None:
    async with sending() as sent:
        sent.listener.gate.clear()
        sent.write()
        await sent.advance_until_done()
        assert len(sent.listener.requests) == ATTEMPTS
        assert [told.dropped_records for told in sent.told] == [1]


async def test_time_does_not_count_while_it_is_paused() -> None:
    async with sending() as sent:
        sent.listener.gate.clear()
        sent.write()
        sent.subscriber.flush()
        await sent.listener.wait_until_asked()
        sent.subscriber.pause()
        sent.clock.advance(10 * ATTEMPT_TIMEOUT)
        sent.subscriber.resume()
        sent.listener.gate.set()
        await sent.drain()
        assert len(sent.listener.requests) == 1
        assert await sent.listener.types() == ["function"]


async def test_a_closed_subscriber_takes_nothing() -> None:
    async with sending() as sent:
        sent.listener.gate.clear()
        sent.write()
        sent.subscriber.flush()
        await sent.listener.wait_until_asked()
        sent.subscriber.close()
        sent.write()
        await asyncio.wait_for(sent.subscriber.idle(), PATIENCE)
        assert repr(sent.subscriber) == "<Subscriber [idle, 0 records]>"


async def test_a_mistake_of_ours_is_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: reported.append(context))
    async with sending() as sent:
        monkeypatch.setattr(telemetry_subscriber, "ATTEMPTS", "many")
        sent.write()
        await sent.drain()
    assert isinstance(reported[0]["exception"], TypeError)


@pytest.mark.parametrize("steps", range(8))
async def test_the_end_may_come_just_when_an_attempt_is_given_up(steps: int) -> None:
    async with sending() as sent:
        sent.listener.gate.clear()
        sent.write()
        sent.subscriber.flush()
        await sent.listener.wait_until_asked()
        sent.clock.advance(ATTEMPT_TIMEOUT)
        for _ in range(steps):
            await asyncio.sleep(0)
        sent.subscriber.close()
        await asyncio.wait_for(sent.subscriber.idle(), PATIENCE)
        assert len(sent.listener.requests) <= 1
