"""The lines that Lambda itself writes to a log: INIT_START, START, END, REPORT, INIT_REPORT.

Pure functions from platform events to text, in AWS's exact layout: fields separated by tabs, one
decimal layout for every duration, REPORT ending in a tab unless a status follows. With LogFormat
JSON the same events are written as the Telemetry API's records (monitoring.records).

https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

import functools
import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from lambda_magic.monitoring.events import (
    Event,
    InitReport,
    InitRuntimeDone,
    InitStart,
    LogRecord,
    Measurement,
    Report,
    RuntimeDone,
    Start,
    Throttle,
)
from lambda_magic.monitoring.records import json_line


def lines(event: Event) -> tuple[str, ...]:
    """All log lines of one event, each with its newline; most kinds of event give none.

    A message of the function with many lines is one line here, as it is one log event on AWS.
    """
    if type(event) is LogRecord:
        return (_terminated(event.message),)
    write = _LINES.get(type(event))
    if write is None:
        return ()
    assert not isinstance(event, Throttle | Measurement)  # they are not in the table
    if event.origin.log_format == "JSON":
        line = json_line(event)
        return (line,) if line else ()
    return write(event)


def text(events: Iterable[Event]) -> str:
    """The log of some events, as one text."""
    return "".join([line for event in events for line in lines(event)])


@functools.lru_cache
def runtime_version_arn(runtime_version: str, region_name: str) -> str:
    """The ARN in an INIT_START line; AWS names a runtime version by 64 hexadecimal digits."""
    digest = hashlib.sha256(runtime_version.encode()).hexdigest()
    return f"arn:aws:lambda:{region_name}::runtime:{digest}"


def _terminated(message: str) -> str:
    return message if message.endswith("\n") else message + "\n"


def _init_start(event: InitStart) -> tuple[str, ...]:
    # An Init within an invocation ("suppressed") shows in the duration only, and where it fails.
    if event.phase == "invoke":
        return ()
    arn = runtime_version_arn(event.runtime_version, event.origin.region_name)
    return (f"INIT_START Runtime Version: {event.runtime_version}\tRuntime Version ARN: {arn}\n",)


def _init_report(event: InitReport) -> tuple[str, ...]:
    # An Init that succeeded is reported in its invocation's REPORT line instead, if it was for one.
    if event.status == "success" and event.origin.initialization_type == "on-demand":
        return ()
    duration = f"INIT_REPORT Init Duration: {event.duration_ms:.2f} ms"
    return (f"{duration}\tPhase: {event.phase}\t{_status(event.status, event.error_type)}\n",)


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


def _nothing(event: Event) -> tuple[str, ...]:
    return ()


def _status(status: str, error_type: str | None) -> str:
    if status == "error" and error_type:
        return f"Status: error\tError Type: {error_type}"
    return f"Status: {status}"


_LINES: dict[type, Callable[[Any], tuple[str, ...]]] = {
    InitStart: _init_start,
    InitRuntimeDone: _nothing,
    InitReport: _init_report,
    Start: _start,
    RuntimeDone: _nothing,
    Report: _report,
}
