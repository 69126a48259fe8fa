import math

from lambda_magic.core.clock import ManualClock, VirtualClock
from lambda_magic.event_sources.schedule import parse_schedule
from lambda_magic.event_sources.timetable import PACE, Timetable


def test_what_is_due_is_called_again_and_again() -> None:
    clock = ManualClock(start=1_000_000)
    calls: list[tuple[str, float]] = []
    timetable = Timetable(VirtualClock(clock), clock, lambda name, time: calls.append((name, time)))
    timetable.follow({"a": parse_schedule("rate(1 minute)"), "b": parse_schedule("rate(1 hour)")})
    assert repr(timetable) == "<Timetable [2 schedules]>"
    clock.advance(150)
    assert calls == [("a", 1_000_060), ("a", 1_000_120)]
    # The one that stays goes on as it was, the others end or begin.
    timetable.follow({"a": parse_schedule("rate(1 minute)"), "c": parse_schedule("rate(1 day)")})
    clock.advance(30)
    assert calls[2:] == [("a", 1_000_180)]
    timetable.follow({})
    clock.advance(100_000)
    assert len(calls) == 3


def test_a_schedule_may_be_far_away() -> None:
    clock = ManualClock(start=0)
    calls: list[float] = []
    timetable = Timetable(VirtualClock(clock), clock, lambda name, time: calls.append(time))
    timetable.follow({"once": parse_schedule("at(1970-02-01T00:00:00)")})
    clock.advance(30 * 86_400)
    assert calls == []
    clock.advance(2 * 86_400)
    assert calls == [31 * 86_400]


def test_a_clock_that_jumps_is_followed_at_a_pace() -> None:
    machine = ManualClock(start=0)
    clock = VirtualClock(machine, speed=math.inf)
    calls: list[float] = []
    timetable = Timetable(clock, machine, lambda name, time: calls.append(time))
    timetable.follow({"hourly": parse_schedule("cron(0 * * * ? *)")})
    machine.advance(0)
    assert calls == [3600]
    # Nothing more happens until then, however often the clock could jump.
    machine.advance(PACE / 2)
    assert calls == [3600]
    assert clock.running_now == 1
    machine.advance(PACE / 2)
    machine.advance(PACE)
    assert calls == [3600, 7200, 10_800]
    assert timetable.next("hourly") == 14_400


def test_nothing_is_left_out_where_the_clock_jumps() -> None:
    machine = ManualClock(start=0)
    clock = VirtualClock(machine, speed=math.inf)
    calls: list[tuple[str, float]] = []
    timetable = Timetable(clock, machine, lambda name, time: calls.append((name, time)))
    timetable.follow({"a": parse_schedule("rate(1 minute)"), "b": parse_schedule("rate(1 hour)")})
    clock.call_later(3600 * 1.5 + 1, lambda: calls.append(("retry", 0)))
    machine.advance(PACE * 120)
    names = [name for name, _ in calls]
    assert names.count("retry") == 1
    assert names[: names.index("retry")].count("a") == 90
    assert names.index("b") in (59, 60)


def test_what_was_due_while_the_machine_slept_is_over() -> None:
    machine = ManualClock(start=0)
    clock = VirtualClock(machine, speed=1.0)
    calls: list[float] = []
    timetable = Timetable(clock, machine, lambda name, time: calls.append(time))
    timetable.follow({"often": parse_schedule("rate(1 minute)")})
    machine.advance(59)
    machine._start += 3600  # the time of day goes on while timers do not
    machine.advance(1)
    assert calls == [60]
    machine.advance(60)
    assert calls[1:] == [3600 + 120]
