"""Deadlines: moved often, passed rarely."""

import pytest

from lambda_magic.core.clock import ManualClock
from lambda_magic.core.deadline import Deadline


class CountingClock(ManualClock):
    timers = 0

    def call_later(self, delay, callback):
        self.timers += 1
        return super().call_later(delay, callback)


@pytest.fixture
def clock():
    return CountingClock()


@pytest.fixture
def passed(clock):
    return []


def test_it_passes_once(clock, passed):
    deadline = Deadline(clock)
    deadline.set(3, lambda: passed.append(clock.monotonic()))
    assert deadline.is_set
    clock.advance(2.9)
    assert passed == []
    clock.advance(10)
    assert passed == [3]
    assert not deadline.is_set


def test_moved_it_passes_at_the_later_time(clock, passed):
    deadline = Deadline(clock)
    deadline.set(3, lambda: passed.append("first"))
    clock.advance(2)
    deadline.set(3, lambda: passed.append(clock.monotonic()))
    clock.advance(10)
    assert passed == [5]


def test_moved_it_passes_at_the_earlier_time(clock, passed):
    deadline = Deadline(clock)
    deadline.set(60, lambda: passed.append("first"))
    deadline.set(1, lambda: passed.append(clock.monotonic()))
    clock.advance(100)
    assert passed == [1]


def test_lifted_it_never_passes(clock, passed):
    deadline = Deadline(clock)
    deadline.set(3, lambda: passed.append("lifted"))
    deadline.lift()
    assert not deadline.is_set
    clock.advance(10)
    assert passed == []


def test_many_that_follow_each_other_share_a_timer(clock, passed):
    deadline = Deadline(clock)
    for _ in range(1000):
        deadline.set(3, lambda: passed.append("too late"))
        clock.advance(2**-10)
        deadline.lift()
    assert clock.timers == 1
    deadline.set(3, lambda: passed.append(clock.monotonic()))
    clock.advance(10)
    assert passed == [3 + 1000 * 2**-10]


def test_it_can_be_set_by_what_it_calls(clock, passed):
    deadline = Deadline(clock)

    def again():
        passed.append(clock.monotonic())
        deadline.set(1, lambda: passed.append(clock.monotonic()))

    deadline.set(1, again)
    clock.advance(10)
    assert passed == [1, 2]


def test_closed_it_leaves_no_timer(clock, passed):
    deadline = Deadline(clock)
    deadline.set(3, lambda: passed.append("closed"))
    deadline.close()
    clock.advance(10)
    assert passed == []
    deadline.set(1, lambda: passed.append("set anew"))
    clock.advance(1)
    assert passed == ["set anew"]
