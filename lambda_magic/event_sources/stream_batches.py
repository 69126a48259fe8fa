"""A batch of a stream is seen through: tried, tried again, split, given up."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambda_magic.core.arns import LATEST, Arns
from lambda_magic.core.clock import Clock, VirtualClock
from lambda_magic.core.errors import LambdaError, TooManyRequestsException
from lambda_magic.event_sources import failures
from lambda_magic.event_sources.batch_retries import Batch, after, expired
from lambda_magic.event_sources.calls import Calls
from lambda_magic.event_sources.failures import Failure
from lambda_magic.event_sources.function_calls import FunctionCalls, event_of
from lambda_magic.event_sources.mapping import SourceMapping
from lambda_magic.event_sources.poller import FUNCTION_FAILED, OK, Status
from lambda_magic.event_sources.responses import failed_items
from lambda_magic.event_sources.stream_records import StreamRecord
from lambda_magic.event_sources.waiting import Backoff, pause
from lambda_magic.monitoring.result import InvocationResult

#: Called with records that are done with, successfully or not.
Done = Callable[[Sequence[StreamRecord]], Awaitable[None]]

_log = logging.getLogger(__name__)


class StreamBatches:
    """Tries batches of one shard; used on the loop thread.

    Waiting between attempts, and the age of records, is on the virtual `clock`.
    """

    def __init__(
        self,
        mapping: SourceMapping,
        shard_id: str,
        functions: FunctionCalls,
        calls: Calls,
        status: Status,
        *,
        clock: VirtualClock,
        machine: Clock,
    ) -> None:
        self._mapping = mapping
        self._shard_id = shard_id
        self._functions = functions
        self._calls = calls
        self._status = status
        self._clock = clock
        self._machine = machine
        _, _, _, region_name, account_id, _ = mapping.source_arn.split(":", 5)
        self._arns = Arns(account_id=account_id, region_name=region_name)
        #: Set when nothing is to be tried any more; what is unfinished is read again.
        self.stopping = asyncio.Event()

    async def see_through(
        self, records: Sequence[StreamRecord], done: Done, **members: Any
    ) -> InvocationResult | None:
        """Try until nothing of the batch is left; returns the last result.

        `members` stand in the event beside the records. A batch without records is an event too.
        """
        waiting = deque([Batch(tuple(records))])
        backoff = Backoff()
        result: InvocationResult | None = None
        while waiting and not self.stopping.is_set():
            batch = waiting.popleft()
            old, young = expired(batch.records, self._mapping, self._clock.time())
            if old:
                await self._give_up(old, failures.AGE_EXCEEDED, batch.failures, result)
                await done(old)
                if not young:
                    continue
            batch = Batch(young, batch.failures)
            result = await self._invoke(batch, members)
            if result is None:
                return None
            failed = self._failed(result, batch)
            step = after(batch, failed, self._mapping) if batch.records else None
            if step is None:
                if not failed:
                    break
                waiting.appendleft(batch)
                await pause(self._clock, backoff.next(), self.stopping)
                continue
            self._functions.count(self._mapping, "FailedInvokeEventCount", len(failed))
            if step.discard:
                attempts = batch.failures + 1
                await self._give_up(step.discard, failures.RETRIES_EXHAUSTED, attempts, result)
            left = {one.sequence_number for again in step.retry for one in again.records}
            await done([one for one in batch.records if one.sequence_number not in left])
            waiting.extendleft(reversed(step.retry))
            if step.waits:
                await pause(self._clock, backoff.next(), self.stopping)
        return result

    def _failed(self, result: InvocationResult, batch: Batch) -> frozenset[str]:
        """The sequence numbers of what has failed; of an event without records, anything."""
        partial = self._mapping.reports_failures
        numbers = [one.sequence_number for one in batch.records] or ["the event itself"]
        failed = failed_items(result, numbers, partial=partial)
        self._status.result = FUNCTION_FAILED if failed else OK
        return failed

    async def _invoke(self, batch: Batch, members: dict[str, Any]) -> InvocationResult | None:
        """Run the function, as soon as it can be; None if that is not to be any more."""
        functions, mapping = self._functions, self._mapping
        payload = event_of([one.record for one in batch.records], **members)
        functions.count(mapping, "InvokedEventCount", len(batch.records))
        if batch.records:
            age = self._machine.time() - batch.records[-1].arrival
            functions.measure(mapping, "IteratorAge", max(age, 0.0) * 1000)
        backoff = Backoff()
        while not self.stopping.is_set():
            try:
                return await functions.invoke(mapping, payload)
            except LambdaError as error:
                if not isinstance(error, TooManyRequestsException):
                    self._status.function_refused(error)
            await pause(self._clock, backoff.next(), self.stopping)
        return None

    async def _give_up(
        self,
        records: Sequence[StreamRecord],
        condition: str,
        attempts: int,
        result: InvocationResult | None,
    ) -> None:
        """Tell the destination, if there is one. That comes first: then it is done with."""
        mapping = self._mapping
        self._functions.count(mapping, "DroppedEventCount", len(records))
        if mapping.on_failure is None:
            return
        failure = Failure(
            mapping=mapping,
            function_arn=self._arns.function(mapping.function_name, mapping.qualifier or LATEST),
            shard_id=self._shard_id,
            records=records,
            condition=condition,
            attempts=attempts,
            result=result,
            time=self._clock.time(),
        )
        try:
            await failures.tell(self._calls, failure)
        except (BotoCoreError, ClientError, LookupError) as error:
            _log.warning("A failure of %s could not be told: %s", mapping.source_arn, error)
            self._functions.measure(mapping, "DestinationDeliveryFailures", 1)
        else:
            delivered = "OnFailureDestinationDeliveredEventCount"
            self._functions.measure(mapping, delivered, len(records))
