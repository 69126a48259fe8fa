from typing import Any

import pytest

from lambda_magic.monitoring.events import (
    ExtensionLogRecord,
    ExtensionState,
    InitStart,
    LogRecord,
    LogsDropped,
    LogsSubscription,
    PlatformEvent,
    PlatformFault,
    RuntimeDone,
    TelemetrySubscription,
)
from lambda_magic.monitoring.logs_api_records import logs_api_records

from .conftest import REQUEST_ID, make_origin, make_report, make_start

NOW: dict[str, Any] = {"time": 1_000.0, "origin": make_origin(log_format="JSON")}
DROPPED = {"reason": "Slow.", "droppedRecords": 3, "droppedBytes": 99}
METRICS = {"durationMs": 3.01, "billedDurationMs": 4, "memorySizeMB": 128, "maxMemoryUsedMB": 36}


def runtime_done(status: str) -> RuntimeDone:
    return RuntimeDone(
        request_id=REQUEST_ID, status=status, duration_ms=1.0, produced_bytes=8, **NOW
    )


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (make_start(), [("platform.start", {"requestId": REQUEST_ID})]),
        (runtime_done("success"), []),
        (
            make_report(),
            [
                ("platform.end", {"requestId": REQUEST_ID}),
                ("platform.report", {"requestId": REQUEST_ID, "metrics": METRICS}),
            ],
        ),
        (
            PlatformFault(message="It ended.", request_id=REQUEST_ID, **NOW),
            [("platform.fault", "It ended.")],
        ),
        (
            LogRecord(message='{"a": 1}', request_id=None, **NOW),
            [("function", '{"a": 1}')],
        ),
        (ExtensionLogRecord(message="hello", request_id=None, **NOW), [("extension", "hello")]),
        (
            ExtensionState(name="spy", state="Ready", events=("INVOKE",), **NOW),
            [("platform.extension", {"name": "spy", "state": "Ready", "events": ["INVOKE"]})],
        ),
        (
            LogsSubscription(name="spy", state="Subscribed", types=("function",), **NOW),
            [
                (
                    "platform.logsSubscription",
                    {"name": "spy", "state": "Subscribed", "types": ["function"]},
                )
            ],
        ),
        (
            LogsDropped(reason="Slow.", dropped_records=3, dropped_bytes=99, **NOW),
            [("platform.logsDropped", DROPPED)],
        ),
        (TelemetrySubscription(name="spy", state="Subscribed", types=(), **NOW), []),
        (InitStart(phase="init", runtime_version="python:3.12.v1", **NOW), []),
    ],
)
def test_records(event: PlatformEvent, expected: list[tuple[str, object]]) -> None:
    written = logs_api_records(event, "2020-08-15")
    assert [(one["type"], one["record"]) for one in written] == expected
    assert all(one["time"].startswith("1970-01-01T00:16:40.") for one in written)


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("success", "success"),
        ("failure", "failure"),
        ("error", "failure"),
        ("timeout", "timeout"),
    ],
)
def test_the_later_version_tells_of_the_runtime(status: str, shown: str) -> None:
    (written,) = logs_api_records(runtime_done(status), "2021-03-18")
    assert written["type"] == "platform.runtimeDone"
    assert written["record"] == {"requestId": REQUEST_ID, "status": shown}
