"""Shells made ahead: who gets them, and what becomes of them."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from lambda_magic.environments.isolation import Isolation

ECHO = "def handler(event, context):\n    return event\n"
FILL = "def handler(event, context):\n    return len(bytearray(event << 20))\n"


async def a_spare(make):
    """Start an environment and wait for the spare shell that follows; returns both."""
    environment = make(ECHO)
    await environment.start()
    return environment, await the_spare(make)


async def the_spare(make):
    async with asyncio.timeout(10):
        while not make.factory._spares._spares:
            await asyncio.sleep(0.001)
    (spare,) = make.factory._spares._spares.values()
    return spare


async def test_a_sandbox_takes_the_spare_and_another_is_made(make):
    _, spare = await a_spare(make)
    second = make(ECHO, environment_variables={"_HANDLER": "app.handler", "NAME": "second"})
    await second.start()
    assert second.sandbox._init is spare.init
    assert await second.invoke({"a": 1}) == {"a": 1}
    assert await the_spare(make) is not spare


async def test_nothing_of_a_rehearsal_is_left(make):
    await a_spare(make)
    source = """
        import os, sys

        def handler(event, context):
            return [dict(os.environ), list(sys.modules), sys.path]
    """
    ahead = make(source)
    await ahead.start()
    variables, modules, path = await ahead.invoke()
    spare = await the_spare(make)
    await spare.init.end()
    make.factory._spares._spares.clear()
    spare.take_pipes()
    fresh = make(source)
    await fresh.start()
    others, *_ = await fresh.invoke()
    assert set(variables) == set(others)
    assert "example" not in modules
    assert not [entry for entry in path if "runtimes" in entry]


async def test_its_limits_are_the_function_s(make):
    await a_spare(make)
    environment = make(FILL, memory_size_mb=128)
    await environment.start()
    assert await environment.invoke(64) == 64 << 20
    assert 64 <= environment.sandbox.max_memory_used_mb() < 128
    environment.send(400)
    assert (await environment.exit()).out_of_memory


async def test_its_measure_begins_when_it_is_taken(make):
    await a_spare(make)
    environment = make(ECHO)
    await environment.start()
    await environment.invoke()
    assert 0 < environment.sandbox.max_memory_used_mb() < 32


async def test_it_can_be_reset(make):
    await a_spare(make)
    environment = make(ECHO)
    await environment.start()
    environment.api.reset()
    await environment.sandbox.reset()
    await environment.start_runtime()
    assert await environment.invoke(1) == 1


async def test_a_dead_spare_is_passed_over(make):
    environment, spare = await a_spare(make)
    server = spare.server._process.pid
    if environment.sandbox.isolation != Isolation.PROCESS:
        (server,) = children(server)
    async with asyncio.timeout(10):
        while len(inits := children(server)) < 2:
            await asyncio.sleep(0.001)
        os.kill(inits[-1], signal.SIGKILL)
        while make.factory._spares._spares:
            await asyncio.sleep(0.001)
    second = make(ECHO)
    await second.start()
    assert second.sandbox._init is not spare.init
    assert await second.invoke(2) == 2
    assert not second.failures


async def test_code_that_is_not_there_fails_the_start_and_nothing_else(make_isolated, tmp_path):
    await a_spare(make_isolated)
    environment = make_isolated(ECHO, code=tmp_path / "missing")
    await environment.sandbox.create()
    with pytest.raises(OSError, match="missing"):
        await environment.sandbox.start_runtime()
    await environment.sandbox.destroy()
    other = make_isolated(ECHO)
    await other.start()
    assert await other.invoke(1) == 1


async def test_a_busy_fork_server_makes_no_spare(make):
    _, spare = await a_spare(make)
    server = spare.server
    assert not server.is_busy
    async with server.place():
        assert server.is_busy
        make.factory._spares.take(server)
        make.factory._spares._make_now(server)
        assert not make.factory._spares._spares
    await spare.discard()
    await the_spare(make)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
