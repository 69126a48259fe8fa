"""The bus: producers publish events, subscribers get them in order and in batches.

Publishing is on the hot path of every invocation, so it only appends to a list; with
`publish_later` not even the event exists yet. Batches are delivered some milliseconds later on
the loop thread, or at once by `flush`, which everything that reads (logs, metrics) calls first.
A subscriber never sees an event twice or out of order.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from lambda_magic.core.clock import Clock, Timer
from lambda_magic.monitoring.events import Event

Subscriber = Callable[[Sequence[Event]], None]

_log = logging.getLogger(__name__)


class Publisher(Protocol):
    """What producers see of a bus."""

    def publish(self, event: Event) -> None:
        """Put one event on the bus."""

    def publish_later(self, make: Callable[[], Event]) -> None:
        """Put an event on the bus, in its place, that is made when it is delivered."""


class Bus:
    """One stream of events for a region; used on the loop thread only."""

    #: Seconds between publishing and delivery. Long enough to batch a burst of invocations,
    #: short enough for a live widget.
    DELAY = 0.02

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._subscribers: list[Subscriber] = []
        self._pending: list[Event | Callable[[], Event]] = []
        self._timer: Timer | None = None

    def __repr__(self) -> str:
        return f"<Bus [{len(self._subscribers)} subscribers, {len(self._pending)} pending]>"

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Deliver all later events to `subscriber`; returns the way to stop it."""
        self.flush()
        self._subscribers.append(subscriber)

        def unsubscribe() -> None:
            if subscriber in self._subscribers:
                self.flush()
                self._subscribers.remove(subscriber)

        return unsubscribe

    def publish(self, event: Event) -> None:
        """Put one event on the bus."""
        self._pending.append(event)
        if self._timer is None:
            self._timer = self._clock.call_later(self.DELAY, self.flush)

    def publish_later(self, make: Callable[[], Event]) -> None:
        """Put an event on the bus, in its place, that is made when it is delivered."""
        self._pending.append(make)
        if self._timer is None:
            self._timer = self._clock.call_later(self.DELAY, self.flush)

    def flush(self) -> None:
        """Deliver everything published so far, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._pending:
            return
        pending, self._pending = self._pending, []
        batch = []
        for item in pending:
            try:
                batch.append(item() if callable(item) else item)
            except Exception:
                _log.exception("An event could not be made: %r", item)
        for subscriber in tuple(self._subscribers):
            try:
                subscriber(batch)
            except Exception:
                # One broken subscriber must not cost the others their events.
                _log.exception("A subscriber of the event bus failed: %r", subscriber)
