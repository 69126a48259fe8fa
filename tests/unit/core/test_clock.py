"""Virtual time: the same order as real time, without the waiting."""

import asyncio
import math
import time
from collections.abc import Callable

import pytest

from lambda_magic.core.clock import ManualClock, VirtualClock


class Diary:
    """Notes what happened, and when."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.entries: list[tuple[str, float]] = []
        self._start = clock.monotonic()

    def note(self, name: str) -> Callable[[], None]:
        elapsed = self._start
        return lambda: self.entries.append((name, round(self.clock.monotonic() - elapsed, 3)))


def test_at_real_speed_it_is_its_base() -> None:
    base = ManualClock(start=1000.0)
    clock = VirtualClock(base)
    diary = Diary(clock)
    clock.call_later(120, diary.note("second"))
    clock.call_later(60, diary.note("first"))
    cancelled = clock.call_later(90, diary.note("never"))
    cancelled.cancel()

    base.advance(59.9)
    assert diary.entries == []
    base.advance(100)

    assert diary.entries == [("first", 60.0), ("second", 120.0)]
    assert clock.time() == base.time() == 1159.9


def test_at_a_speed_it_is_that_much_quicker() -> None:
    base = ManualClock()
    clock = VirtualClock(base, speed=60)
    diary = Diary(clock)
    clock.call_later(60, diary.note("a minute"))
    clock.call_later(180, diary.note("three"))

    base.advance(1)
    assert diary.entries == [("a minute", 60.0)]
    clock.speed = 1
    base.advance(119)
    assert len(diary.entries) == 1
    base.advance(1)

    assert diary.entries[1] == ("three", 180.0)
    assert clock.time() - base.time() == pytest.approx(59)


def test_fast_it_jumps_from_timer_to_timer() -> None:
    base = ManualClock()
    clock = VirtualClock(base, speed=math.inf)
    diary = Diary(clock)
    clock.call_later(21_600, diary.note("six hours"))
    clock.call_later(60, lambda: clock.call_later(120, diary.note("two minutes later")))
    clock.call_later(60, diary.note("a minute"))
    clock.call_later(60, diary.note("asked for later"))

    base.advance(0)

    assert diary.entries == [
        ("a minute", 60.0),
        ("asked for later", 60.0),
        ("two minutes later", 180.0),
        ("six hours", 21_600.0),
    ]


def test_fast_it_does_not_jump_while_something_runs() -> None:
    base = ManualClock()
    clock = VirtualClock(base, speed=math.inf)
    diary = Diary(clock)
    clock.call_later(60, diary.note("a minute"))
    clock.begin()
    with clock.running():
        base.advance(10)
    assert diary.entries == []
    assert repr(clock) == "<VirtualClock [fast, 1 running, 1 waiting]>"

    clock.end()
    base.advance(0)

    assert diary.entries == [("a minute", 60.0)]
    assert repr(clock) == "<VirtualClock [fast, 0 running, 0 waiting]>"


def test_what_a_timer_starts_holds_the_next_one_up() -> None:
    base = ManualClock()
    clock = VirtualClock(base, speed=math.inf)
    diary = Diary(clock)

    def start() -> None:
        clock.begin()
        base.call_later(3, lambda: (diary.note("done")(), clock.end()))

    clock.call_later(60, start)
    clock.call_later(62, diary.note("meanwhile"))
    clock.call_later(90, diary.note("after"))

    base.advance(3)

    assert diary.entries == [("meanwhile", 62.0), ("done", 63.0), ("after", 90.0)]


class SlowMachine(ManualClock):
    """Whatever is done takes a millisecond."""

    def monotonic(self) -> float:
        self._elapsed += 0.001
        return self._elapsed


def test_timers_that_come_faster_than_they_can_fire_leave_time_for_others() -> None:
    base = SlowMachine()
    clock = VirtualClock(base, speed=60_000)
    fired = 0

    def fire() -> None:
        nonlocal fired
        fired += 1
        clock.call_later(1, fire)

    clock.call_later(1, fire)
    base.advance(1)
    assert 0 < fired < 1000


def test_it_never_goes_back() -> None:
    base = ManualClock()
    clock = VirtualClock(base, speed=math.inf)
    clock.call_later(3600, lambda: None)
    base.advance(0)
    gained = clock.time()

    clock.speed = 1

    assert clock.time() == gained
    assert clock.time() - base.time() == pytest.approx(3600)
    base.advance(1)
    assert clock.time() == pytest.approx(gained + 1)


@pytest.mark.parametrize("speed", [0, -1, math.nan])
def test_a_speed_is_positive(speed: float) -> None:
    clock = VirtualClock(ManualClock())

    with pytest.raises(ValueError, match="cannot run at a speed of"):
        clock.speed = speed


@pytest.mark.parametrize(("speed", "name"), [(1, "real"), (math.inf, "fast"), (60, "60x")])
def test_its_speed_has_a_name(speed: float, name: str) -> None:
    assert VirtualClock(ManualClock(), speed=speed).name == name


async def test_three_minutes_take_no_time_on_a_real_loop() -> None:
    clock = VirtualClock(speed=math.inf)
    done = asyncio.Event()
    clock.call_later(60, lambda: clock.call_later(120, done.set))
    began, begun = time.perf_counter(), clock.monotonic()

    await done.wait()

    assert time.perf_counter() - began < 10
    assert clock.monotonic() - begun == pytest.approx(180, abs=0.5)
