"""The record of records that were given up, and where it goes."""

import json
from typing import Any

import pytest

from lambda_magic.event_sources.failures import AGE_EXCEEDED, Failure, failure_record, tell
from lambda_magic.event_sources.mapping import SourceMapping
from lambda_magic.event_sources.stream_records import StreamRecord
from lambda_magic.monitoring.result import InvocationResult

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:hello:$LATEST"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"


def failure(source: str = STREAM, on_failure: str = "", **members: Any) -> Failure:
    mapping = SourceMapping(
        uuid="u",
        source_arn=source,
        function_name="hello",
        qualifier=None,
        batch_size=100,
        on_failure=on_failure,
    )
    records = [StreamRecord(str(n), "k", 1_700_000_000.0 + n, {"n": n}) for n in (1, 2)]
    given = {
        "mapping": mapping,
        "function_arn": FUNCTION,
        "shard_id": "shardId-1",
        "records": records,
        "condition": AGE_EXCEEDED,
        "attempts": 3,
        "result": None,
        "time": 1_700_000_100.5,
    }
    return Failure(**given | members)


RESULT = InvocationResult(
    status_code=200,
    payload_bytes=b"{}",
    function_error="Unhandled",
    executed_version="$LATEST",
    request_id="r",
    function_name="hello",
)


def test_the_record_has_the_shape_of_awss() -> None:
    assert failure_record(failure(result=RESULT)) == {
        "requestContext": {
            "requestId": "r",
            "functionArn": FUNCTION,
            "condition": "RecordAgeExceeded",
            "approximateInvokeCount": 3,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "version": "1.0",
        "timestamp": "2023-11-14T22:15:00.500Z",
        "KinesisBatchInfo": {
            "shardId": "shardId-1",
            "startSequenceNumber": "1",
            "endSequenceNumber": "2",
            "approximateArrivalOfFirstRecord": "2023-11-14T22:13:21.000Z",
            "approximateArrivalOfLastRecord": "2023-11-14T22:13:22.000Z",
            "batchSize": 2,
            "streamArn": STREAM,
        },
    }


def test_records_that_were_never_tried_have_no_response() -> None:
    record = failure_record(failure())
    assert "responseContext" not in record
    assert record["requestContext"]["requestId"]


def test_of_a_table_it_is_called_otherwise() -> None:
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/users/stream/now"
    assert "DDBStreamBatchInfo" in failure_record(failure(arn))


class FakeCalls:
    """Remembers what was called."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str, dict[str, Any]]] = []

    async def __call__(self, service: str, operation: str, **members: Any) -> Any:
        self.made.append((service, operation, members))
        return {"QueueUrl": "url"}


async def told(target: str) -> list[tuple[str, str, dict[str, Any]]]:
    calls = FakeCalls()
    await tell(calls, failure(on_failure=target))  # type: ignore[arg-type]  # of its shape
    return calls.made


async def test_a_queue_and_a_topic_get_where_the_records_are() -> None:
    *_, (_, operation, members) = await told("arn:aws:sqs:us-east-1:123456789012:failed")
    assert operation == "send_message"
    assert json.loads(members["MessageBody"])["KinesisBatchInfo"]["batchSize"] == 2
    ((_, operation, members),) = await told("arn:aws:sns:us-east-1:123456789012:failed")
    assert operation == "publish"
    assert "payload" not in json.loads(members["Message"])


async def test_a_bucket_gets_the_records_too() -> None:
    ((_, operation, members),) = await told("arn:aws:s3:::failed")
    assert operation == "put_object"
    assert members["Bucket"] == "failed"
    assert members["Key"].startswith("aws/lambda/u/shardId-1/2023/11/14/2023-11-14T22.15.00-")
    payload = json.loads(json.loads(members["Body"])["payload"])
    assert payload == {"Records": [{"n": 1}, {"n": 2}]}


async def test_a_destination_that_is_none() -> None:
    with pytest.raises(LookupError, match="is no destination of failures"):
        await told("arn:aws:kinesis:us-east-1:123456789012:stream/failed")
