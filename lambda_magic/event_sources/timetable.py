"""A timetable: calls something whenever one of its schedules is due.

Schedules never end, and a clock that jumps whenever nothing runs would follow them for ever, as
fast as it can. So it is held for a moment after each call: everything is due in its order, nothing
is left out, and no more than so many times a second.
"""

import math
from collections.abc import Callable, Mapping

from lambda_magic.core.clock import Clock, Timer, VirtualClock
from lambda_magic.event_sources.schedule import Schedule

#: A timer is never longer than this, in seconds: clocks may be set, and floats are no integers.
_LONGEST = 86_400.0
#: Seconds of the machine's for which a clock that jumps is held.
PACE = 0.05
#: Seconds of the machine's, on other clocks, by which a call may be late. What was due while the
#: machine slept is over.
_PATIENCE = 60.0


class Timetable:
    """Schedules by name; `due` is called with the name and the time. Used on the loop thread.

    They follow `clock`, with `machine` for its pace.

    >>> timetable = Timetable(region.clock, SystemClock(), lambda name, time: print(name))
    >>> timetable.follow({"tick": parse_schedule("rate(1 minute)")})
    """

    def __init__(
        self, clock: VirtualClock, machine: Clock, due: Callable[[str, float], object]
    ) -> None:
        self._clock = clock
        self._machine = machine
        self._due = due
        self._schedules: dict[str, Schedule] = {}
        self._timers: dict[str, Timer] = {}
        self._moments: dict[str, float] = {}

    def __repr__(self) -> str:
        return f"<Timetable [{len(self._schedules)} schedules]>"

    def follow(self, schedules: Mapping[str, Schedule]) -> None:
        """Have these schedules from now on; those that stay as they are go on."""
        for name in list(self._schedules):
            if schedules.get(name) != self._schedules[name]:
                del self._schedules[name]
                self._moments.pop(name, None)
                if timer := self._timers.pop(name, None):
                    timer.cancel()
        for name, schedule in schedules.items():
            if name not in self._schedules:
                self._schedules[name] = schedule
                self._await_next(name, schedule, self._clock.time())

    def next(self, name: str) -> float | None:
        """When a schedule is due next; None if never again."""
        return self._moments.get(name)

    def _await_next(self, name: str, schedule: Schedule, after: float) -> None:
        now, moment = self._clock.time(), schedule.next(after)
        if moment is not None and moment < now - _PATIENCE * self._clock.speed:
            moment = schedule.next(now)
        if moment is None:
            self._moments.pop(name, None)
        else:
            self._moments[name] = moment
            self._wait(name, schedule, moment)

    def _wait(self, name: str, schedule: Schedule, moment: float) -> None:
        left = moment - self._clock.time()
        if left > _LONGEST:
            timer = self._clock.call_later(_LONGEST, lambda: self._wait(name, schedule, moment))
        else:
            timer = self._clock.call_later(left, lambda: self._arrive(name, schedule, moment))
        self._timers[name] = timer

    def _arrive(self, name: str, schedule: Schedule, moment: float) -> None:
        # The next one first: whatever is called now may change the timetable.
        self._await_next(name, schedule, moment)
        if self._clock.speed == math.inf:
            self._clock.begin()
            self._machine.call_later(PACE, self._clock.end)
        self._due(name, moment)
