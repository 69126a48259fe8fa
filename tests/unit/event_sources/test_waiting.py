import asyncio

from lambda_magic.core.clock import ManualClock
from lambda_magic.event_sources.waiting import Backoff, pause


async def test_a_pause_ends_with_its_time() -> None:
    clock = ManualClock()
    waiting = asyncio.ensure_future(pause(clock, 10))
    await asyncio.sleep(0)
    clock.advance(9)
    await asyncio.sleep(0)
    assert not waiting.done()
    clock.advance(1)
    await waiting


async def test_or_with_what_was_waited_for() -> None:
    happened = asyncio.Event()
    waiting = asyncio.ensure_future(pause(ManualClock(), 10, happened))
    happened.set()
    await waiting


def test_each_failure_makes_the_next_pause_longer() -> None:
    backoff = Backoff()
    assert [backoff.next() for _ in range(4)] == [1, 2, 4, 8]
    assert [backoff.next() for _ in range(20)][-1] == 300
    backoff.reset()
    assert backoff.next() == 1
