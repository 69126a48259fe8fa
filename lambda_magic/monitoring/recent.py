"""The recent past: the last events of the bus, for whoever begins to look later."""

from collections import deque
from collections.abc import Sequence

from lambda_magic.monitoring.events import Event, LogRecord


class Recent:
    """Keeps the last events that tell what environments did; a subscriber of the bus.

    Log messages are not among them: they may be large, and `Logs` has them. What it keeps is what
    it is given, so being subscribed costs nearly nothing. Used on the loop thread only.
    """

    #: Three events for each of 10,000 invocations, and as many again for what is between them.
    CAPACITY = 60_000

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._batches: deque[list[Event]] = deque()
        self._kept = 0

    def __repr__(self) -> str:
        return f"<Recent [{self._kept:,} events]>"

    def receive(self, events: Sequence[Event]) -> None:
        """Keep a batch of events; the oldest batches go when there are too many."""
        batch = [event for event in events if type(event) is not LogRecord]
        if not batch:
            return
        self._batches.append(batch)
        self._kept += len(batch)
        while self._kept > self._capacity and len(self._batches) > 1:
            self._kept -= len(self._batches.popleft())

    def events(self) -> list[Event]:
        """All events kept, oldest first."""
        return [event for batch in self._batches for event in batch]
