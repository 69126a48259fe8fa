"""Sample events with values of one's own."""

import base64
import gzip
import hashlib
import json

import pytest

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.core.settings import Settings
from lambda_magic.sample_events.library import find


def test_values_are_filled_in_and_encoded() -> None:
    record = find("s3/put").event(bucket="photos", key="a b/ü.png", size=3)["Records"][0]
    assert record["s3"]["bucket"] == {
        "name": "photos",
        "ownerIdentity": {"principalId": "EXAMPLE"},
        "arn": "arn:aws:s3:::photos",
    }
    assert record["s3"]["object"]["key"] == "a+b/%C3%BC.png"
    assert record["s3"]["object"]["size"] == 3


def test_documents_within_documents_are_text() -> None:
    record = find("sqs/sns-notification").event(message="hi", queue="q")["Records"][0]
    assert json.loads(record["body"])["Message"] == "hi"
    assert record["md5OfBody"] == hashlib.md5(record["body"].encode()).hexdigest()
    assert record["eventSourceARN"].endswith(":q")


def test_log_events_are_compressed() -> None:
    data = find("cloudwatch/logs").event(message="hi")["awslogs"]["data"]
    document = json.loads(gzip.decompress(base64.b64decode(data)))
    assert [event["message"] for event in document["logEvents"]] == ["hi"]


def test_it_comes_from_the_region_and_account_of_the_settings() -> None:
    settings = Settings(region_name="eu-west-1", account_id="000000000000")
    record = find("sqs/message").event(settings)["Records"][0]
    assert record["eventSourceARN"] == "arn:aws:sqs:eu-west-1:000000000000:example-queue"
    assert record["awsRegion"] == "eu-west-1"


def test_every_event_is_another_one() -> None:
    sample = find("sqs/message")
    ids = {sample.event()["Records"][0]["messageId"] for _ in range(10)}
    assert len(ids) == 10


@pytest.mark.parametrize(
    ("name", "words", "path", "value"),
    [
        ("s3/put", ["bucket=x=y"], "Records.0.s3.bucket.name", "x=y"),
        ("s3/put", ["size=12"], "Records.0.s3.object.size", 12),
        ("s3/put", ["Records.0.eventVersion=9"], "Records.0.eventVersion", 9),
        ("s3/put", ["Records.0.new=text"], "Records.0.new", "text"),
        ("iot/rule", ["temperature=30"], "temperature", 30),
        ("apigateway/http", ["body=text"], "body", "text"),
        ("apigateway/http", ["body=null"], "body", None),
        ("apigateway/http", ['query={"a": "1&2"}'], "rawQueryString", "a=1%262"),
        ("kinesis/tumbling-window", ["final=true"], "isFinalInvokeForWindow", True),
    ],
)
def test_words_are_values(name: str, words: list[str], path: str, value: object) -> None:
    found = find(name).from_words(words)
    for part in path.split("."):
        found = found[int(part) if isinstance(found, list) else part]
    assert found == value


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["buckets=x"], "s3/put has no parameter buckets. Did you mean bucket? It has: bucket, "),
        (["bucket"], "'bucket' is not KEY=VALUE. s3/put has: bucket, key, size, content"),
        (["size=large"], "size is JSON of the kind of 1024, not 'large'"),
        (["Records.7.x=1"], "s3/put has nothing at Records.7.x: see %event s3/put"),
        (["Records.a.x=1"], "s3/put has nothing at Records.a.x: see %event s3/put"),
        (["a.b.c=1"], "s3/put has nothing at a.b.c: see %event s3/put"),
    ],
)
def test_wrong_words_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(InvalidParameterValueException) as raised:
        find("s3/put").from_words(words)
    assert str(raised.value).startswith(message)
