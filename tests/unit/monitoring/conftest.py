from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.monitoring.events import (
    InitStart,
    LogRecord,
    Origin,
    PlatformEvent,
    PollerState,
    Report,
    RuntimeDone,
    Start,
)
from lambda_magic.store.journal import Journal

REQUEST_ID = "00000000-0000-4000-8000-000000000001"
ENVIRONMENT_ID = "0123456789abcdef0123456789abcdef"


def make_origin(**changes: Any) -> Origin:
    members: dict[str, Any] = {
        "environment_id": ENVIRONMENT_ID,
        "function_name": "hello",
        "function_version": "1",
        "log_group": "/aws/lambda/hello",
        "log_stream": f"2026/01/31/[1]{ENVIRONMENT_ID}",
        "memory_size_mb": 128,
        "architecture": "x86_64",
        "initialization_type": "on-demand",
        "runtime": "python3.12",
    }
    return Origin(**members | changes)


def make_start(time: float = 1_000.0, **changes: Any) -> Start:
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


def make_report(time: float = 1_000.01, **changes: Any) -> Report:
    members: dict[str, Any] = {
        "origin": make_origin(),
        "request_id": REQUEST_ID,
        "alias": None,
        "status": "success",
        "duration_ms": 3.01,
        "billed_duration_ms": 4,
        "memory_size_mb": 128,
        "max_memory_used_mb": 36,
    }
    return Report(time=time, **members | changes)


def make_poller_state(**changes: Any) -> PollerState:
    members: dict[str, Any] = {
        "time": 1_000.0,
        "uuid": "00000000-0000-4000-8000-00000000000a",
        "function_name": "hello",
        "qualifier": None,
        "source_arn": "arn:aws:sqs:us-east-1:123456789012:orders",
        "state": "Enabled",
        "pollers": 5,
        "polled": 1_234,
        "backlog": 0,
    }
    return PollerState(**members | changes)


def make_invocation(
    *, init: bool = False, messages: tuple[str, ...] = (), time: float = 1_000.0
) -> tuple[PlatformEvent, ...]:
    """The events of one whole invocation, on a cold start with `init`."""
    origin = make_origin()
    start = InitStart(time=time, origin=origin, phase="init", runtime_version="python:3.12.v1")
    logs = [
        LogRecord(time=time + 0.001, origin=origin, message=message, request_id=REQUEST_ID)
        for message in messages
    ]
    done = RuntimeDone(
        time=time + 0.009,
        origin=origin,
        request_id=REQUEST_ID,
        status="success",
        duration_ms=2.9,
        produced_bytes=2,
    )
    cold = {"init_duration_ms": 110.1, "billed_duration_ms": 114} if init else {}
    return (
        *([start] if init else []),
        make_start(time),
        *logs,
        done,
        make_report(time + 0.01, **cold),
    )


@pytest.fixture
def open_journal(tmp_path: Path) -> Iterator[Callable[[], Journal]]:
    """Opens the same journal, as often as asked."""
    opened: list[Journal] = []

    def open_one() -> Journal:
        opened.append(Journal(tmp_path / "us-east-1.journal.sqlite"))
        return opened[-1]

    yield open_one
    for journal in opened:
        journal.close()


@pytest.fixture
def journal(open_journal: Callable[[], Journal]) -> Journal:
    return open_journal()
