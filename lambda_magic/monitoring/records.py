"""Platform events as records of the Telemetry API, which LogFormat JSON also writes to the log.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lambda_magic.monitoring.events import (
    Event,
    InitReport,
    InitRuntimeDone,
    InitStart,
    Report,
    RuntimeDone,
    Start,
)

Record = dict[str, Any]


def record(event: Event) -> Record | None:
    """The event as `{"time", "type", "record"}`; None for kinds that are not platform events."""
    write = _RECORDS.get(type(event))
    if write is None:
        return None
    return {"time": timestamp(event.time), "type": event.type, "record": write(event)}


def json_line(event: Event) -> str | None:
    """The event's line in a log in JSON, if its level reaches the default SystemLogLevel INFO."""
    if _is_debug(event):
        return None
    written = record(event)
    return None if written is None else json.dumps(written, separators=(",", ":")) + "\n"


def timestamp(time: float) -> str:
    """Seconds since the epoch as AWS writes them: "2026-01-31T12:34:56.789Z"."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _is_debug(event: Event) -> bool:
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html: what
    # went wrong is WARN; of what went well, the runtime's own part and an on-demand Init are DEBUG.
    if isinstance(event, InitRuntimeDone | RuntimeDone):
        return event.status == "success"
    if isinstance(event, InitReport):
        return event.status == "success" and event.origin.initialization_type == "on-demand"
    return False


def _init_start(event: InitStart) -> Record:
    origin = event.origin
    return {
        "initializationType": origin.initialization_type,
        "phase": event.phase,
        "runtimeVersion": event.runtime_version,
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


def _start(event: Start) -> Record:
    return {"requestId": event.request_id, "version": event.version}


def _runtime_done(event: RuntimeDone) -> Record:
    written = {
        "requestId": event.request_id,
        "status": event.status,
        "metrics": {
            "durationMs": round(event.duration_ms, 3),
            "producedBytes": event.produced_bytes,
        },
    }
    return written | _error_type(event.error_type)


def _report(event: Report) -> Record:
    metrics: dict[str, float] = {
        "durationMs": round(event.duration_ms, 3),
        "billedDurationMs": event.billed_duration_ms,
        "memorySizeMB": event.memory_size_mb,
        "maxMemoryUsedMB": event.max_memory_used_mb,
    }
    if event.init_duration_ms is not None:
        metrics["initDurationMs"] = round(event.init_duration_ms, 3)
    written = {"requestId": event.request_id, "status": event.status, "metrics": metrics}
    return written | _error_type(event.error_type)


def _error_type(error_type: str | None) -> Record:
    return {"errorType": error_type} if error_type else {}


_RECORDS: dict[type, Callable[[Any], Record]] = {
    InitStart: _init_start,
    InitRuntimeDone: _init_runtime_done,
    InitReport: _init_report,
    Start: _start,
    RuntimeDone: _runtime_done,
    Report: _report,
}
