"""Streams of Kinesis and DynamoDB as event sources, against the embedded AWS."""

import base64
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from lambda_magic.embedded_aws.process import EmbeddedAws

from .conftest import Place
from .test_sqs import Queue, hasten, wait_for

MakePlace = Callable[..., Place]
Aws = Callable[[str], Any]


class Stream:
    """A stream of Kinesis, whose records are numbers."""

    def __init__(self, kinesis: Any, name: str, shards: int = 1) -> None:
        self._kinesis, self._name = kinesis, name
        kinesis.create_stream(StreamName=name, ShardCount=shards)
        self.arn = f"arn:aws:kinesis:us-east-1:123456789012:stream/{name}"

    def put(self, *numbers: int, keys: int = 1) -> None:
        for first in range(0, len(numbers), 400):
            records = [
                {"Data": json.dumps(number).encode(), "PartitionKey": str(number % keys)}
                for number in numbers[first : first + 400]
            ]
            self._kinesis.put_records(StreamName=self._name, Records=records)


def numbers(event: Any) -> list[int]:
    data = [base64.b64decode(one["kinesis"]["data"]) for one in event["Records"]]
    return [int(one) for one in data]


@pytest.fixture
def stream(aws: Aws, name: str) -> Stream:
    return Stream(aws("kinesis"), name)


def test_records_reach_the_function_in_order(place: MakePlace, stream: Stream, hear: Any) -> None:
    events: list[Any] = []
    here = place(events.append)
    heard = hear(here.region)
    stream.put(*range(250))
    uuid = here.map(stream.arn, StartingPosition="TRIM_HORIZON")
    heard.wait("InvokedEventCount", 250)
    assert wait_for(lambda: sum(len(event["Records"]) for event in events) == 250)
    assert [one for event in events for one in numbers(event)] == list(range(250))
    assert max(len(event["Records"]) for event in events) == 100
    record = events[0]["Records"][0]
    assert record["eventSource"] == "aws:kinesis"
    assert record["eventSourceARN"] == stream.arn
    assert record["eventID"].startswith("shardId-")
    assert wait_for(lambda: here.mapping(uuid)["LastProcessingResult"] == "OK")
    assert here.region.metrics.function("hello")["IteratorAge"]["SampleCount"] == 3


def test_the_latest_begins_with_the_mapping_whatever_happens(
    place: MakePlace, stream: Stream, hear: Any
) -> None:
    seen: list[int] = []
    here = place(lambda event: seen.extend(numbers(event)))
    stream.put(1, 2)
    uuid = here.map(stream.arn, StartingPosition="LATEST")
    assert wait_for(lambda: here.mapping(uuid)["State"] == "Enabled")
    assert wait_for(lambda: here.region.event_sources.is_polled(uuid))
    # Nothing was read before the region is opened again.
    here.region.close()
    stream.put(3, 4)
    again = place(lambda event: seen.extend(numbers(event)))
    assert wait_for(lambda: len(seen) == 2)
    assert seen == [3, 4]
    assert again.mapping(uuid)["State"] == "Enabled"


