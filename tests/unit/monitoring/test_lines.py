import json

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
    PlatformFault,
    RestoreReport,
    RestoreStart,
    RuntimeDone,
    TelemetrySubscription,
    Throttle,
)
from lambda_magic.monitoring.lines import lines, text
from lambda_magic.monitoring.records import runtime_version_arn

from .conftest import REQUEST_ID, make_invocation, make_origin, make_report, make_start

ORIGIN = make_origin()
ARN = runtime_version_arn("python:3.12.v1", "us-east-1")
END = f"END RequestId: {REQUEST_ID}\n"
REPORT = (
    f"REPORT RequestId: {REQUEST_ID}\tDuration: 3.01 ms\tBilled Duration: 4 ms\t"
    "Memory Size: 128 MB\tMax Memory Used: 36 MB\t"
)


def init_report(**members: object) -> InitReport:
    given = {"time": 1.0, "origin": ORIGIN, "phase": "init", "duration_ms": 1236.04}
    return InitReport(**given | members)  # type: ignore[arg-type]  # members are the test's own


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            InitStart(time=1, origin=ORIGIN, phase="init", runtime_version="python:3.12.v1"),
            (f"INIT_START Runtime Version: python:3.12.v1\tRuntime Version ARN: {ARN}\n",),
        ),
        (InitRuntimeDone(time=1, origin=ORIGIN, phase="init", status="error"), ()),
        (
            RestoreStart(time=1, origin=ORIGIN, runtime_version="python:3.12.v1"),
            (f"RESTORE_START Runtime Version: python:3.12.v1\tRuntime Version ARN: {ARN}\n",),
        ),
        (
            RestoreReport(time=1, origin=ORIGIN, status="success", duration_ms=12.3),
            ("RESTORE_REPORT Restore Duration: 12.30 ms\n",),
        ),
        (
            RestoreReport(time=1, origin=ORIGIN, status="timeout", duration_ms=10_000),
            ("RESTORE_REPORT Restore Duration: 10000.00 ms\tStatus: timeout\n",),
        ),
        (init_report(status="success"), ()),
        (
            init_report(status="timeout"),
            ("INIT_REPORT Init Duration: 1236.04 ms\tPhase: init\tStatus: timeout\n",),
        ),
        (
            init_report(status="error", error_type="Runtime.ExitError", phase="invoke"),
            (
                "INIT_REPORT Init Duration: 1236.04 ms\tPhase: invoke\tStatus: error\t"
                "Error Type: Runtime.ExitError\n",
            ),
        ),
        (make_start(version="$LATEST"), (f"START RequestId: {REQUEST_ID} Version: $LATEST\n",)),
        (
            RuntimeDone(
                time=1,
                origin=ORIGIN,
                request_id=REQUEST_ID,
                status="timeout",
                duration_ms=1,
                produced_bytes=0,
            ),
            (),
        ),
        (
            ExtensionState(
                time=1, origin=ORIGIN, name="spy", state="Ready", events=("INVOKE", "SHUTDOWN")
            ),
            ("EXTENSION\tName: spy\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n",),
        ),
        (
            ExtensionState(
                time=1,
                origin=ORIGIN,
                name="spy",
                state="LaunchError",
                error_type="PermissionDenied",
            ),
            (
                "EXTENSION\tName: spy\tState: LaunchError\tEvents: []\t"
                "Error Type: PermissionDenied\n",
            ),
        ),
        (
            TelemetrySubscription(
                time=1,
                origin=ORIGIN,
                name="spy",
                state="Subscribed",
                types=("platform", "function"),
            ),
            ("TELEMETRY\tName: spy\tState: Subscribed\tTypes: [Platform, Function]\n",),
        ),
        (
            LogsSubscription(
                time=1, origin=ORIGIN, name="spy", state="Subscribed", types=("extension",)
            ),
            ("LOGS\tName: spy\tState: Subscribed\tTypes: [Extension]\n",),
        ),
        (
            LogsDropped(time=1, origin=ORIGIN, reason="Slow.", dropped_records=1, dropped_bytes=1),
            (),
        ),
        (
            PlatformFault(time=1, origin=ORIGIN, message="It\nended.", request_id=REQUEST_ID),
            ("It\nended.\n",),
        ),
        (
            ExtensionLogRecord(time=1, origin=ORIGIN, message="hello", request_id=None),
            ("hello\n",),
        ),
        (make_report(), (END, REPORT + "\n")),
        (make_report(status="failure", error_type="ValueError"), (END, REPORT + "\n")),
        (
            make_report(init_duration_ms=110.1),
            (END, REPORT + "Init Duration: 110.10 ms\t\n"),
        ),
        (
            make_report(status="timeout", error_type="Sandbox.Timedout"),
            (END, REPORT + "Status: timeout\n"),
        ),
        (
            make_report(status="error", error_type="Runtime.ExitError", init_duration_ms=84.0),
            (
                END,
                REPORT + "Init Duration: 84.00 ms\tStatus: error\tError Type: Runtime.ExitError\n",
            ),
        ),
        (make_report(status="error"), (END, REPORT + "Status: error\n")),
        (LogRecord(time=1, origin=ORIGIN, message="a\nb", request_id=None), ("a\nb\n",)),
        (LogRecord(time=1, origin=ORIGIN, message="a\n", request_id=None), ("a\n",)),
        (EnvironmentChanged(time=1, origin=ORIGIN, state="Frozen"), ()),
        (Throttle(time=1, function_name="hello", version="1", alias=None, reason="x"), ()),
    ],
)
def test_lines_of_each_event(event: PlatformEvent, expected: tuple[str, ...]) -> None:
    assert lines(event) == expected


def test_log_of_an_invocation() -> None:
    assert text(make_invocation(init=True, messages=("one", "two\nthree\n"))) == (
        f"INIT_START Runtime Version: python:3.12.v1\tRuntime Version ARN: {ARN}\n"
        f"START RequestId: {REQUEST_ID} Version: 1\n"
        "one\ntwo\nthree\n"
        f"END RequestId: {REQUEST_ID}\n"
        f"REPORT RequestId: {REQUEST_ID}\tDuration: 3.01 ms\tBilled Duration: 114 ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 36 MB\tInit Duration: 110.10 ms\t\n"
    )


def test_runtime_version_arn_is_stable_and_of_the_region() -> None:
    prefix = "arn:aws:lambda:eu-west-1::runtime:"
    arn = runtime_version_arn("python:3.12.v1", "eu-west-1")
    assert arn.startswith(prefix)
    assert len(arn) == len(prefix) + 64
    assert arn == runtime_version_arn("python:3.12.v1", "eu-west-1")


def test_lines_in_json() -> None:
    origin = make_origin(log_format="JSON")
    (line,) = lines(make_report(time=1_700_000_000.5, origin=origin, init_duration_ms=110.1))
    assert line.endswith("}\n")
    assert json.loads(line) == {
        "time": "2023-11-14T22:13:20.500Z",
        "type": "platform.report",
        "record": {
            "requestId": REQUEST_ID,
            "status": "success",
            "metrics": {
                "durationMs": 3.01,
                "billedDurationMs": 4,
                "memorySizeMB": 128,
                "maxMemoryUsedMB": 36,
                "initDurationMs": 110.1,
            },
        },
    }


def test_an_init_within_an_invocation_has_no_line_of_its_own() -> None:
    event = InitStart(time=1, origin=ORIGIN, phase="invoke", runtime_version="python:3.12.v1")

    assert lines(event) == ()
