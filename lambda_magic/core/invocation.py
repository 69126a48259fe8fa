"""An invocation: one event on its way to a handler."""

from dataclasses import dataclass
from enum import StrEnum


class InvocationType(StrEnum):
    """How the caller waits; the values of Invoke's `InvocationType`."""

    REQUEST_RESPONSE = "RequestResponse"
    EVENT = "Event"
    DRY_RUN = "DryRun"


# Not frozen, though nobody changes it: that costs a microsecond, and this is the hot path.
@dataclass(kw_only=True, slots=True)
class Invocation:
    """One event on its way to a handler, its qualifier already resolved to a version."""

    #: A UUID; `context.aws_request_id` in the handler.
    request_id: str
    #: The ARN as it was asked for, with its qualifier; `context.invoked_function_arn`.
    invoked_function_arn: str
    function_name: str
    #: The published version or "$LATEST" that runs.
    version: str
    #: The alias that routed here, or None.
    alias: str | None
    #: The event, as JSON text in UTF-8.
    payload: bytes
    #: `X-Amzn-Trace-Id`: "Root=1-...;Parent=...;Sampled=0".
    trace_id: str
    #: Invoke's `ClientContext` decoded: a JSON document in one line of ASCII, or None.
    client_context: str | None = None
    #: Whether the caller takes the response as it arrives.
    streaming: bool = False
