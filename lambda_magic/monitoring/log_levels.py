"""Log levels: which of what happens goes to a log in JSON.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html

LoggingConfig has two: SystemLogLevel for what Lambda does, ApplicationLogLevel for what the
function writes. A log in text has all of it, and subscribers of the Telemetry API get all of it.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from lambda_magic.monitoring.events import (
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

#: From the most detailed one on.
LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")

_RANK = {level: rank for rank, level in enumerate(LEVELS)}
#: What AWS's runtimes, and the usual libraries, call the time of a record.
_TIME_KEYS = ("timestamp", "time", "@timestamp", "ts")
_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)


def is_written(event: PlatformEvent) -> bool:
    """Whether the event reaches its function's level, and so its log in JSON."""
    origin = event.origin
    if isinstance(event, LogRecord):
        return _reaches(application_level(event.message), origin.application_log_level)
    return _reaches(system_level(event), origin.system_log_level)


def system_level(event: PlatformEvent) -> str:
    """The level of a platform event, by AWS's table."""
    level = _SYSTEM_LEVELS.get(type(event))
    return level(event) if level else "TRACE"


def application_level(message: str) -> str:
    """The level that a message says itself: INFO, unless it is a JSON object with level and time.

    >>> application_level('{"level": "debug", "timestamp": "2024-11-02T16:51:31.587199Z"}')
    'DEBUG'
    """
    if not message.startswith("{") or "level" not in message:
        return "INFO"
    try:
        document = json.loads(message)
    except (ValueError, RecursionError):
        return "INFO"
    time = next((document[key] for key in _TIME_KEYS if key in document), None)
    level = str(document.get("level", "")).upper()
    is_dated = isinstance(time, str) and _RFC_3339.fullmatch(time)
    level = {"WARNING": "WARN", "CRITICAL": "FATAL"}.get(level, level)
    return level if is_dated and level in _RANK else "INFO"


def _reaches(level: str, wanted: str) -> bool:
    return _RANK[level] >= _RANK[wanted]


def _by_status(success: str) -> Callable[[Any], str]:
    return lambda event: success if event.status == "success" else "WARN"


def _init_report(event: InitReport) -> str:
    if event.status != "success":
        return "WARN"
    return "DEBUG" if event.origin.initialization_type == "on-demand" else "INFO"


#: What went wrong is WARN; of what went well, the runtime's own part and an on-demand Init are
#: DEBUG.
_SYSTEM_LEVELS: dict[type, Callable[[Any], str]] = {
    InitStart: lambda event: "INFO" if event.runtime_version else "DEBUG",
    InitRuntimeDone: _by_status("DEBUG"),
    InitReport: _init_report,
    RestoreStart: lambda event: "INFO" if event.runtime_version else "DEBUG",
    RestoreReport: _by_status("INFO"),
    Start: lambda event: "INFO",
    RuntimeDone: _by_status("DEBUG"),
    Report: _by_status("INFO"),
    PlatformFault: lambda event: "WARN",
    ExtensionState: lambda event: "WARN" if event.error_type else "INFO",
    TelemetrySubscription: lambda event: "INFO",
    LogsSubscription: lambda event: "INFO",
    LogsDropped: lambda event: "WARN",
}
