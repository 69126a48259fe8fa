"""Asynchronous invocation: events are accepted, tried until they are done with, and reported on.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html

An event is accepted once it is in the queue on disk, and stays there until it is done with. All
waiting (retries, the age of an event) is on the virtual clock. What is decided is in `retries`,
how many events are tried at once in `lane`, what is sent in the end in `records`.
"""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from lambda_magic.core import trace
from lambda_magic.core.arns import LATEST, Arns
from lambda_magic.core.clock import Clock, Timer, VirtualClock
from lambda_magic.core.errors import (
    LambdaError,
    RequestEntityTooLargeException,
    ResourceConflictException,
    ServiceException,
    StoreError,
    TooManyRequestsException,
)
from lambda_magic.core.settings import Settings
from lambda_magic.invocation import attempts, retries
from lambda_magic.invocation.async_invocation import AsyncInvocation
from lambda_magic.invocation.invoker import Invoker, check_json, new_request_id, read_client_context
from lambda_magic.invocation.lane import Lane
from lambda_magic.invocation.outcomes import Outcomes
from lambda_magic.invocation.records import Ended
from lambda_magic.invocation.retries import Condition, Progress, RetryPolicy
from lambda_magic.monitoring.bus import Bus
from lambda_magic.monitoring.events import Measurement
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.event_queue import Changes, EventQueue, QueuedEvent

#: AWS's limit for the payload of an asynchronous invocation, in bytes.
PAYLOAD_LIMIT = 1_048_576

_log = logging.getLogger(__name__)


