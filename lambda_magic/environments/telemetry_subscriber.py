"""One subscriber of telemetry: what waits for it, and the sending.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html#telemetry-api-buffering

Records collect until there are enough of them, or they have waited long enough; a batch that is
not taken is sent again, later and later. What waits is bounded: of a subscriber that falls behind
the oldest records are dropped, and it is told how many.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from lambda_magic.core.clock import Clock, Timer
from lambda_magic.environments.telemetry_delivery import Delivery, DeliveryError
from lambda_magic.monitoring.events import (
    LogsDropped,
    LogsSubscription,
    Origin,
    PlatformEvent,
)
from lambda_magic.monitoring.logs_api_records import logs_api_records
from lambda_magic.monitoring.records import Record, record
from lambda_magic.runtime_api.subscriptions import Api, Subscription

#: What waits may be so many batches.
ROOM = 4
#: How often a batch is sent before it is dropped.
ATTEMPTS = 8
#: Seconds after which a listener that has not answered is taken for one that will not.
ATTEMPT_TIMEOUT = 5.0
#: Seconds before a batch is sent again; each time twice as long, up to the second number.
BACKOFF = (0.1, 1.0)

#: AWS's words.
REASON = "Consumer seems to have fallen behind as it has not acknowledged receipt of logs."

#: The first version of the schema in which a message can be an object.
_ONLY_TEXT = "2022-07-01"


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss:
    """What was dropped."""

    records: int = 0
    size: int = 0

    def __add__(self, other: "Loss") -> "Loss":
        return Loss(records=self.records + other.records, size=self.size + other.size)

    @classmethod
    def of(cls, records: list[bytes]) -> "Loss":
        """All of these."""
        return cls(records=len(records), size=sum(map(len, records)))


class Subscriber:
    """An extension that is sent telemetry; used on the loop thread only.

    `tell` is told of every loss.
    """

    def __init__(
        self,
        subscription: Subscription,
        delivery: Delivery,
        *,
        origin: Origin,
        clock: Clock,
        tell: Callable[[LogsDropped], None],
    ) -> None:
        self.subscription = subscription
        self._delivery = delivery
        self._origin = origin
        self._clock = clock
        self._tell = tell
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        # Dropped since the last batch; and what batches that were lost have said of earlier drops.
        self._overflow = Loss()
        self._untold = Loss()
        # Whether what waits is to be sent now, or else when.
        self._is_due = False
        self._timer: Timer | None = None
        self._is_going = asyncio.Event()
        self._is_going.set()
        # Set when it is time to send a batch once more.
        self._awake = asyncio.Event()
        self._attempt: asyncio.Task[None] | None = None
        self._attempt_timer: Timer | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_done = asyncio.Event()
        self._is_done.set()

    def __repr__(self) -> str:
        state = "sending" if self._task else "waiting" if self._waiting else "idle"
        return f"<Subscriber [{state}, {len(self._waiting)} records]>"

    # What is to be sent...

    def publish(self, event: PlatformEvent) -> None:
        """Take an event, if it is of a type that was asked for."""
        structured = self.subscription.schema_version != _ONLY_TEXT
        try:
            records = [_encoded(one) for one in self._records(event, structured=structured)]
        except RecursionError:
            # Deeper than can be followed: then it is text.
            records = [_encoded(one) for one in self._records(event, structured=False)]
        for one in records:
            self._take(one)

    def _records(self, event: PlatformEvent, *, structured: bool) -> list[Record]:
        subscription = self.subscription
        kind = event.type if event.type in ("function", "extension") else "platform"
        if kind not in subscription.types:
            return []
        if subscription.api is Api.LOGS:
            return logs_api_records(event, subscription.schema_version)
        if isinstance(event, LogsSubscription):
            return []
        one = record(event, structured=structured)
        return [one] if one else []

    def _take(self, encoded: bytes) -> None:
        limits = self.subscription
        self._waiting.append(encoded)
        self._waiting_bytes += len(encoded)
        self._is_done.clear()
        while len(self._waiting) > 1 and (
            len(self._waiting) > ROOM * limits.max_items
            or self._waiting_bytes > ROOM * limits.max_bytes
        ):
            self._overflow += Loss(records=1, size=self._drop_oldest())
        if len(self._waiting) >= limits.max_items or self._waiting_bytes >= limits.max_bytes:
            self.flush()
        elif self._timer is None and not self._is_due:
            self._timer = self._clock.call_later(limits.timeout_ms / 1000, self.flush)

    def _drop_oldest(self) -> int:
        size = len(self._waiting.popleft())
        self._waiting_bytes -= size
        return size

    # ...and when.

    def flush(self) -> None:
        """Send what waits, without waiting for more."""
        self._cancel_timer()
        if self._waiting:
            self._is_due = True
            if self._task is None:
                self._task = asyncio.get_running_loop().create_task(self._send())
                self._task.add_done_callback(self._sent)

    def pause(self) -> None:
        """Send nothing from now on: the sandbox makes no progress."""
        self._is_going.clear()
        self._cancel_attempt_timer()

    def resume(self) -> None:
        """Send again."""
        self._is_going.set()
        self.retry()
        if self._attempt is not None and self._attempt_timer is None:
            self._limit_attempt(self._attempt)

    def retry(self) -> None:
        """Send a batch that was not taken again now: the listener may be there by this time."""
        self._awake.set()

    async def drain(self) -> None:
        """Return when nothing waits any more. May be cancelled."""
        self.flush()
        self.retry()
        await self._is_done.wait()

    def close(self) -> None:
        """Send nothing more: nobody is there any longer to take what still waits."""
        self._cancel_timer()
        self._is_due = False
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
        else:
            self._is_done.set()
        self._delivery.close()

    async def closed(self) -> None:
        """Return when a closed subscriber has nothing under way any more."""
        await self._is_done.wait()

    # Within...

    async def _send(self) -> None:
        while self._is_due and self._waiting:
            await self._is_going.wait()
            batch, untold = self._next_batch()
            head = [] if untold == Loss() else self._logs_dropped(untold)
            if not await self._is_delivered(head + batch):
                lost = Loss.of(batch)
                self._untold += untold + lost
                self._report(lost)

    def _next_batch(self) -> tuple[list[bytes], Loss]:
        """The next batch, and the losses that it tells of."""
        limits = self.subscription
        batch: list[bytes] = []
        size = 0
        while self._waiting and len(batch) < limits.max_items and size < limits.max_bytes:
            batch.append(self._waiting.popleft())
            size += len(batch[-1])
        self._waiting_bytes -= size
        if not self._waiting:
            self._is_due = False
        overflow, self._overflow = self._overflow, Loss()
        self._report(overflow)
        untold, self._untold = self._untold + overflow, Loss()
        return batch, untold

    async def _is_delivered(self, batch: list[bytes]) -> bool:
        delay, longest = BACKOFF
        for attempt in range(ATTEMPTS):
            if attempt:
                await self._sleep(delay)
                delay = min(2 * delay, longest)
            await self._is_going.wait()
            if await self._is_taken(batch):
                return True
        return False

    async def _is_taken(self, batch: list[bytes]) -> bool:
        """Send a batch once."""
        attempt = asyncio.get_running_loop().create_task(self._delivery.deliver(batch))
        self._attempt = attempt
        self._limit_attempt(attempt)
        try:
            await asyncio.wait({attempt})
            await attempt
        except (DeliveryError, OSError):
            return False
        except asyncio.CancelledError:
            if not attempt.cancelled():
                raise
            return False  # It took too long.
        finally:
            self._attempt = None
            self._cancel_attempt_timer()
            attempt.cancel()
        return True

    def _limit_attempt(self, attempt: asyncio.Task[None]) -> None:
        self._attempt_timer = self._clock.call_later(ATTEMPT_TIMEOUT, attempt.cancel)

    async def _sleep(self, seconds: float) -> None:
        self._awake.clear()
        timer = self._clock.call_later(seconds, self._awake.set)
        try:
            await self._awake.wait()
        finally:
            timer.cancel()

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if not task.cancelled() and (error := task.exception()):
            context = {"message": f"{self!r} failed", "exception": error}
            task.get_loop().call_exception_handler(context)
        if not self._waiting:
            self._is_done.set()
        elif self._is_due and not task.cancelled():
            self.flush()

    def _logs_dropped(self, loss: Loss) -> list[bytes]:
        return [_encoded(one) for one in self._records(self._event(loss), structured=True)]

    def _report(self, loss: Loss) -> None:
        if loss != Loss():
            self._tell(self._event(loss))

    def _event(self, loss: Loss) -> LogsDropped:
        return LogsDropped(
            time=self._clock.time(),
            origin=self._origin,
            reason=REASON,
            dropped_records=loss.records,
            dropped_bytes=loss.size,
        )

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cancel_attempt_timer(self) -> None:
        if self._attempt_timer is not None:
            self._attempt_timer.cancel()
            self._attempt_timer = None


def _encoded(one: Record) -> bytes:
    # Escaped, because a message may have half a character in it.
    return json.dumps(one, separators=(",", ":")).encode("ascii")
