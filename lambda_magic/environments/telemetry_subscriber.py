"""One subscriber of telemetry: what waits for it, and the sending.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html#telemetry-api-buffering

Records collect until there are enough of them, or they have waited long enough; a batch that is
not taken is sent again, later and later. What waits is bounded: of a subscriber that falls behind
the oldest records are dropped, and it is told how many.
"""

import asyncio
import json
from collections.abc import Callable

from lambda_magic.core.clock import Clock, Timer
from lambda_magic.environments.telemetry_backlog import Backlog, Loss
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
        self._backlog = Backlog(subscription.max_items, subscription.max_bytes)
        # What the subscriber has not been told of yet, but the bus has.
        self._untold = Loss()
        self._is_closed = False
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
        # Set when nobody has been found to listen.
        self._is_deserted = asyncio.Event()

    def __repr__(self) -> str:
        state = "sending" if self._task else "waiting" if self._backlog else "idle"
        return f"<Subscriber [{state}, {len(self._backlog)} records]>"

    # What is to be sent...

    def publish(self, event: PlatformEvent) -> None:
        """Take an event, if it is of a type that was asked for."""
        if self._is_closed:
            return
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
        self._backlog.add(encoded)
        self._is_done.clear()
        if self._backlog.has_batch:
            self.flush()
        elif self._timer is None and not self._is_due:
            seconds = self.subscription.timeout_ms / 1000
            self._timer = self._clock.call_later(seconds, self.flush)

    # ...and when.

    def flush(self) -> None:
        """Send what waits, without waiting for more."""
        self._cancel_timer()
        if self._backlog:
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
        """Return when nothing waits any more, or nobody listens. May be cancelled."""
        self._is_deserted.clear()
        self.flush()
        self.retry()
        loop = asyncio.get_running_loop()
        ends = [loop.create_task(end.wait()) for end in (self._is_done, self._is_deserted)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()

    def close(self) -> None:
        """Send nothing more: nobody is there any longer to take what still waits."""
        self._is_closed = True
        self._cancel_timer()
        self._is_due = False
        self._backlog.clear()
        if self._task is not None:
            self._task.cancel()
        else:
            self._is_done.set()
        self._delivery.close()

    async def idle(self) -> None:
        """Return when nothing is under way, and nothing waits."""
        await self._is_done.wait()

    # Within...

    async def _send(self) -> None:
        while self._is_due and self._backlog:
            await self._is_going.wait()
            batch = self._backlog.take_batch()
            self._is_due = bool(self._backlog)
            overflow = self._backlog.take_loss()
            self._report(overflow)
            untold, self._untold = self._untold + overflow, Loss()
            head = self._logs_dropped(untold) if untold else []
            if not await self._is_delivered(head + batch):
                lost = Loss.of(batch)
                self._report(lost)
                self._untold += untold + lost

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
        except (DeliveryError, OSError) as error:
            if isinstance(error, ConnectionRefusedError):
                self._is_deserted.set()
            return False
        except asyncio.CancelledError:
            if self._is_closed or not attempt.cancelled():
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
        if not self._backlog:
            self._is_done.set()
        elif self._is_due and not task.cancelled():
            self.flush()

    def _logs_dropped(self, loss: Loss) -> list[bytes]:
        return [_encoded(one) for one in self._records(self._event(loss), structured=True)]

    def _report(self, loss: Loss) -> None:
        if loss:
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
