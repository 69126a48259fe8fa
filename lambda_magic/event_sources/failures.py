"""What is told to the on-failure destination of a stream's mapping, and telling it.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html

The records themselves are not told, but where in the stream they are; to S3, with the event.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lambda_magic.event_sources.calls import Calls
from lambda_magic.event_sources.mapping import SourceMapping
from lambda_magic.event_sources.stream_records import StreamRecord
from lambda_magic.monitoring.result import InvocationResult

_BATCH_INFO = {"kinesis": "KinesisBatchInfo", "dynamodb": "DDBStreamBatchInfo"}

RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
AGE_EXCEEDED = "RecordAgeExceeded"


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Records of one shard that were given up."""

    mapping: SourceMapping
    function_arn: str
    shard_id: str
    records: Sequence[StreamRecord]
    #: `RETRIES_EXHAUSTED` or `AGE_EXCEEDED`.
    condition: str
    #: How often the function was invoked, and what it answered last, if it was.
    attempts: int
    result: InvocationResult | None
    #: In seconds since the epoch.
    time: float


def failure_record(failure: Failure) -> dict[str, Any]:
    """The record, without the event."""
    first, last = failure.records[0], failure.records[-1]
    result = failure.result
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": str(uuid.uuid4()) if result is None else result.request_id,
            "functionArn": failure.function_arn,
            "condition": failure.condition,
            "approximateInvokeCount": failure.attempts,
        }
    }
    if result is not None:
        record["responseContext"] = {
            "statusCode": result.status_code,
            "executedVersion": result.executed_version,
            "functionError": result.function_error,
        }
    return record | {
        "version": "1.0",
        "timestamp": _timestamp(failure.time),
        _BATCH_INFO[failure.mapping.service]: {
            "shardId": failure.shard_id,
            "startSequenceNumber": first.sequence_number,
            "endSequenceNumber": last.sequence_number,
            "approximateArrivalOfFirstRecord": _timestamp(first.arrival),
            "approximateArrivalOfLastRecord": _timestamp(last.arrival),
            "batchSize": len(failure.records),
            "streamArn": failure.mapping.source_arn,
        },
    }


async def tell(calls: Calls, failure: Failure) -> None:
    """Tell the mapping's destination; raises what boto3 raises, `LookupError` for no service."""
    target = str(failure.mapping.on_failure)
    service = target.split(":")[2]
    record = failure_record(failure)
    if service == "sqs":
        *_, account, name = target.split(":")
        url = await calls("sqs", "get_queue_url", QueueName=name, QueueOwnerAWSAccountId=account)
        await calls("sqs", "send_message", QueueUrl=url["QueueUrl"], MessageBody=json.dumps(record))
    elif service == "sns":
        await calls("sns", "publish", TopicArn=target, Message=json.dumps(record))
    elif service == "s3":
        event = json.dumps({"Records": [one.record for one in failure.records]})
        await calls(
            "s3",
            "put_object",
            Bucket=target.rpartition(":")[2],
            Key=_object_key(failure),
            Body=json.dumps(record | {"payload": event}).encode(),
            ContentType="application/json",
        )
    else:
        raise LookupError(f"{target} is no destination of failures.")


def _object_key(failure: Failure) -> str:
    moment = datetime.fromtimestamp(failure.time, UTC)
    return (
        f"aws/lambda/{failure.mapping.uuid}/{failure.shard_id}/{moment:%Y/%m/%d}/"
        f"{moment:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
    )


def _timestamp(time: float) -> str:
    moment = datetime.fromtimestamp(time, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
