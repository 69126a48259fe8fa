from collections.abc import Callable, Collection
from typing import Any

import pytest

from lambda_magic.core.clock import ManualClock
from lambda_magic.monitoring.bus import Bus
from lambda_magic.monitoring.events import EnvironmentChanged, Origin, PollerState, Report, Start
from lambda_magic.monitoring.recent import Recent
from lambda_magic.monitoring.timeline import Limits
from lambda_magic.widgets.feed import Feed

REQUEST_ID = "00000000-0000-4000-8000-000000000001"


def make_origin(**changes: Any) -> Origin:
    members: dict[str, Any] = {
        "environment_id": "0123456789abcdef0123456789abcdef",
        "function_name": "hello",
        "function_version": "1",
        "log_group": "/aws/lambda/hello",
        "log_stream": "2026/01/31/[1]0123456789abcdef0123456789abcdef",
        "memory_size_mb": 128,
        "architecture": "x86_64",
        "initialization_type": "on-demand",
        "runtime": "python3.12",
    }
    return Origin(**members | changes)


def make_start(time: float, **changes: Any) -> Start:
    members: dict[str, Any] = {
        "origin": make_origin(),
        "request_id": REQUEST_ID,
        "version": "1",
        "alias": None,
        "trace_id": "Root=1-0-0",
        "function_concurrency": 1,
        "account_concurrency": 1,
        "spillover": False,
    }
    return Start(time=time, **members | changes)


def make_report(time: float, **changes: Any) -> Report:
    members: dict[str, Any] = {
        "origin": make_origin(),
        "request_id": REQUEST_ID,
        "alias": None,
        "status": "success",
        "duration_ms": 3.0,
        "billed_duration_ms": 3,
        "memory_size_mb": 128,
        "max_memory_used_mb": 36,
    }
    return Report(time=time, **members | changes)


def make_change(time: float, state: str, **changes: Any) -> EnvironmentChanged:
    return EnvironmentChanged(time=time, origin=make_origin(**changes), state=state)


def make_poller_state(**changes: Any) -> PollerState:
    members: dict[str, Any] = {
        "time": 1.0,
        "uuid": "00000000-0000-4000-8000-00000000000a",
        "function_name": "hello",
        "qualifier": None,
        "source_arn": "arn:aws:sqs:us-east-1:123456789012:orders",
        "state": "Enabled",
    }
    return PollerState(**members | changes)


class Watched:
    """As much of a region as a feed needs, with time that is moved by hand."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.bus = Bus(self.clock)
        self.recent = Recent()
        self.bus.subscribe(self.recent.receive)
        self.now = Limits(account=1000)
        self.asked: list[Collection[str]] = []

    def limits(self, functions: Collection[str]) -> Limits:
        self.asked.append(functions)
        return self.now


class Sent:
    """What a feed has sent."""

    def __init__(self) -> None:
        self.messages: list[tuple[dict[str, Any], list[bytes]]] = []

    def __call__(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.messages.append((content, buffers))

    def take(self) -> list[dict[str, Any]]:
        """The contents since this was last asked."""
        taken, self.messages = self.messages, []
        return [content for content, _ in taken]


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def make_feed(watched: Watched, sent: Sent) -> Callable[..., Feed]:
    def make(*functions: str) -> Feed:
        return Feed(watched, functions, sent, clock=watched.clock)  # type: ignore[arg-type]

    return make


@pytest.fixture
def feed(make_feed: Callable[..., Feed]) -> Feed:
    return make_feed()
