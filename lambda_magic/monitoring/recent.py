"""The recent past: the last events of the bus, for whoever begins to look later."""

from collections import deque
from collections.abc import Sequence

from lambda_magic.monitoring.events import Event, LogRecord, PollerState
from lambda_magic.monitoring.poller_states import PollerStates

#: Not kept among the events.
_APART = frozenset({LogRecord, PollerState})


class Recent:
    """Keeps the last events that tell what environments did; a subscriber of the bus.

    Log messages are not among them: they may be large, and `Logs` has them. Of the states of event
    source mappings it keeps the last of each, however old. What it keeps is what it is given, so
    being subscribed costs nearly nothing. Used on the loop thread only.
    """

    #: Three events for each of 10,000 invocations, and as many again for what is between them.
    CAPACITY = 60_000

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._batches: deque[list[Event]] = deque()
        self._kept = 0
        self._pollers = PollerStates()

    def __repr__(self) -> str:
        return f"<Recent [{self._kept:,} events]>"

    def receive(self, events: Sequence[Event]) -> None:
        """Keep a batch of events; the oldest batches go when there are too many."""
        batch = [event for event in events if type(event) not in _APART]
        if len(batch) < len(events):
            for event in events:
                if isinstance(event, PollerState):
                    self._pollers.receive(event)
        if not batch:
            return
        self._batches.append(batch)
        self._kept += len(batch)
        while self._kept > self._capacity and len(self._batches) > 1:
            self._kept -= len(self._batches.popleft())

    def events(self) -> list[Event]:
        """All events kept, oldest first; before them the states of event source mappings."""
        return [*self._pollers, *(event for batch in self._batches for event in batch)]
