"""Platform events as records of the Telemetry API, which LogFormat JSON also writes to the log.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

import functools
import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
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
    Report,
    RestoreReport,
    RestoreStart,
    RuntimeDone,
    Start,
    TelemetrySubscription,
)

Record = dict[str, Any]

#: What is told of a trace: its own header, without the lineage that guards against recursion.
_TRACE = re.compile(r"Root=[^;]+;Parent=[^;]+;Sampled=1")


def record(event: Event, *, structured: bool = True) -> Record | None:
    """The event as `{"time", "type", "record"}`; None for kinds that are not in the schema.

    `structured`: whether a message that is a JSON object is shown as one, where the function's log
    format is JSON. Schema version 2022-12-13 has begun with that.
    """
    write = _RECORDS.get(type(event))
    if write is None:
        return None
    written = write(event)
    if structured and isinstance(written, str):
        written = _structured(event, written)
    return {"time": timestamp(event.time), "type": event.type, "record": written}


def timestamp(time: float) -> str:
    """Seconds since the epoch as AWS writes them: "2026-01-31T12:34:56.789Z"."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


@functools.lru_cache
def runtime_version_arn(runtime_version: str, region_name: str) -> str:
    """The ARN of a runtime's version; AWS names one by 64 hexadecimal digits."""
    digest = hashlib.sha256(runtime_version.encode()).hexdigest()
    return f"arn:aws:lambda:{region_name}::runtime:{digest}"


def _structured(event: Any, message: str) -> Any:
    if event.origin.log_format != "JSON" or not message.startswith("{"):
        return message
    try:
        return json.loads(message, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return message


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON, though Python writes it")


def _init_start(event: InitStart) -> Record:
    return {
        "initializationType": event.origin.initialization_type,
        "phase": event.phase,
        **_instance(event),
    }


def _restore_start(event: RestoreStart) -> Record:
    return _instance(event)


def _instance(event: InitStart | RestoreStart) -> Record:
    origin = event.origin
    return {
        "runtimeVersion": event.runtime_version,
        "runtimeVersionArn": runtime_version_arn(event.runtime_version, origin.region_name),
        "functionName": origin.function_name,
        "functionVersion": origin.function_version,
        "instanceId": origin.environment_id,
        "instanceMaxMemory": origin.memory_size_mb * 1024 * 1024,
    }


def _init_runtime_done(event: InitRuntimeDone) -> Record:
    written = {
        "initializationType": event.origin.initialization_type,
        "phase": event.phase,
        "status": event.status,
    }
    return written | _error_type(event.error_type)


def _init_report(event: InitReport) -> Record:
    written = {
        "initializationType": event.origin.initialization_type,
        "phase": event.phase,
        "status": event.status,
        "metrics": {"durationMs": round(event.duration_ms, 3)},
    }
    return written | _error_type(event.error_type)


def _restore_report(event: RestoreReport) -> Record:
    metrics = {"durationMs": round(event.duration_ms, 3)}
    return {"status": event.status, "metrics": metrics} | _error_type(event.error_type)


def _start(event: Start) -> Record:
    return {"requestId": event.request_id, "version": event.version} | _tracing(event.trace_id)


def _runtime_done(event: RuntimeDone) -> Record:
    written: Record = {
        "requestId": event.request_id,
        "status": event.status,
        "metrics": {
            "durationMs": round(event.duration_ms, 3),
            "producedBytes": event.produced_bytes,
        },
    }
    if event.response_started is not None:
        written["spans"] = _spans(event, event.response_started)
    return written | _tracing(event.trace_id) | _error_type(event.error_type)


def _spans(event: RuntimeDone, response_started: float) -> list[Record]:
    """How long the function took to begin its response, and to send it."""
    started = event.time - event.duration_ms / 1000
    return [
        _span("responseLatency", started, response_started),
        _span("responseDuration", response_started, event.time),
    ]


def _span(name: str, start: float, end: float) -> Record:
    duration_ms = round((end - start) * 1000, 3)
    return {"name": name, "start": timestamp(start), "durationMs": duration_ms}


def _report(event: Report) -> Record:
    written: Record = {
        "requestId": event.request_id,
        "status": event.status,
        "metrics": report_metrics(event),
    }
    if event.runtime_ready is not None:
        written["spans"] = [_span("extensionOverhead", event.runtime_ready, event.time)]
    return written | _tracing(event.trace_id) | _error_type(event.error_type)


def report_metrics(event: Report) -> dict[str, float]:
    """The numbers of platform.report."""
    metrics: dict[str, float] = {
        "durationMs": round(event.duration_ms, 3),
        "billedDurationMs": event.billed_duration_ms,
        "memorySizeMB": event.memory_size_mb,
        "maxMemoryUsedMB": event.max_memory_used_mb,
    }
    if event.init_duration_ms is not None:
        metrics["initDurationMs"] = round(event.init_duration_ms, 3)
    return metrics


def _extension(event: ExtensionState) -> Record:
    written = {"name": event.name, "state": event.state, "events": list(event.events)}
    return written | _error_type(event.error_type)


def _subscription(event: TelemetrySubscription) -> Record:
    return {"name": event.name, "state": event.state, "types": list(event.types)}


def _logs_dropped(event: LogsDropped) -> Record:
    return {
        "reason": event.reason,
        "droppedRecords": event.dropped_records,
        "droppedBytes": event.dropped_bytes,
    }


def _message(event: LogRecord) -> str:
    return event.message


def _error_type(error_type: str | None) -> Record:
    return {"errorType": error_type} if error_type else {}


def _tracing(trace_id: str | None) -> Record:
    found = _TRACE.match(trace_id or "")
    return {"tracing": {"type": "X-Amzn-Trace-Id", "value": found[0]}} if found else {}


_RECORDS: dict[type, Callable[[Any], Record | str]] = {
    InitStart: _init_start,
    InitRuntimeDone: _init_runtime_done,
    InitReport: _init_report,
    RestoreStart: _restore_start,
    RestoreReport: _restore_report,
    Start: _start,
    RuntimeDone: _runtime_done,
    Report: _report,
    ExtensionState: _extension,
    TelemetrySubscription: _subscription,
    LogsSubscription: _subscription,
    LogsDropped: _logs_dropped,
    LogRecord: _message,
    ExtensionLogRecord: _message,
}
