import json

import pytest

from lambda_magic.monitoring.events import (
    EnvironmentChanged,
    InitReport,
    InitRuntimeDone,
    InitStart,
    PlatformEvent,
    RuntimeDone,
)
from lambda_magic.monitoring.records import json_line, record, timestamp

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
    ],
)
def test_record(event: PlatformEvent, kind: str, members: dict[str, object]) -> None:
    expected = {"time": timestamp(event.time), "type": kind, "record": members}
    assert record(event) == expected


def test_what_is_ours_is_no_record() -> None:
    event = EnvironmentChanged(time=0, origin=ON_DEMAND, state="Frozen")
    assert record(event) is None
    assert json_line(event) is None


@pytest.mark.parametrize(
    ("event", "written"),
    [
        (InitRuntimeDone(time=0, origin=ON_DEMAND, phase="init", status="success"), False),
        (InitRuntimeDone(time=0, origin=ON_DEMAND, phase="init", status="error"), True),
        (
            InitReport(time=0, origin=ON_DEMAND, phase="init", status="success", duration_ms=1),
            False,
        ),
        (
            InitReport(time=0, origin=ON_DEMAND, phase="init", status="timeout", duration_ms=1),
            True,
        ),
        (
            InitReport(time=0, origin=PROVISIONED, phase="init", status="success", duration_ms=1),
            True,
        ),
        (make_start(origin=ON_DEMAND), True),
        (runtime_done("success"), False),
        (runtime_done("timeout"), True),
        (make_report(origin=ON_DEMAND), True),
    ],
)
def test_info_and_above_are_written(event: PlatformEvent, written: bool) -> None:
    line = json_line(event)
    assert (line is not None) == written
    if line is not None:
        assert json.loads(line) == record(event)


def test_timestamp() -> None:
    assert timestamp(0.0) == "1970-01-01T00:00:00.000Z"
    assert timestamp(1_769_862_896.789) == "2026-01-31T12:34:56.789Z"
