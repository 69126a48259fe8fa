"""A timetable: calls something whenever one of its schedules is due."""

from collections.abc import Callable, Mapping

from lambda_magic.core.clock import Clock, Timer
from lambda_magic.event_sources.schedule import Schedule

#: A timer is never longer than this, in seconds: clocks may be set, and floats are no integers.
_LONGEST = 86_400.0


class Timetable:
    """Schedules by name; `due` is called with the name and the time. Used on the loop thread.

    >>> timetable = Timetable(clock, lambda name, time: print(name))
    >>> timetable.follow({"tick": parse_schedule("rate(1 minute)")})
    """

    def __init__(self, clock: Clock, due: Callable[[str, float], object]) -> None:
        self._clock = clock
        self._due = due
        self._schedules: dict[str, Schedule] = {}
        self._timers: dict[str, Timer] = {}

    def __repr__(self) -> str:
        return f"<Timetable [{len(self._schedules)} schedules]>"

    def follow(self, schedules: Mapping[str, Schedule]) -> None:
        """Have these schedules from now on; those that stay as they are go on."""
        for name in list(self._schedules):
            if schedules.get(name) != self._schedules[name]:
                del self._schedules[name]
                if timer := self._timers.pop(name, None):
                    timer.cancel()
        for name, schedule in schedules.items():
            if name not in self._schedules:
                self._schedules[name] = schedule
                self._await_next(name, schedule, self._clock.time())

    def _await_next(self, name: str, schedule: Schedule, after: float) -> None:
        moment = schedule.next(after)
        if moment is not None:
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
        self._await_next(name, schedule, max(moment, self._clock.time() - _LONGEST))
        self._due(name, moment)