def test_changes_of_a_table(place: MakePlace, aws: Aws, name: str, hear: Any) -> None:
    table = aws("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    arn = table["TableDescription"]["LatestStreamArn"]
    records: list[Any] = []
    here = place(lambda event: records.extend(event["Records"]))
    pattern = json.dumps({"eventName": ["INSERT", "REMOVE"]})
    here.map(
        arn, StartingPosition="TRIM_HORIZON", FilterCriteria={"Filters": [{"Pattern": pattern}]}
    )
    dynamodb = aws("dynamodb")
    dynamodb.put_item(TableName=name, Item={"id": {"S": "a"}, "raw": {"B": b"\x00"}})
    dynamodb.put_item(TableName=name, Item={"id": {"S": "a"}, "n": {"N": "1"}})
    dynamodb.delete_item(TableName=name, Key={"id": {"S": "a"}})
    assert wait_for(lambda: len(records) == 2)
    first, second = records
    assert (first["eventName"], second["eventName"]) == ("INSERT", "REMOVE")
    assert first["dynamodb"]["NewImage"] == {"id": {"S": "a"}, "raw": {"B": "AA=="}}
    assert second["dynamodb"]["OldImage"] == {"id": {"S": "a"}, "n": {"N": "1"}}
    assert first["eventSourceARN"] == arn


@pytest.mark.parametrize(
    ("options", "given_up"),
    [
        # The whole batch; the poison alone, found by halving; the poison alone, as reported.
        ({"MaximumRetryAttempts": 1}, 10),
        ({"MaximumRetryAttempts": 0, "BisectBatchOnFunctionError": True}, 1),
        ({"MaximumRetryAttempts": 0, "FunctionResponseTypes": ["ReportBatchItemFailures"]}, 7),
    ],
)
def test_a_poison_record_in_a_batch(
    place: MakePlace, aws: Aws, name: str, stream: Stream, options: Any, given_up: int, hear: Any
) -> None:
    failed = Queue(aws("sqs"), f"{name}-failed")
    reports = "FunctionResponseTypes" in options
    done: list[int] = []

    def handler(event: Any) -> Any:
        if 3 in numbers(event):
            if not reports:
                raise ValueError("poison")
            at = numbers(event).index(3)
            done.extend(numbers(event)[:at])
            number = event["Records"][at]["kinesis"]["sequenceNumber"]
            return {"batchItemFailures": [{"itemIdentifier": number}]}
        done.extend(numbers(event))
        return None

    here = place(handler)
    here.region.call(hasten(here))
    stream.put(*range(10))
    here.map(
        stream.arn,
        StartingPosition="TRIM_HORIZON",
        DestinationConfig={"OnFailure": {"Destination": failed.arn}},
        **options,
    )
    received = aws("sqs").receive_message(QueueUrl=failed.url, WaitTimeSeconds=20)["Messages"]
    record = json.loads(received[0]["Body"])
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["functionArn"].endswith(":function:hello:$LATEST")
    assert record["KinesisBatchInfo"]["batchSize"] == given_up
    assert record["KinesisBatchInfo"]["streamArn"] == stream.arn
    # What comes after it is not in its way any more.
    stream.put(*range(10, 20))
    assert wait_for(lambda: set(range(10, 20)) <= set(done))
    lost = set(range(20)) - set(done)
    assert lost == (
        set(range(10)) if given_up == 10 else {3} if given_up == 1 else set(range(3, 10))
    )
    assert done == sorted(done)


def test_records_that_are_too_old(
    place: MakePlace, aws: Aws, name: str, stream: Stream, hear: Any
) -> None:
    failed = Queue(aws("sqs"), f"{name}-failed")

    def handler(event: Any) -> None:
        raise ValueError("always")

    here = place(handler)
    here.region.call(hasten(here))
    stream.put(1)
    here.map(
        stream.arn,
        StartingPosition="TRIM_HORIZON",
        MaximumRecordAgeInSeconds=600,
        DestinationConfig={"OnFailure": {"Destination": failed.arn}},
    )
    received = aws("sqs").receive_message(QueueUrl=failed.url, WaitTimeSeconds=20)["Messages"]
    record = json.loads(received[0]["Body"])
    assert record["requestContext"]["condition"] == "RecordAgeExceeded"
    # It was tried after 1 s, 2 s, 4 s, ...: ten times in ten minutes.
    assert record["requestContext"]["approximateInvokeCount"] == 10


def test_a_poison_record_does_not_keep_a_mapping_from_being_disabled(
    place: MakePlace, stream: Stream, hear: Any
) -> None:
    done: list[int] = []

    def handler(event: Any) -> None:
        if 0 in numbers(event):
            raise ValueError("poison")
        done.extend(numbers(event))

    here = place(handler)
    heard = hear(here.region)
    stream.put(0, 1)
    uuid = here.map(stream.arn, StartingPosition="TRIM_HORIZON", BatchSize=1)
    heard.wait("FailedInvokeEventCount", 1)
    assert wait_for(
        lambda: here.mapping(uuid)["LastProcessingResult"] == "PROBLEM: Function call failed"
    )
    here.client.update_event_source_mapping(UUID=uuid, Enabled=False)
    assert wait_for(lambda: here.mapping(uuid)["State"] == "Disabled")
    # It goes on where it was, with other rules.
    here.client.update_event_source_mapping(UUID=uuid, Enabled=True, MaximumRetryAttempts=0)
    assert wait_for(lambda: done == [1])
    heard.wait("DroppedEventCount", 1)


def test_a_batch_is_gathered_in_its_window(place: MakePlace, stream: Stream) -> None:
    events: list[Any] = []
    here = place(events.append)
    here.region.call(hasten(here))
    stream.put(*range(300))
    here.map(
        stream.arn,
        StartingPosition="TRIM_HORIZON",
        BatchSize=1000,
        MaximumBatchingWindowInSeconds=300,
    )
    assert wait_for(lambda: events)
    assert [len(event["Records"]) for event in events] == [300]


def test_a_throttled_function_keeps_its_place(place: MakePlace, stream: Stream, hear: Any) -> None:
    seen: list[int] = []
    here = place(lambda event: seen.extend(numbers(event)))
    here.region.call(hasten(here))
    heard = hear(here.region)
    here.client.put_function_concurrency(FunctionName="hello", ReservedConcurrentExecutions=0)
    stream.put(*range(10))
    # A throttle is no attempt.
    here.map(stream.arn, StartingPosition="TRIM_HORIZON", MaximumRetryAttempts=0)
    heard.wait("InvokedEventCount", 10)
    assert wait_for(
        lambda: here.region.metrics.function("hello")["Throttles"]["Sum"] >= 2 and not seen
    )
    here.client.put_function_concurrency(FunctionName="hello", ReservedConcurrentExecutions=1)
    assert wait_for(lambda: seen == list(range(10)))
    assert heard.total("DroppedEventCount") == 0


def test_lanes_keep_the_order_of_each_key(place: MakePlace, stream: Stream, hear: Any) -> None:
    seen: list[int] = []
    here = place(lambda event: seen.extend(numbers(event)))
    stream.put(*range(200), keys=7)
    here.map(stream.arn, StartingPosition="TRIM_HORIZON", ParallelizationFactor=4, BatchSize=5)
    assert wait_for(lambda: len(seen) == 200)
    for key in range(7):
        assert [one for one in seen if one % 7 == key] == list(range(key, 200, 7))


def test_shards_that_are_split_are_read_after_their_parents(
    place: MakePlace, aws: Aws, name: str, stream: Stream, hear: Any
) -> None:
    seen: list[int] = []
    here = place(lambda event: seen.extend(numbers(event)))
    stream.put(*range(50))
    (shard,) = aws("kinesis").list_shards(StreamName=name)["Shards"]
    aws("kinesis").split_shard(
        StreamName=name, ShardToSplit=shard["ShardId"], NewStartingHashKey=str(2**127)
    )
    stream.put(*range(50, 100), keys=50)
    here.map(stream.arn, StartingPosition="TRIM_HORIZON")
    assert wait_for(lambda: len(seen) == 100)
    assert seen[:50] == list(range(50))
    assert sorted(seen[50:]) == list(range(50, 100))


def test_a_tumbling_window_adds_up(place: MakePlace, stream: Stream, hear: Any) -> None:
    sums: list[int] = []
    batches: list[int] = []

    def handler(event: Any) -> Any:
        total = event["state"].get("total", 0) + sum(numbers(event))
        batches.append(len(event["Records"]))
        if event["isFinalInvokeForWindow"]:
            sums.append(total)
            return None
        return {"state": {"total": total}}

    here = place(handler)
    stream.put(*range(10))
    here.map(stream.arn, StartingPosition="TRIM_HORIZON", BatchSize=4, TumblingWindowInSeconds=900)
    assert wait_for(lambda: sum(batches) == 10)
    assert sums == []
    # The state outlives the kernel.
    here.region.close()
    again = place(handler)
    again.region.call(hasten(again))
    assert wait_for(lambda: sums)
    assert sums == [45]


#: A kernel whose function says which records it has seen.
VICTIM = """
import base64, sys
from pathlib import Path
from lambda_magic.core.settings import Settings
from lambda_magic.environments.fake_sandbox import FakeSandboxFactory
from lambda_magic.region import Region

def handler(event):
    for record in event["Records"]:
        sys.stdout.write(base64.b64decode(record["kinesis"]["data"]).decode() + "\\n")
        sys.stdout.flush()

settings = Settings(home=Path(sys.argv[1]), aws_endpoint_url=sys.argv[2])
region = Region(settings, factory=FakeSandboxFactory(handler))
sys.stdin.read()
"""

RECORDS = 1000


def test_a_kernel_killed_in_the_middle_of_a_thousand_records_loses_none(
    place: MakePlace, embedded: EmbeddedAws, aws: Aws, name: str, hear: Any,
    record_property: Callable[[str, object], None],
) -> None:  # fmt: skip
    stream = Stream(aws("kinesis"), name, shards=2)
    stream.put(*range(RECORDS), keys=100)
    here = place(lambda event: None)
    here.client.create_event_source_mapping(
        FunctionName="hello",
        EventSourceArn=stream.arn,
        StartingPosition="TRIM_HORIZON",
        BatchSize=20,
        Enabled=False,
    )
    uuid = here.client.list_event_source_mappings()["EventSourceMappings"][0]["UUID"]
    here.client.update_event_source_mapping(UUID=uuid, Enabled=True)
    here.region.close()
    seen: Counter[int] = Counter()
    for number in (100, 300):
        process = subprocess.Popen(
            [sys.executable, "-c", VICTIM, here.home, embedded.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdout is not None
            for count, line in enumerate(process.stdout, 1):
                seen[int(line)] += 1
                if count == number:
                    process.send_signal(signal.SIGKILL)

    place(lambda event: seen.update(numbers(event)))
    assert wait_for(lambda: set(seen) == set(range(RECORDS)))

    duplicates = seen.total() - RECORDS
    record_property("duplicates", duplicates)
    # A batch of each shard, each time it was killed.
    assert duplicates <= 2 * 2 * 20
