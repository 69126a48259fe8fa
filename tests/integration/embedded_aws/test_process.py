"""The embedded AWS: it keeps what is in it, ends with whoever started it, and speaks to it."""

import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3

from lambda_magic.embedded_aws.process import EmbeddedAws, EmbeddedAwsError

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
Start = Callable[..., EmbeddedAws]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts it in one home."""
    started: list[EmbeddedAws] = []

    def start(**options: Any) -> EmbeddedAws:
        options = {"account_id": "123456789012", "region_name": "us-east-1"} | options
        started.append(EmbeddedAws(tmp_path, **options))
        return started[-1]

    yield start
    for aws in started:
        aws.stop()


def client(aws: EmbeddedAws, service: str) -> Any:
    session: Any = boto3.Session(
        region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any"
    )
    return session.client(service, endpoint_url=aws.url)


def fill(aws: EmbeddedAws) -> str:
    """Something in each of the services that functions are used with; the table's stream."""
    client(aws, "s3").create_bucket(Bucket="photos")
    client(aws, "s3").put_object(Bucket="photos", Key="a", Body=b"photo")
    url = client(aws, "sqs").create_queue(QueueName="orders")["QueueUrl"]
    client(aws, "sqs").send_message(QueueUrl=url, MessageBody="order")
    client(aws, "kinesis").create_stream(StreamName="clicks", ShardCount=1)
    client(aws, "kinesis").put_record(StreamName="clicks", Data=b"click", PartitionKey="p")
    table = client(aws, "dynamodb").create_table(
        TableName="users",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    client(aws, "dynamodb").put_item(TableName="users", Item={"id": {"S": "Ada"}})
    topic = client(aws, "sns").create_topic(Name="news")["TopicArn"]
    client(aws, "sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=ARN)
    client(aws, "ssm").put_parameter(Name="p", Value="v", Type="String")
    return str(table["TableDescription"]["LatestStreamArn"])


def assert_filled(aws: EmbeddedAws, stream_arn: str) -> None:
    assert client(aws, "s3").get_object(Bucket="photos", Key="a")["Body"].read() == b"photo"
    url = client(aws, "sqs").get_queue_url(QueueName="orders")["QueueUrl"]
    (message,) = client(aws, "sqs").receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"]
    assert message["Body"] == "order"
    for service, arn in (("kinesis", None), ("dynamodbstreams", stream_arn)):
        stream = client(aws, service)
        name = {"StreamName": "clicks"} if arn is None else {"StreamArn": arn}
        shards = stream.describe_stream(**name)["StreamDescription"]["Shards"]
        iterator = stream.get_shard_iterator(
            ShardId=shards[0]["ShardId"], ShardIteratorType="TRIM_HORIZON", **name
        )["ShardIterator"]
        assert len(stream.get_records(ShardIterator=iterator)["Records"]) == 1
    (subscription,) = client(aws, "sns").list_subscriptions()["Subscriptions"]
    assert subscription["Endpoint"] == ARN
    assert client(aws, "ssm").get_parameter(Name="p")["Parameter"]["Value"] == "v"


def test_what_is_in_it_is_there_again_after_a_restart(start: Start) -> None:
    first = start()
    stream_arn = fill(first)
    first.stop()
    assert not first.is_running
    second = start()
    assert second.lost == ()
    assert_filled(second, stream_arn)


def test_it_says_what_moto_cannot_keep(start: Start) -> None:
    first = start()
    client(first, "kms").create_key()
    client(first, "sqs").create_queue(QueueName="orders")
    first.stop()
    second = start()
    assert second.lost == ("kms",)
    assert client(second, "sqs").list_queues()["QueueUrls"]


#: A kernel that starts it, says where it is, and waits.
KERNEL = """
import sys
from pathlib import Path
from lambda_magic.embedded_aws.process import EmbeddedAws
aws = EmbeddedAws(Path(sys.argv[1]), account_id="123456789012", region_name="us-east-1")
print(aws.url, aws.pid, flush=True)
sys.stdin.read()
"""


def test_it_saves_and_ends_when_its_kernel_is_killed(tmp_path: Path, start: Start) -> None:
    kernel = subprocess.Popen(
        [sys.executable, "-c", KERNEL, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with kernel:
        assert kernel.stdout is not None
        url, pid = kernel.stdout.readline().split()
        sqs = boto3.client(
            "sqs",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
        )
        queue_url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        sqs.send_message(QueueUrl=queue_url, MessageBody="order")
        sqs.close()
        kernel.send_signal(signal.SIGKILL)

    # It waits for the other one's lock, which that one holds until it has saved and ended.
    again = start()

    assert again.pid != int(pid)
    url = client(again, "sqs").get_queue_url(QueueName="orders")["QueueUrl"]
    assert len(client(again, "sqs").receive_message(QueueUrl=url)["Messages"]) == 1


def test_one_home_has_one(start: Start) -> None:
    first = start()
    with pytest.raises(EmbeddedAwsError, match=rf"Another kernel .* \(%aws use {first.url}\)"):
        start()


def test_a_port_that_is_taken(start: Start, tmp_path: Path) -> None:
    first = start()
    taken = int(first.url.rpartition(":")[2])
    with pytest.raises(EmbeddedAwsError, match=f"did not start: Port {taken}: Address already in"):
        EmbeddedAws(
            tmp_path / "other", account_id="123456789012", region_name="us-east-1", port=taken
        )


def test_it_is_told_of_what_functions_are_called_with(start: Start) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    aws = start(receive=heard.put)
    client(aws, "events").put_rule(Name="r", EventPattern='{"source": [{"prefix": "m"}]}')
    client(aws, "events").put_targets(Rule="r", Targets=[{"Id": "1", "Arn": ARN}])
    client(aws, "events").put_events(
        Entries=[
            {"Source": source, "DetailType": "x", "Detail": '{"a": 1}'} for source in ("me", "you")
        ]
    )
    notification = heard.get(timeout=30)
    assert notification["kind"] == "events"
    assert notification["function_arn"] == ARN
    assert notification["event"]["source"] == "me"
    assert heard.empty()


def test_what_was_not_taken_is_told_again(start: Start) -> None:
    failed = threading.Event()

    def fail(notification: Any) -> None:
        failed.set()
        raise RuntimeError("not now")

    aws = start(receive=fail)
    topic = client(aws, "sns").create_topic(Name="news")["TopicArn"]
    client(aws, "sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=ARN)
    client(aws, "sns").publish(TopicArn=topic, Message="hi")
    assert failed.wait(30)
    aws.stop()
    heard: queue.Queue[Any] = queue.Queue()
    start(receive=heard.put)
    assert heard.get(timeout=30)["message"] == "hi"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:8888"}, 200),
        ({"Origin": "https://attacker.example.com"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "attacker.example.com"}, 403),
    ],
)
def test_pages_from_elsewhere_may_not_call_it(
    start: Start, headers: dict[str, str], status: int
) -> None:
    url = f"{start().url}/moto-api/data.json"
    response = urllib3.request("GET", url, headers=headers, retries=False, timeout=20)
    assert response.status == status
    assert (status == 200) is (b"Pages from elsewhere" not in response.data)


def test_a_queue_loses_nothing_to_many_at_once(start: Start) -> None:
    aws = start()
    url = client(aws, "sqs").create_queue(QueueName="orders")["QueueUrl"]
    seen: list[str] = []

    def produce(first: int) -> None:
        sqs = client(aws, "sqs")
        for number in range(first, first + 50):
            sqs.send_message(QueueUrl=url, MessageBody=str(number))

    def consume() -> None:
        sqs = client(aws, "sqs")
        while len(seen) < 200:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", ()):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                seen.append(message["Body"])

    threads = [threading.Thread(target=produce, args=(number * 50,)) for number in range(4)]
    threads += [threading.Thread(target=consume) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(int, seen)) == list(range(200))
