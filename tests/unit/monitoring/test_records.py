import dataclasses

import pytest

from lambda_magic.monitoring.events import (
    EnvironmentChanged,
    ExtensionLogRecord,
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
from lambda_magic.monitoring.records import record, runtime_version_arn, timestamp

from .conftest import ENVIRONMENT_ID, REQUEST_ID, make_origin, make_report, make_start

ON_DEMAND = make_origin(log_format="JSON")
PROVISIONED = make_origin(log_format="JSON", initialization_type="provisioned-concurrency")


def runtime_done(status: str) -> RuntimeDone:
    return RuntimeDone(
        time=0,
        origin=ON_DEMAND,
        request_id=REQUEST_ID,
        status=status,
        duration_ms=1.23456,
        produced_bytes=8,
        error_type=None if status == "success" else "Runtime.ExitError",
    )


@pytest.mark.parametrize(
    ("event", "kind", "members"),
    [
        (
            InitStart(time=0, origin=ON_DEMAND, phase="init", runtime_version="python:3.12.v1"),
            "platform.initStart",
            {
                "initializationType": "on-demand",
                "phase": "init",
                "runtimeVersion": "python:3.12.v1",
                "runtimeVersionArn": runtime_version_arn("python:3.12.v1", "us-east-1"),
                "functionName": "hello",
                "functionVersion": "1",
                "instanceId": ENVIRONMENT_ID,
                "instanceMaxMemory": 134217728,
            },
        ),
        (
            InitRuntimeDone(time=0, origin=ON_DEMAND, phase="init", status="success"),
            "platform.initRuntimeDone",
            {"initializationType": "on-demand", "phase": "init", "status": "success"},
        ),
        (
            InitReport(
                time=0,
                origin=PROVISIONED,
                phase="init",
                status="error",
                duration_ms=565.4,
                error_type="Runtime.ImportModuleError",
            ),
            "platform.initReport",
            {
                "initializationType": "provisioned-concurrency",
                "phase": "init",
                "status": "error",
                "errorType": "Runtime.ImportModuleError",
                "metrics": {"durationMs": 565.4},
            },
        ),
        (
            RestoreStart(time=0, origin=ON_DEMAND, runtime_version="python:3.12.v1"),
            "platform.restoreStart",
            {
                "runtimeVersion": "python:3.12.v1",
                "runtimeVersionArn": runtime_version_arn("python:3.12.v1", "us-east-1"),
                "functionName": "hello",
                "functionVersion": "1",
                "instanceId": ENVIRONMENT_ID,
                "instanceMaxMemory": 134217728,
            },
        ),
        (
            RestoreReport(time=0, origin=ON_DEMAND, status="success", duration_ms=12.3456),
            "platform.restoreReport",
            {"status": "success", "metrics": {"durationMs": 12.346}},
        ),
        (make_start(), "platform.start", {"requestId": REQUEST_ID, "version": "1"}),
        (
            runtime_done("error"),
            "platform.runtimeDone",
            {
                "requestId": REQUEST_ID,
                "status": "error",
                "errorType": "Runtime.ExitError",
                "metrics": {"durationMs": 1.235, "producedBytes": 8},
            },
        ),
        (
            make_report(init_duration_ms=110.1, error_type="Sandbox.Timedout", status="timeout"),
            "platform.report",
            {
                "requestId": REQUEST_ID,
                "status": "timeout",
                "errorType": "Sandbox.Timedout",
                "metrics": {
                    "durationMs": 3.01,
                    "billedDurationMs": 4,
                    "memorySizeMB": 128,
                    "maxMemoryUsedMB": 36,
                    "initDurationMs": 110.1,
                },
            },
        ),
        (
            ExtensionState(
                time=0,
                origin=ON_DEMAND,
                name="spy",
                state="InitError",
                events=("INVOKE",),
                error_type="Extension.InitError",
            ),
            "platform.extension",
            {
                "name": "spy",
                "state": "InitError",
                "events": ["INVOKE"],
                "errorType": "Extension.InitError",
            },
        ),
        (
            TelemetrySubscription(
                time=0, origin=ON_DEMAND, name="spy", state="Subscribed", types=("platform",)
            ),
            "platform.telemetrySubscription",
            {"name": "spy", "state": "Subscribed", "types": ["platform"]},
        ),
        (
            LogsSubscription(
                time=0, origin=ON_DEMAND, name="spy", state="Subscribed", types=("function",)
            ),
            "platform.logsSubscription",
            {"name": "spy", "state": "Subscribed", "types": ["function"]},
        ),
        (
            LogsDropped(
                time=0, origin=ON_DEMAND, reason="Slow.", dropped_records=3, dropped_bytes=99
            ),
            "platform.logsDropped",
            {"reason": "Slow.", "droppedRecords": 3, "droppedBytes": 99},
        ),
    ],
)
def test_record(event: PlatformEvent, kind: str, members: dict[str, object]) -> None:
    expected = {"time": timestamp(event.time), "type": kind, "record": members}
    assert record(event) == expected


def test_what_is_ours_is_no_record() -> None:
    event = EnvironmentChanged(time=0, origin=ON_DEMAND, state="Frozen")
    assert record(event) is None


def test_the_spans_of_a_response() -> None:
    event = dataclasses.replace(
        runtime_done("success"), time=10.5, duration_ms=400.0, response_started=10.4
    )
    written = record(event)
    assert written is not None
    assert written["record"]["spans"] == [
        {"name": "responseLatency", "start": "1970-01-01T00:00:10.100Z", "durationMs": 300.0},
        {"name": "responseDuration", "start": "1970-01-01T00:00:10.400Z", "durationMs": 100.0},
    ]


@pytest.mark.parametrize(("sampled", "told"), [("1", True), ("0", False)])
def test_a_trace_is_told_if_it_is_sampled(sampled: str, told: bool) -> None:
    value = f"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled={sampled}"
    tracing = {"type": "X-Amzn-Trace-Id", "value": value}
    for event in (
        make_start(trace_id=f"{value};Lineage=1:a87bd80c:0"),
        dataclasses.replace(runtime_done("success"), trace_id=value),
        make_report(trace_id=value),
    ):
        written = record(event)
        assert written is not None
        assert written["record"].get("tracing") == (tracing if told else None)


@pytest.mark.parametrize("kind", [LogRecord, ExtensionLogRecord])
@pytest.mark.parametrize(
    ("log_format", "structured", "message", "expected"),
    [
        ("Text", True, '{"a": 1}', '{"a": 1}'),
        ("JSON", True, '{"a": 1}', {"a": 1}),
        ("JSON", False, '{"a": 1}', '{"a": 1}'),
        ("JSON", True, "{not JSON", "{not JSON"),
        ("JSON", True, "[1]", "[1]"),
        ("JSON", True, '{"a": NaN}', '{"a": NaN}'),
    ],
)
def test_a_message(
    kind: type[LogRecord], log_format: str, structured: bool, message: str, expected: object
) -> None:
    origin = make_origin(log_format=log_format)
    event = kind(time=0, origin=origin, message=message, request_id=None)
    assert record(event, structured=structured) == {
        "time": "1970-01-01T00:00:00.000Z",
        "type": kind.type,
        "record": expected,
    }


def test_timestamp() -> None:
    assert timestamp(0.0) == "1970-01-01T00:00:00.000Z"
    assert timestamp(1_769_862_896.789) == "2026-01-31T12:34:56.789Z"
