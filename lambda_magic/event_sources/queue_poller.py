"""A queue of SQS is polled: receive, filter, gather batches, invoke, delete.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html

A message is deleted when the function has succeeded with it, and only then: whatever ends in
between, it is visible again after the queue's visibility timeout, as on AWS. A queue hands out
the messages of a group in order, one batch at a time, so nothing more is done about order here.
"""

import asyncio
import itertools
import logging
import math
from collections import deque
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambda_magic.core.clock import Clock, Timer, VirtualClock
from lambda_magic.core.errors import (
    LambdaError,
    RecursiveInvocationException,
    TooManyRequestsException,
)
from lambda_magic.event_sources.calls import Calls
from lambda_magic.event_sources.function_calls import BATCH_LIMIT, FunctionCalls, event_of
from lambda_magic.event_sources.mapping import SourceMapping
from lambda_magic.event_sources.poller import Load, Status
from lambda_magic.event_sources.queue import Message, Queue
from lambda_magic.event_sources.responses import failed_items
from lambda_magic.event_sources.scaling import QueueScaling
from lambda_magic.event_sources.waiting import Backoff, pause
from lambda_magic.monitoring.result import InvocationResult

#: Seconds between looks whether there is a place for another batch.
_LOOK = 0.2
#: Seconds between two looks, at least, how many messages wait in the queue.
_COUNT_INTERVAL = 1.0
#: A message that has been received this often does not come back quicker than in real time.
_MOST_HURRIED = 20

_log = logging.getLogger(__name__)


