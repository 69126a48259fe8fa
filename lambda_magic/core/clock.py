"""Time as a dependency: whatever waits or takes a timestamp asks a `Clock`."""

import asyncio
import heapq
import itertools
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
        self._timers: list[_Timer] = []

    def time(self) -> float:
        """Seconds since the epoch."""
        return self._start + self._elapsed

    def monotonic(self) -> float:
        """Seconds since this clock was made."""
        return self._elapsed

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` once `advance` has passed `delay` seconds from now."""
        timer = _Timer(self._elapsed + delay, callback)
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


class _Timer:
    def __init__(self, when: float, callback: Callable[[], object]) -> None:
        self.when = when
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        self.callback = None

    def fire(self) -> None:
        callback, self.callback = self.callback, None
        if callback is not None:
            callback()


class VirtualClock:
    """Time for waits that nobody wants to sit through: another clock's, or a quicker one's.

    The service waits on it (retries, the age of events, batching windows, schedules). What is
    measured of running functions (timeouts, Init, Duration) is always the base clock's.

    At a `speed` of 1 it is the base clock; at N, N times as fast. At infinity ("fast") it runs as
    the base clock does while anything is running, and whenever nothing is, it jumps to the next
    timer: so everything happens in the order in which it would have happened. It never goes
    back, nor falls behind its base; slowing it down again keeps what it has gained.
    """

    #: Seconds that a timer may be early: the base clock's timers are no more exact.
    RESOLUTION = 1e-6

    def __init__(self, base: Clock | None = None, *, speed: float = 1.0) -> None:
        self._base = base or SystemClock()
        self._speed = speed
        # A moment on both clocks, from which on time has run at the speed there is now.
        self._base_then = self._then = self._base.monotonic()
        self._timers: list[tuple[float, int, _Timer]] = []
        self._order = itertools.count()
        self._next: Timer | None = None
        self._running = 0

    def __repr__(self) -> str:
        state = f"{self.name}, {self._running} running, {self.waiting} waiting"
        return f"<VirtualClock [{state}]>"

    @property
    def name(self) -> str:
        """The speed in words: "real", "fast" or a factor such as "60x"."""
        return {1.0: "real", math.inf: "fast"}.get(self._speed, f"{self._speed:g}x")

    @property
    def speed(self) -> float:
        """How many of its seconds pass in one of the base clock's; `math.inf` jumps."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        if not speed > 0:
            raise ValueError(f"A clock cannot run at a speed of {speed}")
        self._set(self.monotonic())
        self._speed = speed
        self._arm()

    @property
    def ahead(self) -> float:
        """How many seconds it has gained on its base."""
        now = self._base.monotonic()
        return self._at(now) - now

    @property
    def running_now(self) -> int:
        """How many things run."""
        return self._running

    @property
    def waiting(self) -> int:
        """How many calls are still to be made."""
        return sum(timer.callback is not None for _, _, timer in self._timers)

    def time(self) -> float:
        """Seconds since the epoch."""
        now = self._base.monotonic()
        return self._base.time() + self._at(now) - now

    def monotonic(self) -> float:
        """Seconds that only ever increase."""
        return self._at(self._base.monotonic())

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` once, after `delay` seconds; in the order of asking if due together."""
        timer = _Timer(self.monotonic() + max(delay, 0.0), callback)
        heapq.heappush(self._timers, (timer.when, next(self._order), timer))
        if self._timers[0][2] is timer:
            self._arm()
        return timer

    # What is running; time does not jump meanwhile.

    def begin(self) -> None:
        """Something runs from now on, until as many calls of `end`."""
        self._running += 1

    def end(self) -> None:
        """Something runs no longer."""
        self._running -= 1
        if not self._running and self._speed == math.inf:
            self._arm()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Something runs as long as the block does."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    # Within...

    def _at(self, base_now: float) -> float:
        speed = 1.0 if self._speed == math.inf else self._speed
        return self._then + (base_now - self._base_then) * speed

    def _set(self, now: float) -> None:
        self._base_then, self._then = self._base.monotonic(), now

    def _arm(self) -> None:
        """Have `_fire` called when the first timer is due."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        if self._timers:
            delay = self._timers[0][0] - self.monotonic()
            if self._speed != math.inf:
                delay /= self._speed
            elif not self._running:
                delay = 0.0
            self._next = self._base.call_later(max(delay, 0.0), self._fire)

    def _fire(self) -> None:
        self._next = None
        # What was waited for may have begun to run since: then there is no jump.
        if self._timers and self._speed == math.inf and not self._running:
            self._set(max(self.monotonic(), self._timers[0][0]))
        # What falls due meanwhile has the next turn: the loop has other things to do.
        now = self.monotonic() + self.RESOLUTION
        try:
            while self._timers and self._timers[0][0] <= now:
                heapq.heappop(self._timers)[2].fire()
        finally:
            # One that fails must not keep the others from firing.
            self._arm()
