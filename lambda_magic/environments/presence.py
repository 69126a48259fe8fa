"""Which processes of an environment run."""

import asyncio
from collections.abc import Iterable

from lambda_magic.core.clock import Clock


class Presence:
    """Who has been started and has not ended, by name. Used on the loop thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._running: set[str] = set()
        self._changed = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Presence {sorted(self._running)}>"

    def __contains__(self, name: str) -> bool:
        return name in self._running

    def started(self, name: str) -> None:
        """A process is being started."""
        self._running.add(name)

    def ended(self, name: str) -> None:
        """It has ended, or has not come to be."""
        self._running.discard(name)
        self._changed.set()

    def clear(self) -> None:
        """All have ended."""
        self._running.clear()
        self._changed.set()

    async def gone(self, names: Iterable[str], seconds: float) -> bool:
        """Wait until all of these have ended, for so long at most; returns whether they have."""
        awaited = set(names)
        late = False

        def give_up() -> None:
            nonlocal late
            late = True
            self._changed.set()

        timer = self._clock.call_later(seconds, give_up)
        try:
            while awaited & self._running and not late:
                self._changed.clear()
                await self._changed.wait()
        finally:
            timer.cancel()
        return not awaited & self._running
