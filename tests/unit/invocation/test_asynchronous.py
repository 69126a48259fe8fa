"""Asynchronous events over fake sandboxes, on a clock that a test moves."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.clock import VirtualClock
from lambda_magic.core.errors import (
    InvalidRequestContentException,
    RequestEntityTooLargeException,
    ResourceNotFoundException,
    ServiceException,
    StoreError,
)
from lambda_magic.core.settings import Settings
from lambda_magic.environments.fake_sandbox import FakeHandler
from lambda_magic.invocation.async_invocation import AsyncInvocation
from lambda_magic.invocation.asynchronous import PAYLOAD_LIMIT, AsynchronousInvoker
from lambda_magic.invocation.destinations import Destinations
from lambda_magic.invocation.invoker import Invoker
from lambda_magic.invocation.outcomes import Outcomes
from lambda_magic.monitoring.events import Measurement, Start, Throttle
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.store.event_queue import Changes, Delivery, EventQueue
from lambda_magic.store.settings import Setting

from .test_invoker import Invoking

SQS = "arn:aws:sqs:us-east-1:123456789012:"


class Sent(Destinations):
    """Destinations that remember what they were sent; `error` is raised in place of sending."""

    def __init__(self) -> None:
        super().__init__(Settings())
        self.deliveries: list[Delivery] = []
        self.error: Exception | None = None

    async def send(self, delivery: Delivery, time: float) -> None:
        if self.error is not None:
            raise self.error
        self.deliveries.append(delivery)


class Asynchronous(Invoking):
    """Everything between an event and what becomes of it."""

    def __init__(self, home: Path, world: Any, handler: FakeHandler, **settings: Any) -> None:
        super().__init__(world, handler)
        self.virtual = VirtualClock(self.clock)
        self.invoker = Invoker(
            world.router,
            self.concurrency,
            self.pool,
            bus=self.bus,
            clock=self.clock,
            virtual_clock=self.virtual,
            recursion=world.catalog.recursion,
        )
        self.sent = Sent()
        self.settings = Settings(home=home, **settings)
        self.queue, self.asynchronous = self.open()

    def open(self) -> tuple[EventQueue, AsynchronousInvoker]:
        """What one process has of the queue."""
        queue = EventQueue(self.settings.home / "us-east-1.queue.sqlite")
        common: dict[str, Any] = {
            "bus": self.bus,
            "clock": self.virtual,
            "machine": self.clock,
        }
        catalog, invoker = self.world.catalog, self.invoker
        outcomes = Outcomes(self.settings, catalog, invoker, queue, self.sent, **common)
        made = AsynchronousInvoker(self.settings, catalog, invoker, queue, outcomes, **common)
        made.start()
        return queue, made

    async def accept(self, event: Any = None, **members: Any) -> AsyncInvocation:
        members = {"qualifier": None} | members
        name = members.pop("name", "hello")
        return await self.asynchronous.accept(
            name, members.pop("qualifier"), json.dumps(event).encode(), **members
        )

    def configure(self, qualifier: str = "$LATEST", **config: Any) -> None:
        with self.world.catalog.transaction() as changes:
            changes.put_setting(Setting.EVENT_INVOKE, "hello", config, qualifier=qualifier)

    def destinations(self, qualifier: str = "$LATEST", **arns: str) -> None:
        config = {kind: {"Destination": arn} for kind, arn in arns.items()}
        self.configure(qualifier, DestinationConfig=config)

    async def until(self, condition: Callable[[], object]) -> None:
        """Let everything happen that needs no time to pass, until `condition` holds."""
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0)

    async def pass_time(self, invocation: AsyncInvocation, attempts: int, seconds: float) -> None:
        """Wait for an attempt to be over and the event to be waiting again; then for seconds."""
        await self.until(lambda: invocation.attempts == attempts and self.is_idle())
        self.clock.advance(seconds)

    def is_idle(self) -> bool:
        return "0 running" in repr(self.virtual)

    def measured(self, metric: str) -> list[float]:
        return [one.value for one in self.published(Measurement) if one.metric == metric]

    async def close(self) -> None:
        await self.asynchronous.close()
        await self.pool.close()


Make = Callable[..., Asynchronous]


@pytest.fixture
async def make(tmp_path: Path, world: Any) -> AsyncIterator[Make]:
    made: list[Asynchronous] = []

    def make(handler: FakeHandler = lambda event: event, **settings: Any) -> Asynchronous:
        made.append(Asynchronous(tmp_path, world, handler, **settings))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def failing(times: int) -> FakeHandler:
    """A handler that fails so many times."""
    left = [times]

    def handler(event: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            raise KeyError("no such order")
        return event

    return handler


async def test_an_event_is_accepted_and_then_run(make: Make) -> None:
    lambdas = make()

    accepted = await lambdas.accept({"a": 1})
    assert accepted.status_code == 202
    assert not accepted.done
    assert repr(accepted) == "<AsyncInvocation hello [202, on its way, 0 attempts]>"

    result = await accepted
    assert result.payload == {"a": 1}
    assert result.request_id == accepted.request_id
    assert repr(accepted) == "<AsyncInvocation hello [202, Success, 1 attempt]>"
    assert accepted.wait() == result
    assert lambdas.measured("AsyncEventsReceived") == [1]
    assert lambdas.measured("AsyncEventAge") == [0]
    assert lambdas.measured("AsyncEventsDropped") == []


async def test_whoever_waits_when_it_closes_is_told(make: Make) -> None:
    lambdas = make(failing(1))
    accepted = await lambdas.accept()
    await lambdas.until(lambda: accepted.attempts == 1)
    in_a_thread = asyncio.create_task(asyncio.to_thread(accepted.wait))
    in_a_loop = asyncio.create_task(_result(accepted))
    await lambdas.until(lambda: len(accepted._waiting) == 2)

    await lambdas.close()

    for waiting in (in_a_thread, in_a_loop, _result(accepted)):
        with pytest.raises(ServiceException, match="the event stays in the queue of its home"):
            await waiting
    assert not accepted.done


async def test_waiting_has_an_end_where_one_is_set(make: Make) -> None:
    lambdas = make(failing(1))
    accepted = await lambdas.accept()
    with pytest.raises(TimeoutError, match=r"still on its way after 0\.001 s"):
        await asyncio.to_thread(accepted.wait, 0.001)


async def _result(accepted: AsyncInvocation) -> InvocationResult:
    return await accepted


async def test_a_function_that_fails_is_tried_again_after_one_minute_and_two(make: Make) -> None:
    lambdas = make(failing(2))
    accepted = await lambdas.accept({"a": 1})

    await lambdas.pass_time(accepted, 1, 59)
    assert lambdas.is_idle()
    await lambdas.pass_time(accepted, 1, 1)
    await lambdas.pass_time(accepted, 2, 119)
    assert lambdas.is_idle()
    await lambdas.pass_time(accepted, 2, 1)

    result = await accepted
    assert result.payload == {"a": 1}
    assert accepted.condition == "Success"
    assert accepted.attempts == 3
    starts = lambdas.published(Start)
    assert {start.request_id for start in starts} == {accepted.request_id}
    assert len({start.trace_id for start in starts}) == 1
    assert lambdas.measured("AsyncEventAge") == pytest.approx([0, 60_000, 180_000])


async def test_retries_come_to_an_end(make: Make) -> None:
    lambdas = make(failing(9))
    accepted = await lambdas.accept()

    await lambdas.pass_time(accepted, 1, 60)
    await lambdas.pass_time(accepted, 2, 120)

    result = await accepted
    assert (accepted.condition, accepted.attempts) == ("RetriesExhausted", 3)
    assert result.function_error == "Unhandled"
    assert result.error_type == "KeyError"
    assert lambdas.measured("AsyncEventsDropped") == [1]


@pytest.mark.parametrize("retries", [0, 1])
async def test_fewer_retries_may_be_configured(make: Make, retries: int) -> None:
    lambdas = make(failing(9))
    lambdas.configure(MaximumRetryAttempts=retries)
    accepted = await lambdas.accept()

    if retries:
        await lambdas.pass_time(accepted, 1, 60)
    await accepted

    assert (accepted.condition, accepted.attempts) == ("RetriesExhausted", retries + 1)


async def test_an_alias_has_a_configuration_of_its_own(make: Make) -> None:
    lambdas = make(failing(9))
    lambdas.world.alias("LIVE", "1")
    lambdas.configure("LIVE", MaximumRetryAttempts=0)

    accepted = await lambdas.accept(qualifier="LIVE")

    assert (await accepted).executed_version == "1"
    assert accepted.attempts == 1


async def test_an_event_gets_too_old(make: Make) -> None:
    lambdas = make(failing(9))
    lambdas.configure(MaximumEventAgeInSeconds=90)
    lambdas.destinations(OnFailure=SQS + "failed")
    lambdas.configure(
        MaximumEventAgeInSeconds=90,
        DestinationConfig={"OnFailure": {"Destination": SQS + "failed"}},
    )
    accepted = await lambdas.accept()
    await lambdas.pass_time(accepted, 1, 60)
    await lambdas.pass_time(accepted, 2, 29)
    assert not accepted.done

    lambdas.clock.advance(1)
    result = await accepted

    assert (accepted.condition, accepted.attempts) == ("EventAgeExceeded", 2)
    assert result.error_type == "KeyError"
    await lambdas.until(lambda: lambdas.sent.deliveries)
    record = json.loads(lambdas.sent.deliveries[0].body)
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responsePayload"]["errorType"] == "KeyError"


async def test_a_throttled_event_waits_ever_longer(make: Make) -> None:
    release = asyncio.Event()
    lambdas = make(lambda event: release.wait() if event == "first" else event)
    lambdas.world.put("$LATEST", Timeout=900)
    lambdas.reserve(1)
    running = asyncio.create_task(lambdas.invoker.invoke("hello", None, b'"first"'))
    await lambdas.until(lambda: lambdas.published(Start))
    accepted = await lambdas.accept("event")
    others = [await lambdas.accept("event") for _ in range(5)]

    def throttles() -> int:
        return len(lambdas.published(Throttle))

    for number, delay in enumerate((1, 2, 4, 8), start=1):
        await lambdas.until(lambda number=number: throttles() == number)
        lambdas.clock.advance(delay - 0.01)
        assert throttles() == number
        lambdas.clock.advance(0.01)
    await lambdas.until(lambda: throttles() == 5)
    # The others were not even tried: the queue is read more slowly.
    assert lambdas.measured("AsyncEventAge") == []

    release.set()
    await running
    lambdas.clock.advance(16)
    for invocation in (accepted, *others):
        assert (await invocation).payload == "event"
    assert lambdas.measured("AsyncEventAge") == pytest.approx([31_000] * 6)
    assert accepted.attempts == 1


async def test_a_throttled_event_gets_too_old_without_having_run(make: Make) -> None:
    release = asyncio.Event()
    lambdas = make(lambda event: release.wait() if event == "first" else event)
    lambdas.world.put("$LATEST", Timeout=900)
    lambdas.reserve(1)
    lambdas.configure(MaximumEventAgeInSeconds=60)
    running = asyncio.create_task(lambdas.invoker.invoke("hello", None, b'"first"'))
    await lambdas.until(lambda: lambdas.published(Start))

    both = [await lambdas.accept("event"), await lambdas.accept("event")]
    for number, seconds in enumerate((1, 2, 4, 8, 16, 29), start=1):
        await lambdas.until(
            lambda number=number: (
                len(lambdas.published(Throttle)) == number
                and "1 running, 1 waiting" in repr(lambdas.virtual)
            )
        )
        lambdas.clock.advance(seconds)
    results = [await each for each in both]

    assert [each.condition for each in both] == ["EventAgeExceeded"] * 2
    assert [each.attempts for each in both] == [0, 0]
    assert results[0].service_error is not None
    assert results[0].service_error.message == (
        "EventAgeExceeded: the function did not run. The last attempt said: Rate Exceeded."
    )
    assert lambdas.measured("AsyncEventsDropped") == [1, 1]
    release.set()
    await running


async def test_reserved_concurrency_of_zero_leaves_nothing_to_wait_for(make: Make) -> None:
    lambdas = make()
    lambdas.reserve(0)
    lambdas.destinations(OnFailure=SQS + "failed")
    lambdas.world.put("$LATEST", DeadLetterConfig={"TargetArn": SQS + "dead"})

    accepted = await lambdas.accept({"a": 1})
    result = await accepted

    assert accepted.condition == "ZeroReservedConcurrency"
    assert result.service_error is not None
    assert lambdas.published(Start) == []
    await lambdas.until(lambda: len(lambdas.sent.deliveries) == 2)
    by_kind = {delivery.kind: delivery for delivery in lambdas.sent.deliveries}
    context = json.loads(by_kind["OnFailure"].body)["requestContext"]
    assert context["condition"] == "ZeroReservedConcurrency"
    assert context["approximateInvokeCount"] == 0
    assert by_kind["DeadLetter"].body == b'{"a": 1}'
    assert by_kind["DeadLetter"].attributes["ErrorCode"] == "429"


async def test_so_many_are_tried_at_once_and_others_find_room(make: Make) -> None:
    release = asyncio.Event()
    lambdas = make(lambda event: event or release.wait(), async_concurrency=3)

    accepted = [await lambdas.accept() for _ in range(8)]
    await lambdas.until(lambda: len(lambdas.published(Start)) == 3)
    assert lambdas.concurrency.in_flight("hello") == 3
    assert (await lambdas.invoker.invoke("hello", None, b'"at once"')).payload == "at once"
    release.set()

    for each in accepted:
        await each
    assert lambdas.published(Throttle) == []
    assert len(list(lambdas.pool)) == 4


async def test_more_events_than_reserved_concurrency_all_run(make: Make) -> None:
    lambdas = make()
    lambdas.reserve(5)

    accepted = await asyncio.gather(*(lambdas.accept(number) for number in range(30)))
    results = [await each for each in accepted]

    assert [result.payload for result in results] == list(range(30))
    # No time had to pass for any of them.
    assert lambdas.clock.monotonic() == 0


async def test_an_event_whose_function_is_gone_is_dropped(make: Make) -> None:
    lambdas = make(failing(1))
    accepted = await lambdas.accept()
    await lambdas.until(lambda: accepted.attempts == 1 and lambdas.is_idle())
    with lambdas.world.catalog.transaction() as changes:
        changes.delete_function("hello")

    lambdas.clock.advance(60)
    result = await accepted

    assert accepted.condition == "RetriesExhausted"
    assert isinstance(result.service_error, ResourceNotFoundException)


async def test_a_loop_of_events_is_stopped(make: Make) -> None:
    lambdas = make()
    header = None
    for _ in range(16):
        accepted = await lambdas.accept(trace_id=header)
        await accepted
        header = lambdas.published(Start)[-1].trace_id
    lambdas.destinations(OnFailure=SQS + "failed")

    accepted = await lambdas.accept(trace_id=header)
    result = await accepted

    assert result.service_error is not None
    assert result.service_error.code == "RecursiveInvocationException"
    assert lambdas.measured("RecursiveInvocationsDropped") == [1]
    assert lambdas.measured("AsyncEventsDropped") == [1]
    await lambdas.until(lambda: lambdas.sent.deliveries)


# What is refused at once.


async def test_a_payload_over_one_megabyte_is_refused(make: Make) -> None:
    lambdas = make()

    with pytest.raises(RequestEntityTooLargeException) as caught:
        await lambdas.accept("x" * PAYLOAD_LIMIT)

    assert caught.value.message == (
        "1048578 byte payload is too large for the Event invocation type (limit 1048576 bytes)"
    )
    assert (await (await lambdas.accept("x" * (PAYLOAD_LIMIT - 2)))).function_error is None


async def test_what_cannot_be_invoked_is_refused(make: Make) -> None:
    lambdas = make()

    with pytest.raises(ResourceNotFoundException, match="function:nobody"):
        await lambdas.accept(name="nobody")
    with pytest.raises(InvalidRequestContentException, match="Could not parse request body"):
        await lambdas.asynchronous.accept("hello", None, b"{")
    with pytest.raises(InvalidRequestContentException, match="Client context"):
        await lambdas.accept(client_context="no base64!")

    assert lambdas.measured("AsyncEventsReceived") == []


async def test_a_function_that_is_being_created_may_have_events(make: Make) -> None:
    lambdas = make()
    lambdas.world.put("$LATEST", State="Pending")
    accepted = await lambdas.accept()
    await lambdas.until(lambdas.is_idle)
    lambdas.world.put("$LATEST", State="Active")

    lambdas.clock.advance(1)

    assert (await accepted).function_error is None


# What follows.


async def test_a_success_is_reported_to_its_destination(make: Make) -> None:
    lambdas = make()
    lambdas.destinations(OnSuccess=SQS + "succeeded", OnFailure=SQS + "failed")

    await (await lambdas.accept({"a": 1}))
    await lambdas.until(lambda: lambdas.sent.deliveries)

    (delivery,) = lambdas.sent.deliveries
    assert (delivery.kind, delivery.target) == ("OnSuccess", SQS + "succeeded")
    assert json.loads(delivery.body)["responsePayload"] == {"a": 1}
    assert delivery.attributes == {}
    assert delivery.function_arn.endswith(":function:hello:$LATEST")
    assert delivery.trace_id == lambdas.published(Start)[0].trace_id


async def test_a_function_may_be_the_destination(make: Make) -> None:
    lambdas = make(lambda event: {"seen": event})
    arn = "arn:aws:lambda:us-east-1:123456789012:function:hello:1"
    lambdas.destinations(OnSuccess=arn)

    accepted = await lambdas.accept({"a": 1})
    await accepted
    await lambdas.until(lambda: len(lambdas.published(Start)) == 2 and lambdas.is_idle())

    first, second = lambdas.published(Start)
    assert second.version == "1"
    assert second.request_id != first.request_id
    # It belongs to the same chain.
    assert first.trace_id.endswith(":0")
    assert second.trace_id.endswith(":1")
    assert lambdas.measured("AsyncEventsReceived") == [1, 1]


async def test_a_destination_that_is_not_there(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    lambdas = make()
    lambdas.destinations(OnSuccess="arn:aws:lambda:us-east-1:123456789012:function:nobody")

    accepted = await lambdas.accept()
    await accepted

    assert accepted.condition == "Success"
    assert lambdas.measured("DestinationDeliveryFailures") == [1]
    assert "A record (destination) of hello could not be delivered" in caplog.text


@pytest.mark.parametrize(
    ("kind", "metric"),
    [("OnFailure", "DestinationDeliveryFailures"), ("DeadLetter", "DeadLetterErrors")],
)
async def test_a_delivery_that_fails_is_counted(
    make: Make, caplog: pytest.LogCaptureFixture, kind: str, metric: str
) -> None:
    lambdas = make(failing(1))
    lambdas.configure(MaximumRetryAttempts=0)
    if kind == "DeadLetter":
        lambdas.world.put("$LATEST", DeadLetterConfig={"TargetArn": SQS + "dead"})
    else:
        lambdas.configure(
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": SQS + "failed"}},
        )
    lambdas.sent.error = LookupError("No AWS endpoint is configured")

    await (await lambdas.accept())
    await lambdas.until(lambda: lambdas.measured(metric))

    assert lambdas.measured(metric) == [1]
    assert "No AWS endpoint is configured" in caplog.text


async def test_a_dead_letter_is_the_event_itself(make: Make) -> None:
    lambdas = make(failing(1))
    lambdas.world.alias("LIVE", "2")
    lambdas.world.put("2", DeadLetterConfig={"TargetArn": SQS + "dead"})
    lambdas.configure("LIVE", MaximumRetryAttempts=0)

    accepted = await lambdas.accept({"a": 1}, qualifier="LIVE")
    await accepted
    await lambdas.until(lambda: lambdas.sent.deliveries)

    (delivery,) = lambdas.sent.deliveries
    assert (delivery.kind, delivery.target) == ("DeadLetter", SQS + "dead")
    assert delivery.body == b'{"a": 1}'
    assert delivery.attributes == {
        "RequestID": accepted.request_id,
        "ErrorCode": "200",
        "ErrorMessage": "'no such order'",
    }


# Between processes.


async def test_the_next_process_goes_on_where_the_last_one_was(make: Make) -> None:
    lambdas = make(failing(9))
    lambdas.destinations(OnFailure=SQS + "failed")
    accepted = await lambdas.accept({"a": 1})
    await lambdas.until(lambda: accepted.attempts == 1 and lambdas.is_idle())
    await lambdas.asynchronous.close()

    lambdas.queue, lambdas.asynchronous = lambdas.open()
    await lambdas.until(lambda: "1 waiting" in repr(lambdas.virtual))
    lambdas.clock.advance(59)
    assert len(lambdas.published(Start)) == 1
    lambdas.clock.advance(1)
    await lambdas.until(lambda: len(lambdas.published(Start)) == 2 and lambdas.is_idle())
    lambdas.clock.advance(120)
    await lambdas.until(lambda: lambdas.sent.deliveries)

    context = json.loads(lambdas.sent.deliveries[0].body)["requestContext"]
    assert context["requestId"] == accepted.request_id
    assert context["approximateInvokeCount"] == 3


async def test_what_was_running_when_a_process_ended_runs_again(make: Make) -> None:
    release = asyncio.Event()
    lambdas = make(lambda event: release.wait())
    await lambdas.accept()
    await lambdas.until(lambda: lambdas.published(Start))
    await lambdas.asynchronous.close()
    release.set()

    lambdas.queue, lambdas.asynchronous = lambdas.open()

    await lambdas.until(lambda: len(lambdas.published(Start)) == 2 and lambdas.is_idle())
    starts = lambdas.published(Start)
    assert starts[0].request_id == starts[1].request_id


async def test_a_living_process_takes_over_from_one_that_ends(make: Make) -> None:
    release = asyncio.Event()
    lambdas = make(lambda event: release.wait())
    lambdas.world.put("$LATEST", Timeout=900)
    first = lambdas.asynchronous
    queue, other = lambdas.open()
    await lambdas.accept()
    await lambdas.until(lambda: lambdas.published(Start))
    lambdas.clock.advance(AsynchronousInvoker.ADOPTION_INTERVAL)
    await asyncio.sleep(0)
    # The queue does one thing after the other: the other one has looked, too.
    assert await queue.adopt() == ([], [])
    await asyncio.sleep(0)
    assert len(lambdas.published(Start)) == 1

    await first.close()
    release.set()
    lambdas.asynchronous = other
    lambdas.clock.advance(AsynchronousInvoker.ADOPTION_INTERVAL)

    await lambdas.until(lambda: len(lambdas.published(Start)) == 2 and lambdas.is_idle())


async def test_a_record_that_was_not_delivered_is_delivered_by_the_next_process(
    make: Make,
) -> None:
    lambdas = make()
    left = Delivery(
        delivery_id="delivery",
        kind="OnFailure",
        target=SQS + "failed",
        function_name="hello",
        qualifier=None,
        function_arn="arn:aws:lambda:us-east-1:123456789012:function:hello:$LATEST",
        trace_id="Root=1",
        body=b"{}",
    )
    await lambdas.queue.write(Changes(deliver=[left]))
    await lambdas.asynchronous.close()

    lambdas.queue, lambdas.asynchronous = lambdas.open()
    await lambdas.asynchronous.settle()

    assert lambdas.sent.deliveries == [left]
    # And by no other.
    await lambdas.asynchronous.close()
    lambdas.queue, lambdas.asynchronous = lambdas.open()
    await lambdas.asynchronous.settle()
    assert lambdas.sent.deliveries == [left]


async def test_what_a_process_adopts_can_be_waited_for(make: Make) -> None:
    lambdas = make(failing(1))
    accepted = await lambdas.accept({"a": 1})
    await lambdas.pass_time(accepted, 1, 60 - 1)
    await lambdas.asynchronous.close()

    lambdas.queue, lambdas.asynchronous = lambdas.open()
    await lambdas.asynchronous.settle()
    (adopted,) = lambdas.asynchronous.pending()
    lambdas.clock.advance(1)

    assert (await adopted).payload == {"a": 1}
    assert (adopted.request_id, adopted.attempts) == (accepted.request_id, 2)
    assert lambdas.asynchronous.pending() == []


async def test_what_cannot_be_kept_is_not_accepted(make: Make) -> None:
    lambdas = make()
    lambdas.queue.close()

    with pytest.raises(StoreError):
        await lambdas.accept()

    assert lambdas.measured("AsyncEventsReceived") == []
    assert lambdas.is_idle()


async def test_a_store_that_cannot_be_read_is_waited_for(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    lambdas = make()

    def fail(*arguments: Any) -> Any:
        raise StoreError("database is locked")

    await (await lambdas.accept())  # What the router has found, it keeps.
    with monkeypatch.context() as broken:
        broken.setattr(lambdas.world.catalog, "event_invoke_config", fail)
        broken.setattr(lambdas.world.catalog, "reserved_concurrency", fail)
        accepted = await lambdas.accept({"a": 1})
        await lambdas.until(lambda: lambdas.virtual.waiting == 1 and lambdas.is_idle())

    lambdas.clock.advance(1)
    assert (await accepted).payload == {"a": 1}
