"""A moment that is moved often and passes rarely: by when something must have happened."""

import math
from collections.abc import Callable

from lambda_magic.core.clock import Clock, Timer


class Deadline:
    """Calls back once when its time has come, unless it has been moved or lifted before.

    One timer serves many deadlines that follow each other: it is set anew only when it goes off.
    """

    __slots__ = ("_clock", "_due", "_passed", "_timer", "_when")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._timer: Timer | None = None
        #: When the timer goes off, and when the deadline passes; on the monotonic clock.
        self._due = math.inf
        self._when = math.inf
        self._passed: Callable[[], object] | None = None

    @property
    def is_set(self) -> bool:
        """Whether something is waited for."""
        return self._passed is not None

    def set(self, delay: float, passed: Callable[[], object]) -> None:
        """Call `passed` after `delay` seconds, instead of whatever was to be called."""
        self._passed = passed
        self._when = self._clock.monotonic() + delay
        if self._when < self._due:
            self._arm(delay)

    def lift(self) -> None:
        """Nothing is waited for any more."""
        self._passed = None

    def close(self) -> None:
        """The same, and no timer is left."""
        self._passed = None
        self._due = math.inf
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._due = self._when
        self._timer = self._clock.call_later(delay, self._go_off)

    def _go_off(self) -> None:
        self._timer = None
        self._due = math.inf
        if self._passed is not None:
            left = self._when - self._clock.monotonic()
            if left > 0:
                self._arm(left)
            else:
                passed, self._passed = self._passed, None
                passed()
