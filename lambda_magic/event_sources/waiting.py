"""Waiting on a clock."""

import asyncio

from lambda_magic.core.clock import Clock


async def pause(clock: Clock, seconds: float, until: asyncio.Event | None = None) -> None:
    """Return after so many seconds, or when something happens."""
    passed = until or asyncio.Event()
    timer = clock.call_later(seconds, passed.set)
    try:
        await passed.wait()
    finally:
        timer.cancel()


class Backoff:
    """How long to wait after one failure in a row after another: 1 s, 2 s, 4 s, ... 5 min."""

    LONGEST = 300.0

    def __init__(self, first: float = 1.0, longest: float = LONGEST) -> None:
        self._first = first
        self._longest = longest
        self._failures = 0

    def next(self) -> float:
        """There was another failure; the seconds to wait."""
        self._failures += 1
        # The exponent is bounded, or it would not fit a float some day.
        return min(self._first * 2.0 ** min(self._failures - 1, 16), self._longest)

    def reset(self) -> None:
        """It worked."""
        self._failures = 0
