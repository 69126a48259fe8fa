"""The lines that Lambda itself writes to a log: INIT_START, START, END, REPORT, INIT_REPORT.

Pure functions from platform events to text, in AWS's exact layout: fields separated by tabs, one
decimal layout for every duration, REPORT ending in a tab unless a status follows. With LogFormat
JSON the same events are written as the Telemetry API's records (monitoring.records), as far as
they reach the function's log levels (monitoring.log_levels).

https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from lambda_magic.monitoring.events import (
    Event,
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
    Report,
    RestoreReport,
    RestoreStart,
    RuntimeDone,
    Start,
    TelemetrySubscription,
)
from lambda_magic.monitoring.log_levels import is_written
from lambda_magic.monitoring.records import record, runtime_version_arn


def lines(event: Event) -> tuple[str, ...]:
    """All log lines of one event, each with its newline; most kinds of event give none.

    A message of the function with many lines is one line here, as it is one log event on AWS.
    """
    write = _LINES.get(type(event))
    if write is None:
        return ()
    assert isinstance(event, PlatformEvent)  # no others are in the table
    if event.origin.log_format == "JSON":
        return _json_lines(event)
    return write(event)


def text(events: Iterable[Event]) -> str:
    """The log of some events, as one text."""
    return "".join([line for event in events for line in lines(event)])


def _json_lines(event: PlatformEvent) -> tuple[str, ...]:
    if not is_written(event):
        return ()
    if isinstance(event, LogRecord | PlatformFault):
        return (_terminated(event.message),)
    return (json.dumps(record(event), separators=(",", ":")) + "\n",)


def _terminated(message: str) -> str:
    return message if message.endswith("\n") else message + "\n"


def _message(event: LogRecord | PlatformFault) -> tuple[str, ...]:
    return (_terminated(event.message),)


def _init_start(event: InitStart) -> tuple[str, ...]:
    # An Init within an invocation ("suppressed") shows in the duration only, and where it fails.
    if event.phase == "invoke":
        return ()
    return (f"INIT_START {_runtime_version(event)}\n",)


def _restore_start(event: RestoreStart) -> tuple[str, ...]:
    return (f"RESTORE_START {_runtime_version(event)}\n",)


def _runtime_version(event: InitStart | RestoreStart) -> str:
    arn = runtime_version_arn(event.runtime_version, event.origin.region_name)
    return f"Runtime Version: {event.runtime_version}\tRuntime Version ARN: {arn}"


def _init_report(event: InitReport) -> tuple[str, ...]:
    # An Init that succeeded is reported in its invocation's REPORT line instead, if it was for one.
    if event.status == "success" and event.origin.initialization_type == "on-demand":
        return ()
    duration = f"INIT_REPORT Init Duration: {event.duration_ms:.2f} ms"
    return (f"{duration}\tPhase: {event.phase}\t{_status(event.status, event.error_type)}\n",)


def _restore_report(event: RestoreReport) -> tuple[str, ...]:
    duration = f"RESTORE_REPORT Restore Duration: {event.duration_ms:.2f} ms"
    if event.status == "success":
        return (f"{duration}\n",)
    return (f"{duration}\t{_status(event.status, event.error_type)}\n",)


def _start(event: Start) -> tuple[str, ...]:
    return (f"START RequestId: {event.request_id} Version: {event.version}\n",)


def _report(event: Report) -> tuple[str, ...]:
    report = (
        f"REPORT RequestId: {event.request_id}\tDuration: {event.duration_ms:.2f} ms\t"
        f"Billed Duration: {event.billed_duration_ms} ms\tMemory Size: {event.memory_size_mb} MB\t"
        f"Max Memory Used: {event.max_memory_used_mb} MB\t"
    )
    if event.init_duration_ms is not None:
        report += f"Init Duration: {event.init_duration_ms:.2f} ms\t"
    # A handler that raised has no status here: for Lambda, its invocation went well.
    if event.status in ("error", "timeout"):
        report += _status(event.status, event.error_type)
    return (f"END RequestId: {event.request_id}\n", report + "\n")


def _extension(event: ExtensionState) -> tuple[str, ...]:
    error = f"\tError Type: {event.error_type}" if event.error_type else ""
    events = ", ".join(event.events)
    return (f"EXTENSION\tName: {event.name}\tState: {event.state}\tEvents: [{events}]{error}\n",)


def _telemetry_subscription(event: TelemetrySubscription) -> tuple[str, ...]:
    return _subscription("TELEMETRY", event)


def _logs_subscription(event: LogsSubscription) -> tuple[str, ...]:
    return _subscription("LOGS", event)


def _subscription(word: str, event: TelemetrySubscription) -> tuple[str, ...]:
    types = ", ".join(kind.capitalize() for kind in event.types)
    return (f"{word}\tName: {event.name}\tState: {event.state}\tTypes: [{types}]\n",)


def _nothing(event: Event) -> tuple[str, ...]:
    return ()


def _status(status: str, error_type: str | None) -> str:
    if status == "error" and error_type:
        return f"Status: error\tError Type: {error_type}"
    return f"Status: {status}"


_LINES: dict[type, Callable[[Any], tuple[str, ...]]] = {
    LogRecord: _message,
    ExtensionLogRecord: _message,
    PlatformFault: _message,
    InitStart: _init_start,
    InitRuntimeDone: _nothing,
    InitReport: _init_report,
    RestoreStart: _restore_start,
    RestoreReport: _restore_report,
    Start: _start,
    RuntimeDone: _nothing,
    Report: _report,
    ExtensionState: _extension,
    TelemetrySubscription: _telemetry_subscription,
    LogsSubscription: _logs_subscription,
    LogsDropped: _nothing,
}
