"""The events of one function that are ready to be tried, and how many at a time are.

AWS reads a queue more slowly while the function has no concurrency to spare. So does a lane: a
throttle narrows it to what is running, and what succeeds then widens it bit by bit, as TCP does
with its window. Nothing is reserved for events: whoever invokes synchronously finds the
concurrency that is left, and an event that finds none waits.
"""

from collections import deque

from lambda_magic.store.event_queue import QueuedEvent


class Lane:
    """One function's events; `width` of them are tried at once at most."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._window = float(width)
        self._ready: deque[QueuedEvent] = deque()
        self._in_flight = 0
        #: The event that waits for concurrency, and everything behind it with it.
        self._held_up_by: str | None = None

    def __repr__(self) -> str:
        held_up = ", held up" if self._held_up_by else ""
        return f"<Lane [{self._in_flight} in flight, {len(self._ready)} ready{held_up}]>"

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        return not self._ready and not self._in_flight and self._held_up_by is None

    def add(self, event: QueuedEvent) -> None:
        """An event is due; the one that others wait behind goes first."""
        if event.request_id == self._held_up_by:
            self._held_up_by = None
            self._ready.appendleft(event)
        else:
            self._ready.append(event)

    def next(self) -> QueuedEvent | None:
        """The event to try now, or None. It is in flight until one of the methods below."""
        if not self._ready or self._held_up_by or self._in_flight >= max(1, int(self._window)):
            return None
        self._in_flight += 1
        return self._ready.popleft()

    def ended(self) -> None:
        """An event that was in flight has run, or never will."""
        self._in_flight -= 1
        self._window = min(float(self._width), self._window + 1.0 / self._window)
        if self.is_empty:
            self._window = float(self._width)

    def throttled(self, event: QueuedEvent) -> bool:
        """An event found no concurrency. Tells whether it is to wait for some time.

        If others of the lane are in flight, it is the next one to be tried when one has ended.
        """
        self._in_flight -= 1
        self._window = float(max(1, self._in_flight))
        if self._in_flight:
            self._ready.appendleft(event)
            return False
        self._held_up_by = event.request_id
        return True
