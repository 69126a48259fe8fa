"""Time as a dependency: whatever waits or takes a timestamp asks a `Clock`."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """What `Clock.call_later` returns."""

    def cancel(self) -> None:
        """Forget the call, if it has not been made yet."""


class Clock(Protocol):
    """Wall time, elapsed time and timers, for code on the loop thread."""

    def time(self) -> float:
        """Seconds since the epoch, for timestamps."""

    def monotonic(self) -> float:
        """Seconds that only ever increase, for durations and deadlines."""

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` once, after `delay` seconds, on the loop thread."""


class SystemClock:
    """The machine's own time; timers run on the current asyncio loop."""

    monotonic = staticmethod(time.monotonic)
    time = staticmethod(time.time)  # last: from here on `time` is this method

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` once, after `delay` seconds, on the loop thread."""
        return asyncio.get_running_loop().call_later(delay, callback)


class ManualClock:
    """A clock that only moves when told to: tests are immediate and deterministic.

    >>> clock = ManualClock()
    >>> timer = clock.call_later(60, lambda: print("retry"))
    >>> clock.advance(60)
    retry
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._start = start
        self._elapsed = 0.0
        self._timers: list[_ManualTimer] = []

    def time(self) -> float:
        """Seconds since the epoch."""
        return self._start + self._elapsed

    def monotonic(self) -> float:
        """Seconds since this clock was made."""
        return self._elapsed

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` once `advance` has passed `delay` seconds from now."""
        timer = _ManualTimer(self._elapsed + delay, callback)
        self._timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        """Move time on, making the calls that fall due, in the order of their times."""
        until = self._elapsed + seconds
        while due := [timer for timer in self._timers if timer.when <= until and timer.callback]:
            timer = min(due, key=lambda candidate: candidate.when)
            self._timers.remove(timer)
            self._elapsed = max(self._elapsed, timer.when)
            timer.fire()
        self._timers = [timer for timer in self._timers if timer.callback]
        self._elapsed = until


class _ManualTimer:
    def __init__(self, when: float, callback: Callable[[], object]) -> None:
        self.when = when
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        self.callback = None

    def fire(self) -> None:
        callback, self.callback = self.callback, None
        if callback is not None:
            callback()
