"""Calls are made in threads; what nobody waits for any more is not lost."""

import asyncio
import threading
from typing import Any

import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.event_sources.calls import Calls


class Service:
    """Stands for a boto3 client."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.answers = threading.Event()
        self.late: list[Any] = []
        self.came_late = threading.Event()
        self.is_closed = False

    def greet(self, Name: str) -> str:
        return f"hi {Name}"

    def fail(self) -> None:
        raise KeyError("no")

    def wait(self) -> str:
        self.asked.set()
        assert self.answers.wait(30)
        return "message"

    def take_back(self, client: Any, answer: Any) -> None:
        assert client is self
        self.late.append(answer)
        self.came_late.set()

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def calls(service: Service) -> Calls:
    return Calls(Settings(), client=lambda settings, name: service)


async def test_an_answer_and_an_error(calls: Calls) -> None:
    assert await calls("any", "greet", Name="Ada") == "hi Ada"
    with pytest.raises(KeyError):
        await calls("any", "fail")


async def test_what_arrives_when_nobody_waits_is_given_back(calls: Calls, service: Service) -> None:
    waiting = asyncio.ensure_future(calls.patiently("any", "wait", service.take_back))
    await asyncio.to_thread(service.asked.wait, 30)
    waiting.cancel()
    service.answers.set()
    assert await asyncio.to_thread(service.came_late.wait, 30)
    assert service.late == ["message"]


def test_even_if_the_loop_has_ended(service: Service) -> None:
    async def ask() -> None:
        calls = Calls(Settings(), client=lambda settings, name: service)
        waiting = asyncio.ensure_future(calls.patiently("any", "wait", service.take_back))
        await asyncio.to_thread(service.asked.wait, 30)
        waiting.cancel()

    asyncio.run(ask())
    service.answers.set()
    assert service.came_late.wait(30)
    assert service.late == ["message"]


async def test_only_so_many_at_once(service: Service) -> None:
    calls = Calls(Settings(), client=lambda settings, name: service)
    running = [asyncio.ensure_future(calls("any", "wait")) for _ in range(Calls.AT_ONCE)]
    another = asyncio.ensure_future(calls("any", "greet", Name="Ada"))
    await asyncio.to_thread(service.asked.wait, 30)
    assert not another.done()
    service.answers.set()
    assert await another == "hi Ada"
    assert await asyncio.gather(*running) == ["message"] * Calls.AT_ONCE


async def test_closing_lets_connections_go(calls: Calls, service: Service) -> None:
    await calls("any", "greet", Name="Ada")
    calls.close()
    assert service.is_closed
