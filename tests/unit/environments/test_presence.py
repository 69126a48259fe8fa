import asyncio

from lambda_magic.core.clock import ManualClock
from lambda_magic.environments.presence import Presence


async def test_waits_until_all_have_ended() -> None:
    presence = Presence(ManualClock())
    for name in ("one", "two", "three"):
        presence.started(name)
    waiting = asyncio.ensure_future(presence.gone(["one", "two"], 2))

    presence.ended("one")
    await asyncio.sleep(0)
    assert not waiting.done()
    presence.ended("two")

    assert await waiting
    assert "three" in presence


async def test_waits_no_longer_than_that() -> None:
    clock = ManualClock()
    presence = Presence(clock)
    presence.started("one")
    waiting = asyncio.ensure_future(presence.gone(["one"], 2))
    await asyncio.sleep(0)

    clock.advance(2)

    assert not await waiting
    assert repr(presence) == "<Presence ['one']>"


async def test_nobody_is_waited_for_who_is_not_there() -> None:
    presence = Presence(ManualClock())
    presence.started("one")
    presence.clear()
    assert await presence.gone(["one"], 2)
