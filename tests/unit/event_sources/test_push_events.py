"""The shapes of pushed events, and the inputs of rules' targets."""

import json
from typing import Any

import pytest

from lambda_magic.event_sources.push_events import (
    bus_event,
    s3_event,
    scheduled_event,
    sns_event,
    target_input,
)

RULE = "arn:aws:events:us-east-1:123456789012:rule/nightly"


def told(name: str, key: str) -> dict[str, Any]:
    """As the embedded AWS tells of an object."""
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-01-30T12:00:00.000Z",
        "eventName": name,
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "c",
            "bucket": {"name": "photos", "arn": "arn:aws:s3:::photos"},
            "object": {"key": key, "size": 5, "eTag": "e"},
        },
    }
    return {"kind": "s3", "event": {"Records": [record]}}


def test_an_object_that_was_created() -> None:
    (record,) = s3_event(told("ObjectCreated:Put", "in%2Fa+b%25.jpg"))["Records"]
    assert record["s3"]["object"]["key"] == "in/a+b%25.jpg"
    assert record["s3"]["object"]["size"] == 5
    assert record["s3"]["object"]["sequencer"]
    assert record["s3"]["bucket"]["ownerIdentity"] == record["userIdentity"]
    assert set(record["responseElements"]) == {"x-amz-request-id", "x-amz-id-2"}


def test_an_object_that_was_removed_has_no_size() -> None:
    (record,) = s3_event(told("ObjectRemoved:Delete", "a"))["Records"]
    assert set(record["s3"]["object"]) == {"key", "sequencer"}


def test_a_message_of_a_topic() -> None:
    event = sns_event(
        {
            "topic_arn": "arn:aws:sns:us-east-1:123456789012:news",
            "subscription_arn": "arn:aws:sns:us-east-1:123456789012:news:1",
            "message_id": "m",
            "message": "hi",
            "subject": None,
            "attributes": {"a": {"Type": "String", "Value": "x"}},
        },
        1_700_000_000.25,
    )
    (record,) = event["Records"]
    assert record["EventSource"] == "aws:sns"
    assert record["Sns"]["Timestamp"] == "2023-11-14T22:13:20.250Z"
    assert record["Sns"]["MessageAttributes"] == {"a": {"Type": "String", "Value": "x"}}
    assert record["Sns"]["Message"] == "hi"


def test_an_event_of_a_bus() -> None:
    event = bus_event({"time": 1_700_000_000.0, "ingestion-time": 1.0, "detail": {"a": 1}})
    assert event == {"time": "2023-11-14T22:13:20Z", "detail": {"a": 1}}


def test_a_schedule_that_is_due() -> None:
    event = scheduled_event(RULE, 1_700_000_000)
    assert event["detail-type"] == "Scheduled Event"
    assert event["resources"] == [RULE]
    assert event["time"] == "2023-11-14T22:13:20Z"
    assert event["account"] == "123456789012"


EVENT = {"source": "me", "detail": {"name": 'A "b"', "n": 5, "list": [{"x": 1}], "a-b": True}}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, EVENT),
        ({"Input": '{"fixed": 1}'}, {"fixed": 1}),
        ({"InputPath": "$.detail.n"}, 5),
        ({"InputPath": "$.detail.list[0].x"}, 1),
        ({"InputPath": "$.detail['a-b']"}, True),
        ({"InputPath": "$.nothing.here"}, None),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"name": "$.detail.name", "n": "$.detail.n", "d": "$.detail"},
                    "InputTemplate": (
                        '{"who": <name>, "n": <n>, "d": <d>, "rule": <aws.events.rule-name>}'
                    ),
                }
            },
            {"who": 'A "b"', "n": 5, "d": EVENT["detail"], "rule": "nightly"},
        ),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"name": "$.detail.name", "n": "$.detail.n"},
                    "InputTemplate": '"<name> has <n>"',
                }
            },
            'A "b" has 5',
        ),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"n": "$.detail.n"},
                    "InputTemplate": '{"quoted": "<n>", "unknown": "<m>"}',
                }
            },
            {"quoted": "5", "unknown": "<m>"},
        ),
        ({"InputTransformer": {"InputTemplate": "<aws.events.event.json>"}}, EVENT),
    ],
)  # fmt: skip
def test_what_a_target_gets(target: dict[str, Any], expected: Any) -> None:
    assert json.loads(target_input(target, EVENT, RULE)) == expected
