"""What is sent when an asynchronous event is done with: AWS's invocation record, and dead letters.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lambda_magic.core.errors import LambdaError
from lambda_magic.invocation.retries import Condition
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.store.event_queue import QueuedEvent

#: The ErrorMessage of a dead letter has this many bytes at most.
_ERROR_MESSAGE_LIMIT = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """An event that is done with."""

    #: As it was when it ended, its last attempt counted.
    event: QueuedEvent
    condition: Condition
    #: What the function answered last, if it has run; else why it has not, if that is known.
    outcome: InvocationResult | Exception | None
    #: The function's ARN, qualified as the event was, or by `$LATEST`.
    function_arn: str
    #: Seconds since the epoch.
    time: float

    @property
    def result(self) -> InvocationResult | None:
        """What the function answered last, if it has run."""
        return self.outcome if isinstance(self.outcome, InvocationResult) else None


def invocation_record(ended: Ended) -> bytes:
    """The record for a destination, as JSON."""
    event, result = ended.event, ended.result
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": _timestamp(ended.time),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": ended.function_arn,
            "condition": ended.condition.value,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": _document(event.payload or b"{}"),
    }
    if result is not None:
        context: dict[str, Any] = {
            "statusCode": result.status_code,
            "executedVersion": result.executed_version,
        }
        if result.function_error is not None:
            context["functionError"] = result.function_error
        record["responseContext"] = context
        record["responsePayload"] = _document(result.payload_bytes)
    return json.dumps(record).encode()


def dead_letter_attributes(ended: Ended) -> dict[str, str]:
    """RequestID, ErrorCode (a number) and ErrorMessage of a dead letter."""
    code, message = _error(ended)
    short = message.encode("utf-8", "replace")[:_ERROR_MESSAGE_LIMIT].decode("utf-8", "ignore")
    attributes = {"RequestID": ended.event.request_id, "ErrorCode": str(code)}
    # SQS and SNS refuse an attribute without a value.
    return attributes | ({"ErrorMessage": short} if short else {})


def object_key(function_name: str, time: float) -> str:
    """Where the record of a failure lies in a bucket."""
    moment = datetime.fromtimestamp(time, UTC)
    return (
        f"aws/lambda/async/{function_name}/{moment:%Y/%m/%d}/"
        f"{moment:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
    )


def detail_type(record: Mapping[str, Any]) -> str:
    """EventBridge's `detail-type` of a record."""
    succeeded = record["requestContext"]["condition"] == Condition.SUCCESS
    return f"Lambda Function Invocation Result - {'Success' if succeeded else 'Failure'}"


def _error(ended: Ended) -> tuple[int, str]:
    if ended.condition is Condition.ZERO_RESERVED_CONCURRENCY:
        # The missing space is AWS's.
        return 429, (
            "Function not invoked. Function isconfigured with zero reserved concurrent executions"
        )
    if isinstance(ended.outcome, InvocationResult):
        text = ended.outcome.payload_bytes.decode("utf-8", "replace")
        return ended.outcome.status_code, ended.outcome.error_message or text
    if isinstance(ended.outcome, LambdaError):
        return ended.outcome.status, ended.outcome.message
    return 500, "" if ended.outcome is None else str(ended.outcome)


def _timestamp(time: float) -> str:
    moment = datetime.fromtimestamp(time, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _document(payload: bytes) -> Any:
    """A payload as part of a record; what is no JSON, as text."""
    if not payload:
        return None
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode("utf-8", "replace")
