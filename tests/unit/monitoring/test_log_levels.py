from typing import Any

import pytest

from lambda_magic.monitoring.events import (
    ExtensionState,
    InitReport,
    InitRuntimeDone,
    InitStart,
    LogRecord,
    LogsDropped,
    LogsSubscription,
    PlatformEvent,
    RestoreReport,
    RestoreStart,
    RuntimeDone,
    TelemetrySubscription,
)
from lambda_magic.monitoring.lines import text
from lambda_magic.monitoring.log_levels import application_level, is_written, system_level

from .conftest import REQUEST_ID, make_origin, make_report, make_start

ON_DEMAND = make_origin(log_format="JSON")
PROVISIONED = make_origin(log_format="JSON", initialization_type="provisioned-concurrency")
INIT: dict[str, Any] = {"time": 0, "origin": ON_DEMAND, "phase": "init"}
NAMED: dict[str, Any] = {"time": 0, "origin": ON_DEMAND, "name": "spy"}


def runtime_done(status: str) -> RuntimeDone:
    return RuntimeDone(
        time=0,
        origin=ON_DEMAND,
        request_id=REQUEST_ID,
        status=status,
        duration_ms=1.0,
        produced_bytes=8,
    )


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (InitStart(runtime_version="python:3.12.v1", **INIT), "INFO"),
        (InitStart(runtime_version="", **INIT), "DEBUG"),
        (InitRuntimeDone(status="success", **INIT), "DEBUG"),
        (InitRuntimeDone(status="error", **INIT), "WARN"),
        (InitReport(status="success", duration_ms=1, **INIT), "DEBUG"),
        (InitReport(status="timeout", duration_ms=1, **INIT), "WARN"),
        (InitReport(status="success", duration_ms=1, **INIT | {"origin": PROVISIONED}), "INFO"),
        (RestoreStart(time=0, origin=ON_DEMAND, runtime_version="python:3.12.v1"), "INFO"),
        (RestoreReport(time=0, origin=ON_DEMAND, status="success", duration_ms=1), "INFO"),
        (RestoreReport(time=0, origin=ON_DEMAND, status="timeout", duration_ms=1), "WARN"),
        (make_start(), "INFO"),
        (runtime_done("success"), "DEBUG"),
        (runtime_done("failure"), "WARN"),
        (runtime_done("timeout"), "WARN"),
        (make_report(), "INFO"),
        (make_report(status="timeout"), "WARN"),
        (ExtensionState(state="Ready", **NAMED), "INFO"),
        (ExtensionState(state="Crash", error_type="Extension.Crash", **NAMED), "WARN"),
        (TelemetrySubscription(state="Subscribed", types=("platform",), **NAMED), "INFO"),
        (LogsSubscription(state="Subscribed", types=("platform",), **NAMED), "INFO"),
        (
            LogsDropped(time=0, origin=ON_DEMAND, reason="", dropped_records=1, dropped_bytes=1),
            "WARN",
        ),
    ],
)
def test_the_level_of_a_platform_event(event: PlatformEvent, level: str) -> None:
    assert system_level(event) == level


TIME = '"timestamp": "2026-01-31T12:34:56Z"'


@pytest.mark.parametrize(
    ("message", "level"),
    [
        (f'{{"level": "ERROR", {TIME}}}', "ERROR"),
        (f'{{"level": "debug", {TIME}}}', "DEBUG"),
        (f'{{"level": "WARNING", {TIME}}}', "WARN"),
        (f'{{"level": "CRITICAL", {TIME}}}', "FATAL"),
        ('{"level": "ERROR", "time": "2024-11-02T16:51:31.587199+01:00"}', "ERROR"),
        ('{"level": "ERROR"}', "INFO"),
        ('{"level": "ERROR", "timestamp": "yesterday"}', "INFO"),
        (f'{{"level": "NOTICE", {TIME}}}', "INFO"),
        (f'{{"level": 3, {TIME}}}', "INFO"),
        (f'{{"level": "ERROR", {TIME}', "INFO"),
        ("ERROR: level", "INFO"),
        ("", "INFO"),
    ],
)
def test_the_level_of_a_message(message: str, level: str) -> None:
    assert application_level(message) == level


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        ("TRACE", [True, True, True]),
        ("INFO", [False, True, True]),
        ("WARN", [False, False, True]),
        ("FATAL", [False, False, False]),
    ],
)
def test_messages_below_the_level_are_not_written(wanted: str, written: list[bool]) -> None:
    origin = make_origin(log_format="JSON", application_log_level=wanted)
    messages = [f'{{"level": "DEBUG", {TIME}}}', "plain", f'{{"level": "ERROR", {TIME}}}']
    records = [
        LogRecord(time=0, origin=origin, message=message, request_id=None) for message in messages
    ]
    assert [is_written(record) for record in records] == written
    shown = [message for message, is_shown in zip(messages, written, strict=True) if is_shown]
    assert text(records).splitlines() == shown


@pytest.mark.parametrize(("wanted", "written"), [("DEBUG", 3), ("INFO", 2), ("WARN", 0)])
def test_platform_events_below_the_level_are_not_written(wanted: str, written: int) -> None:
    origin = make_origin(log_format="JSON", system_log_level=wanted)
    done = RuntimeDone(
        time=0,
        origin=origin,
        request_id=REQUEST_ID,
        status="success",
        duration_ms=1.0,
        produced_bytes=8,
    )
    events = [make_start(origin=origin), done, make_report(origin=origin)]
    assert len(text(events).splitlines()) == written
