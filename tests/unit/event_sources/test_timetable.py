from lambda_magic.core.clock import ManualClock
from lambda_magic.event_sources.schedule import parse_schedule
from lambda_magic.event_sources.timetable import Timetable


def test_what_is_due_is_called_again_and_again() -> None:
    clock = ManualClock(start=1_000_000)
    calls: list[tuple[str, float]] = []
    timetable = Timetable(clock, lambda name, time: calls.append((name, time)))
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
    timetable = Timetable(clock, lambda name, time: calls.append(time))
    timetable.follow({"once": parse_schedule("at(1970-02-01T00:00:00)")})
    clock.advance(30 * 86_400)
    assert calls == []
    clock.advance(2 * 86_400)
    assert calls == [31 * 86_400]
