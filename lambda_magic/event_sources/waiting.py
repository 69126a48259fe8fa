"""Waiting on a clock."""

import asyncio

from lambda_magic.core.clock import Clock


async def pause(clock: Clock, seconds: float, *until: asyncio.Event) -> None:
    """Return after so many seconds, or when something happens."""
    passed = asyncio.Event()
    timer = clock.call_later(seconds, passed.set)
    try:
        await first(passed, *until)
    finally:
        timer.cancel()


async def first(*events: asyncio.Event) -> None:
    """Return when one of these is set."""
    if any(event.is_set() for event in events):
        return
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()


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
