"""What a region's bus tells, for tests that wait for something to happen."""

import threading
from collections.abc import Callable, Sequence

from lambda_magic.monitoring.events import Event
from lambda_magic.region import Region


class Heard:
    """Everything published since it was made."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._events: list[Event] = []
        self._changed = threading.Condition()
        region.call(self._subscribe())

    async def _subscribe(self) -> None:
        self._region.bus.subscribe(self._receive)

    def _receive(self, events: Sequence[Event]) -> None:
        with self._changed:
            self._events += events
            self._changed.notify_all()

    def wait(self, happened: Callable[[list[Event]], bool], timeout: float = 60) -> None:
        """Return when it has happened; fail if it does not."""
        with self._changed:
            assert self._changed.wait_for(lambda: happened(self._events), timeout), self._events