class AsynchronousInvoker:
    """Accepts events and sees them through; used on the loop thread.

    `clock` is what events wait on, `machine` the machine's own: it says when something happened,
    and how often to look for what another process has left behind.
    """

    #: Seconds between looks for events of processes that have ended.
    ADOPTION_INTERVAL = 5.0

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        invoker: Invoker,
        queue: EventQueue,
        outcomes: Outcomes,
        *,
        bus: Bus,
        clock: VirtualClock,
        machine: Clock,
    ) -> None:
        self._settings = settings
        self._arns = Arns(account_id=settings.account_id, region_name=settings.region_name)
        self._catalog = catalog
        self._invoker = invoker
        self._queue = queue
        self._outcomes = outcomes
        self._bus = bus
        self._clock = clock
        self._machine = machine
        # All that changes: who waits for which event, what was said last about it, and what is
        # ready and running of each function.
        self._invocations: dict[str, AsyncInvocation] = {}
        self._last: dict[str, InvocationResult | Exception] = {}
        self._lanes: dict[str, Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._adoption: Timer | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"<AsynchronousInvoker [{len(self._lanes)} functions, {self._clock!r}]>"

    def start(self) -> None:
        """Go on with what earlier processes have left, and keep looking for it."""
        self._spawn(self._adopt())

    async def accept(
        self,
        function_name: str,
        qualifier: str | None,
        payload: bytes,
        *,
        client_context: str | None = None,
        trace_id: str | None = None,
    ) -> AsyncInvocation:
        """Take an event; it will be tried even if this process is killed from now on.

        Raises `ResourceNotFoundException`, `InvalidRequestContentException`,
        `RequestEntityTooLargeException`, `StoreError`.
        """
        check_json(payload)
        if len(payload) > PAYLOAD_LIMIT:
            raise RequestEntityTooLargeException(
                f"{len(payload)} byte payload is too large for the Event invocation type "
                f"(limit {PAYLOAD_LIMIT} bytes)"
            )
        self._check_function(function_name, qualifier)
        now = self._clock.time()
        event = QueuedEvent(
            request_id=new_request_id(),
            function_name=function_name,
            qualifier=qualifier,
            payload=payload,
            client_context=read_client_context(client_context),
            trace_id=trace.accepted_header(trace_id) or trace.new_header(now),
            received=now,
            due=now,
        )
        with self._clock.running():
            await self._queue.write(Changes(add=[event]))
            return self._take(event)

    def pending(self) -> list[AsyncInvocation]:
        """The events that this process sees through, those it has adopted included."""
        return list(self._invocations.values())

    async def settle(self) -> None:
        """Wait for what is being delivered and written down now, but not for retries."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Try nothing any more. What is unfinished stays in the queue, for the next process."""
        self._closed = True
        if self._adoption is not None:
            self._adoption.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._outcomes.close()
        self._queue.close()
        for invocation in self._invocations.values():
            invocation.abandon(
                ServiceException("The region is closed: the event stays in the queue of its home")
            )

    # Events come in...

    def _check_function(self, function_name: str, qualifier: str | None) -> None:
        with suppress(ResourceConflictException):  # It is still being created: the event waits.
            self._invoker.dry_run(function_name, qualifier)

    def _take(self, event: QueuedEvent) -> AsyncInvocation:
        """A new event is in the queue."""
        invocation = self._follow(event)
        self._measure(event, "AsyncEventsReceived")
        self._await_turn(event)
        return invocation

    def _follow(self, event: QueuedEvent) -> AsyncInvocation:
        invocation = AsyncInvocation(
            event.request_id, event.function_name, event.qualifier, attempts=event.attempts
        )
        self._invocations[event.request_id] = invocation
        return invocation

    async def _adopt(self) -> None:
        try:
            events, deliveries = await self._queue.adopt()
        except StoreError as error:
            _log.warning("Events of other processes stay where they are: %s", error)
        else:
            for event in events:
                self._follow(event)
                self._await_turn(event)
            for delivery in deliveries:
                self._spawn(self._outcomes.deliver(delivery))
        if not self._closed:
            self._adoption = self._machine.call_later(self.ADOPTION_INTERVAL, self.start)

    # ...wait, and are tried...

    def _await_turn(self, event: QueuedEvent) -> None:
        delay = event.due - self._clock.time()
        if delay > 0:
            self._clock.call_later(delay, lambda: self._ready(event))
        else:
            self._ready(event)

    def _ready(self, event: QueuedEvent) -> None:
        lane = self._lanes.get(event.function_name)
        if lane is None:
            lane = self._lanes[event.function_name] = Lane(self._settings.async_concurrency)
        lane.add(event)
        self._pump(event.function_name)

    def _pump(self, function_name: str) -> None:
        """Try as many events of a function as there may be at once."""
        lane = self._lanes[function_name]
        while not self._closed and (event := lane.next()) is not None:
            self._clock.begin()
            self._try(event)

    def _try(self, event: QueuedEvent) -> None:
        now = self._clock.time()
        try:
            step = retries.before(
                Progress(received=event.received),
                self._policy(event),
                now=now,
                reserved=self._catalog.reserved_concurrency(event.function_name),
            )
            if isinstance(step, Condition):
                self._spawn(self._end(event, step))
                return
            self._invoker.begin(
                event.function_name,
                event.qualifier,
                event.payload,
                partial(self._tried, event),
                client_context=event.client_context,
                trace_id=event.trace_id,
                request_id=event.request_id,
            )
        except Exception as error:
            if not isinstance(error, LambdaError):
                _log.exception("An event could not be tried: %r", event)
            self._tried(event, error)
        else:
            self._measure(event, "AsyncEventAge", (now - event.received) * 1000)

    def _tried(self, event: QueuedEvent, outcome: InvocationResult | Exception) -> None:
        """An attempt has led to something."""
        if self._closed:
            self._clock.end()
            return  # It ended because everything does; the event is still in the queue.
        lane = self._lanes[event.function_name]
        if isinstance(outcome, TooManyRequestsException) and not lane.throttled(event):
            self._clock.end()
            return
        event = attempts.counted(event, outcome)
        self._last[event.request_id] = outcome
        self._invocations[event.request_id].attempts = event.attempts
        step = retries.after(
            outcome,
            Progress(received=event.received, attempts=event.attempts, setbacks=event.setbacks),
            self._policy(event),
            now=self._clock.time(),
        )
        if isinstance(step, Condition):
            self._spawn(self._end(event, step, outcome))
        else:
            self._spawn(self._postpone(replace(event, due=step.at), outcome))

    async def _postpone(self, event: QueuedEvent, outcome: InvocationResult | Exception) -> None:
        """It will be tried again."""
        try:
            await self._queue.write(Changes(reschedule=[event]))
        except StoreError as error:
            # Should this process end before the next attempt, it comes too early; no more.
            _log.warning("The retry of an event could not be written down: %s", error)
        self._await_turn(event)
        self._leave(event, throttled=isinstance(outcome, TooManyRequestsException))

    # ...and are done with.

    async def _end(
        self,
        event: QueuedEvent,
        condition: Condition,
        outcome: InvocationResult | Exception | None = None,
    ) -> None:
        ended = Ended(
            event=event,
            condition=condition,
            outcome=outcome or self._last.get(event.request_id) or attempts.last_answer(event),
            function_arn=self._arns.function(event.function_name, event.qualifier or LATEST),
            time=self._clock.time(),
        )
        follow_up = Changes()
        try:
            follow_up = self._outcomes.of(ended)
            await self._queue.write(follow_up)
        except StoreError as error:
            # At least once: the next process will try it again.
            _log.warning("An event that is done with stays in the queue: %s", error)
        if condition is not Condition.SUCCESS:
            self._measure(event, "AsyncEventsDropped")
        self._last.pop(event.request_id, None)
        self._invocations.pop(event.request_id).end(ended)
        for new in follow_up.add:
            self._take(new)
        for delivery in follow_up.deliver:
            self._spawn(self._outcomes.deliver(delivery))
        self._leave(event)

    def _leave(self, event: QueuedEvent, *, throttled: bool = False) -> None:
        """An event is in flight no longer, and has made room for another one."""
        lane = self._lanes[event.function_name]
        if not throttled:  # else the lane was told at once
            lane.ended()
        self._clock.end()
        self._pump(event.function_name)
        if lane.is_empty:
            self._lanes.pop(event.function_name, None)

    # Within...

    def _policy(self, event: QueuedEvent) -> RetryPolicy:
        try:
            config = self._catalog.event_invoke_config(event.function_name, event.qualifier)
        except StoreError:  # which is then the reason why it has to wait
            config = None
        return RetryPolicy.configured(config)

    def _measure(self, event: QueuedEvent, metric: str, value: float = 1.0) -> None:
        self._bus.publish(
            Measurement(
                time=self._machine.time(),
                function_name=event.function_name,
                qualifier=event.qualifier,
                metric=metric,
                value=value,
            )
        )

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
