"""Powertools, AWS's own library for handlers, takes our events for AWS's."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes import (
    DynamoDBStreamEvent,
    EventBridgeEvent,
    KinesisStreamEvent,
    S3Event,
    SNSEvent,
    SQSEvent,
)
from aws_lambda_powertools.utilities.parser import models

from lambda_magic.event_sources.push_events import bus_event, s3_event, scheduled_event, sns_event

from .conftest import Place
from .test_sqs import Queue, hasten, wait_for
from .test_streams import Stream, numbers

MakePlace = Callable[..., Place]
Aws = Callable[[str], Any]


@pytest.fixture
def table_arn(aws: Aws, name: str) -> str:
    created = aws("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    aws("dynamodb").put_item(TableName=name, Item={"id": {"S": "a"}, "n": {"N": "1"}})
    return str(created["TableDescription"]["LatestStreamArn"])


def first_event(here: Place, events: list[Any], arn: str, **members: Any) -> Any:
    here.map(arn, **members)
    return wait_for(lambda: events)[0]


def test_messages(place: MakePlace, aws: Aws, name: str) -> None:
    events: list[Any] = []
    here = place(events.append)
    queue = Queue(aws("sqs"), name)
    queue.send({"number": 1})
    event = first_event(here, events, queue.arn)
    (record,) = SQSEvent(event).records
    assert record.json_body == {"number": 1}
    assert record.queue_url.endswith(name)
    parsed = models.SqsModel.model_validate(event)
    assert parsed.Records[0].attributes.ApproximateReceiveCount == "1"


def test_records_of_a_stream(place: MakePlace, aws: Aws, name: str) -> None:
    events: list[Any] = []
    here = place(events.append)
    stream = Stream(aws("kinesis"), name)
    stream.put(7)
    event = first_event(here, events, stream.arn, StartingPosition="TRIM_HORIZON")
    (record,) = KinesisStreamEvent(event).records
    assert record.kinesis.data_as_text() == "7"
    assert models.KinesisDataStreamModel.model_validate(event).Records[0].kinesis.data == b"7"


def test_changes_of_a_table(place: MakePlace, table_arn: str) -> None:
    events: list[Any] = []
    here = place(events.append)
    event = first_event(here, events, table_arn, StartingPosition="TRIM_HORIZON")
    (record,) = DynamoDBStreamEvent(event).records
    assert record.dynamodb is not None
    assert record.dynamodb.new_image == {"id": "a", "n": 1}
    assert models.DynamoDBStreamModel.model_validate(event).Records[0].eventName == "INSERT"


def test_pushed_events() -> None:
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-01-30T12:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "c",
            "bucket": {"name": "photos", "arn": "arn:aws:s3:::photos"},
            "object": {"key": "in%2Fa.jpg", "size": 5, "eTag": "e"},
        },
    }
    s3 = s3_event({"event": {"Records": [record]}})
    assert S3Event(s3).object_key == "in/a.jpg"
    assert models.S3Model.model_validate(s3).Records[0].s3.object.size == 5
    sns = sns_event(
        {
            "topic_arn": "arn:aws:sns:us-east-1:123456789012:news",
            "subscription_arn": "arn:aws:sns:us-east-1:123456789012:news:1",
            "message_id": "m",
            "message": "hi",
            "subject": None,
            "attributes": {"a": {"Type": "String", "Value": "x"}},
        },
        1_700_000_000.0,
    )
    assert SNSEvent(sns).sns_message == "hi"
    assert models.SnsModel.model_validate(sns).Records[0].Sns.Message == "hi"
    rule = "arn:aws:events:us-east-1:123456789012:rule/nightly"
    scheduled = scheduled_event(rule, 1_700_000_000.0)
    assert EventBridgeEvent(scheduled).detail_type == "Scheduled Event"
    assert models.EventBridgeModel.model_validate(scheduled).resources == [rule]
    told = {**scheduled, "time": 1_700_000_000.0, "source": "shop", "detail": {"a": 1}}
    assert models.EventBridgeModel.model_validate(bus_event(told)).source == "shop"


def test_its_batch_processor_reports_what_we_retry(
    place: MakePlace, aws: Aws, name: str, hear: Any
) -> None:
    processor = BatchProcessor(event_type=EventType.SQS)
    seen: list[int] = []

    def take(record: Any) -> None:
        number = json.loads(record.body)
        seen.append(number)
        if number == 3 and seen.count(3) == 1:
            raise ValueError("not yet")

    def handler(event: Any) -> Any:
        return process_partial_response(
            event=event, record_handler=take, processor=processor, context=None
        )

    here = place(handler)
    here.region.call(hasten(here))
    heard = hear(here.region)
    queue = Queue(aws("sqs"), name, VisibilityTimeout="10")
    queue.send(*range(6))
    here.map(queue.arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    heard.wait("DeletedEventCount", 6)
    assert sorted(seen) == [0, 1, 2, 3, 3, 4, 5]


def test_its_batch_processor_with_a_stream(place: MakePlace, aws: Aws, name: str) -> None:
    processor = BatchProcessor(event_type=EventType.KinesisDataStreams)
    seen: list[int] = []

    def take(record: Any) -> None:
        number = int(record.kinesis.data_as_text())
        seen.append(number)
        if number == 2 and seen.count(2) == 1:
            raise ValueError("not yet")

    def handler(event: Any) -> Any:
        assert numbers(event)
        return process_partial_response(
            event=event, record_handler=take, processor=processor, context=None
        )

    here = place(handler)
    here.region.call(hasten(here))
    stream = Stream(aws("kinesis"), name)
    stream.put(*range(4))
    here.map(
        stream.arn,
        StartingPosition="TRIM_HORIZON",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    assert wait_for(lambda: len(seen) >= 6)
    # From the first that failed on, which is how streams keep their order.
    assert seen == [0, 1, 2, 3, 2, 3]
