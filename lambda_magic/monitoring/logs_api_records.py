"""Platform events as records of the Logs API, which came before the Telemetry API.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html#runtimes-logs-api-msg
"""

from lambda_magic.monitoring.events import (
    Event,
    ExtensionLogRecord,
    ExtensionState,
    LogRecord,
    LogsDropped,
    LogsSubscription,
    PlatformFault,
    Report,
    RuntimeDone,
    Start,
)
from lambda_magic.monitoring.records import Record, record, report_metrics, timestamp

#: The schema version that has platform.runtimeDone.
WITH_RUNTIME_DONE = "2021-03-18"

#: What looks the same in both APIs.
_SAME = (LogRecord, ExtensionLogRecord, ExtensionState, LogsSubscription, LogsDropped)


def logs_api_records(event: Event, version: str) -> list[Record]:
    """The event's records, each `{"time", "type", "record"}`; mostly one, or none."""
    if isinstance(event, Start):
        return [_record(event, event.type, {"requestId": event.request_id})]
    if isinstance(event, RuntimeDone):
        # The runtime that died has failed, too: there is no other word for it here.
        status = "failure" if event.status == "error" else event.status
        written = {"requestId": event.request_id, "status": status}
        return [_record(event, event.type, written)] if version == WITH_RUNTIME_DONE else []
    if isinstance(event, Report):
        request_id = {"requestId": event.request_id}
        return [
            _record(event, "platform.end", request_id),
            _record(event, event.type, {**request_id, "metrics": report_metrics(event)}),
        ]
    if isinstance(event, PlatformFault):
        return [_record(event, event.type, event.message)]
    if type(event) in _SAME:
        same = record(event, structured=False)
        return [same] if same else []
    return []


def _record(event: Event, kind: str, written: Record | str) -> Record:
    return {"time": timestamp(event.time), "type": kind, "record": written}
