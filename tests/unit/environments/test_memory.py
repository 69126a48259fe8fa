"""The measure of memory, and the limit that is kept by sampling."""

import asyncio

import pytest

from lambda_magic.environments.memory import Memory

MIB = 1024 * 1024


class Group:
    """A control group that says what it is told to."""

    used = peak = cached = oom_kills = 0
    is_closed = False

    def used_bytes(self):
        return self.used

    def peak_bytes(self):
        return self.peak

    def cached_bytes(self):
        return self.cached

    def kills(self):
        return self.oom_kills

    def forget_peak(self):
        self.peak = self.used

    def close(self):
        self.is_closed = True


class Runtime:
    peak = tree = 0
    is_closed = False

    def peak_bytes(self):
        return self.peak

    def tree_bytes(self):
        return self.tree

    def close(self):
        self.is_closed = True


@pytest.fixture
def group():
    return Group()


@pytest.fixture
def exceeded():
    return asyncio.Event()


async def test_the_measure_is_the_greater_of_the_runtime_s_and_the_group_s(group, exceeded):
    memory = Memory(128, group, exceeded.set)
    runtime = Runtime()
    memory.runtime_started(runtime)
    runtime.peak, group.peak = 20 * MIB, 3 * MIB
    assert memory.peak_mb() == 20
    group.peak, group.cached = 50 * MIB, 10 * MIB
    assert memory.peak_mb() == 40
    runtime.peak, group.peak = 40 * MIB + 1, 51 * MIB
    assert memory.peak_mb() == 41
    runtime.peak = 0  # The process is gone.
    assert memory.peak_mb() == 41
    memory.close()
    assert runtime.is_closed
    assert group.is_closed


async def test_a_new_runtime_begins_a_new_measure(group, exceeded):
    memory = Memory(128, group, exceeded.set)
    first, second = Runtime(), Runtime()
    first.peak, second.peak = 100 * MIB, 10 * MIB
    group.used = group.peak = 1 * MIB
    memory.runtime_started(first)
    assert memory.peak_mb() == 100
    memory.runtime_started(second)
    assert first.is_closed
    assert memory.peak_mb() == 10
    memory.close()


async def test_the_measure_never_is_more_than_the_function_has(exceeded):
    memory = Memory(128, None, exceeded.set)
    memory.note(500 * MIB)
    assert memory.peak_mb() == 128


async def test_too_much_is_noticed_but_not_what_files_take(group, exceeded):
    memory = Memory(128, group, exceeded.set)
    memory.runtime_started(None)
    group.used, group.cached = 400 * MIB, 300 * MIB
    await asyncio.sleep(0.05)  # Time for several samples.
    assert not exceeded.is_set()
    group.used = 430 * MIB
    await asyncio.wait_for(exceeded.wait(), 5)
    assert memory.peak_mb() == 128
    memory.close()


async def test_without_a_group_the_tree_of_processes_is_sampled(exceeded):
    memory = Memory(128, None, exceeded.set)
    runtime = Runtime()
    memory.runtime_started(runtime)
    runtime.tree = 130 * MIB
    await asyncio.wait_for(exceeded.wait(), 5)
    memory.close()


async def test_what_is_frozen_is_not_sampled(group, exceeded):
    memory = Memory(128, group, exceeded.set)
    memory.runtime_started(None)
    memory.rest()
    group.used = 200 * MIB
    await asyncio.sleep(0.05)  # Time for several samples.
    assert not exceeded.is_set()
    memory.watch()
    await asyncio.wait_for(exceeded.wait(), 5)
    memory.close()


async def test_kills_by_linux_are_reported_once(group, exceeded):
    memory = Memory(128, group, exceeded.set)
    assert not memory.has_killed()
    group.oom_kills = 1
    assert memory.has_killed()
    assert not memory.has_killed()