class QueuePoller:
    """Polls one queue for one mapping; used on the loop thread.

    Batching windows are on the virtual `clock`. What depends on the queue, whose messages are
    hidden for real seconds, is on the `machine`'s.
    """

    def __init__(
        self,
        mapping: SourceMapping,
        calls: Calls,
        functions: FunctionCalls,
        *,
        clock: VirtualClock,
        machine: Clock,
    ) -> None:
        self.status = Status()
        self._mapping = mapping
        self._queue = Queue(calls, mapping.source_arn)
        self._functions = functions
        self._clock = clock
        self._machine = machine
        # All that changes: what was received and is in no batch yet, the request on its way, and
        # the batches that are with the function.
        self._buffer: deque[Message] = deque()
        self._receiving: asyncio.Task[None] | None = None
        self._scaling = QueueScaling(mapping.maximum_concurrency)
        self._freed = asyncio.Event()
        self._batches: dict[asyncio.Task[None], Sequence[Message]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._polling: asyncio.Task[None] | None = None
        self._backlog = 0
        self._counting: Timer | None = None
        self._counted = -math.inf

    def __repr__(self) -> str:
        return f"<QueuePoller {self._mapping.source_arn} {self._scaling!r}>"

    @property
    def load(self) -> Load:
        """How many batches there may be, how much waits, and what has waited longest."""
        received = itertools.chain(self._buffer, *self._batches.values())
        return Load(
            pollers=self._scaling.limit,
            oldest=min((one.sent for one in received if one.sent is not None), default=None),
            backlog=self._backlog,
        )

    def start(self) -> None:
        """Begin."""
        self._polling = asyncio.get_running_loop().create_task(self._run())

    async def drain(self) -> None:
        """Read nothing more, and return when what was read is done with."""
        await self._stop_reading()
        await self._give_back(list(self._buffer))
        while tasks := {*self._batches, *self._others}:
            await asyncio.wait(tasks)

    async def close(self, grace: float) -> None:
        """End; messages that the function is not done with after `grace` seconds are given back."""
        await self._stop_reading()
        if self._batches:
            await asyncio.wait(self._batches, timeout=grace)
        unfinished = [message for some in self._batches.values() for message in some]
        for task in {*self._batches, *self._others}:
            task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._give_back([*self._buffer, *unfinished])

    async def _stop_reading(self) -> None:
        if self._counting is not None:
            self._counting.cancel()
        for task in (self._polling, self._receiving):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])

    async def _give_back(self, messages: Sequence[Message]) -> None:
        with suppress(BotoCoreError, ClientError):  # else they come back in their own time
            await self._queue.give_back(messages)

    # Reading...

    async def _run(self) -> None:
        backoff = Backoff(longest=30.0)
        while True:
            try:
                await self._queue.connect()
                self.status.up()
                while True:
                    await self._next()
                    backoff.reset()
            except Exception as error:  # an answer that cannot be read must not end it, either
                if not isinstance(error, (BotoCoreError, ClientError)):
                    _log.error("%s could not be read", self._mapping.source_arn, exc_info=error)
                self.status.source_failed(error)
                await pause(self._machine, backoff.next())

    async def _next(self) -> None:
        """Gather one batch, and hand it over."""
        while not self._scaling.take(self._machine.monotonic()):
            self._freed.clear()
            self._count_soon()
            await pause(self._machine, _LOOK, self._freed)
        try:
            batch = await self._gather()
        except BaseException:
            self._scaling.give_back()
            raise
        task = asyncio.get_running_loop().create_task(self._hand_over(batch))
        self._batches[task] = batch
        task.add_done_callback(self._batches.pop)

    async def _gather(self) -> list[Message]:
        """The next batch, complete or with its window over."""
        window = self._mapping.batching_window
        over = asyncio.Event()
        timer = None
        batch: list[Message] = []
        size = 0
        try:
            while len(batch) < self._mapping.batch_size and not over.is_set():
                if not self._buffer:
                    if batch and not window:
                        break
                    await self._receive(self._mapping.batch_size - len(batch), over)
                    continue
                if batch and size + self._buffer[0].size > BATCH_LIMIT:
                    break
                batch.append(self._buffer.popleft())
                size += batch[-1].size
                if timer is None and window:
                    timer = self._clock.call_later(window, over.set)
        except BaseException:
            self._buffer.extendleft(reversed(batch))
            raise
        finally:
            if timer is not None:
                timer.cancel()
        return batch

    async def _receive(self, count: int, over: asyncio.Event) -> None:
        """Wait for the request on its way, or a new one, to fill the buffer; or for the end."""
        loop = asyncio.get_running_loop()
        if self._receiving is None:
            self._receiving = loop.create_task(self._fetch(count))
        ending = loop.create_task(over.wait())
        try:
            await asyncio.wait([self._receiving, ending], return_when=asyncio.FIRST_COMPLETED)
        finally:
            ending.cancel()
        if self._receiving.done():
            done, self._receiving = self._receiving, None
            done.result()

    async def _fetch(self, count: int) -> None:
        mapping, functions = self._mapping, self._functions
        records = await self._queue.receive(count)
        if not records:
            self._scaling.idle()
            self._backlog = 0
            return
        self._count_soon()
        now = self._machine.monotonic()
        functions.count(mapping, "PolledEventCount", len(records))
        messages = [Message(record, now) for record in records]
        if mapping.wanted is not None:
            unwanted = [one for one in messages if not mapping.wanted(one.record)]
            functions.count(mapping, "FilteredOutEventCount", len(unwanted))
            messages = [one for one in messages if one not in unwanted]
            if unwanted:
                self._spawn(self._delete(unwanted))
        self._buffer.extend(messages)

    def _count_soon(self) -> None:
        """Look how many messages wait: now, or a moment after the last look."""
        if self._counting is None:
            delay = self._counted + _COUNT_INTERVAL - self._machine.monotonic()
            self._counting = self._machine.call_later(max(delay, 0.0), self._count)

    def _count(self) -> None:
        self._counting, self._counted = None, self._machine.monotonic()
        self._spawn(self._count_backlog())

    async def _count_backlog(self) -> None:
        with suppress(BotoCoreError, ClientError):  # whoever reads the queue says what is wrong
            self._backlog = await self._queue.backlog()

    # ...and handing over.

    async def _hand_over(self, batch: Sequence[Message]) -> None:
        mapping = self._mapping
        try:
            result = await self._invoke(batch)
            identifiers = [one.identifier for one in batch]
            failed = (
                frozenset(identifiers)
                if result is None
                else failed_items(result, identifiers, partial=mapping.reports_failures)
            )
            left = [one for one in batch if one.identifier in failed]
            self._functions.count(mapping, "FailedInvokeEventCount", len(left))
            await self._delete([one for one in batch if one.identifier not in failed])
            self._hurry(left)
        finally:
            self._scaling.give_back()
            self._freed.set()

    async def _invoke(self, batch: Sequence[Message]) -> InvocationResult | None:
        """Run the function; None where it did not.

        One that is throttled is tried again as long as the messages are hidden.
        """
        functions, mapping = self._functions, self._mapping
        payload = event_of([one.record for one in batch])
        attributes = batch[0].record["attributes"]
        functions.count(mapping, "InvokedEventCount", len(batch))
        backoff = Backoff()
        visible = min(one.received for one in batch) + self._queue.visibility_timeout
        while True:
            try:
                result = await functions.invoke(mapping, payload, attributes.get("AWSTraceHeader"))
                self.status.function_ran()
                return result
            except TooManyRequestsException:
                delay = backoff.next()
                if self._machine.monotonic() + delay >= visible:
                    return None
                await pause(self._machine, delay)
            except RecursiveInvocationException:
                # What has nowhere else to go would come again for ever: it is dropped, as on AWS.
                if not self._queue.has_dead_letters:
                    functions.count(mapping, "DroppedEventCount", len(batch))
                    await self._delete(batch)
                return None
            except LambdaError as error:
                self.status.function_refused(error)
                return None

    async def _delete(self, messages: Sequence[Message]) -> None:
        if not messages:
            return
        try:
            left = await self._queue.delete(messages)
            if left:
                left = await self._queue.delete(left)
        except (BotoCoreError, ClientError) as error:
            _log.warning("Messages of %s come twice: %s", self._mapping.source_arn, error)
        else:
            done = len(messages) - len(left)
            self._functions.count(self._mapping, "DeletedEventCount", done)

    def _hurry(self, messages: Sequence[Message]) -> None:
        """Where time is quicker than real, let them be visible when their time has come there."""
        soon = [one for one in messages if one.receive_count < _MOST_HURRIED]
        if self._clock.speed == 1.0 or not soon:
            return
        elapsed = self._machine.monotonic() - soon[0].received
        self._clock.call_later(
            self._queue.visibility_timeout - elapsed,
            lambda: self._spawn(self._give_back(soon)),
        )

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._others.add(task)
        task.add_done_callback(self._others.discard)
