"""Destinations and dead letters of real functions, in a stand-in for AWS (moto)."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.environments.fake_sandbox import FakeSandboxFactory
from lambda_magic.function import Function
from lambda_magic.region import Region

ACCOUNT = "123456789012"
ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:hello"


@pytest.fixture(scope="module", autouse=True)
def _role(endpoint: str) -> None:
    aws = Aws(endpoint)
    aws.client("iam").create_role(RoleName="lambda", AssumeRolePolicyDocument="{}")
    aws.close()


class Aws:
    """Clients of the stand-in, and queues in it."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._clients: list[Any] = []
        self.sqs = self.client("sqs")

    def client(self, service: str) -> Any:
        made = boto3.client(
            service,  # type: ignore[call-overload]  # any service
            region_name="us-east-1",
            endpoint_url=self._endpoint,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        self._clients.append(made)
        return made

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def queue(self, name: str) -> str:
        """A new queue's ARN."""
        self.sqs.create_queue(QueueName=name)
        return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"

    def message(self, name: str) -> Any:
        """The one message in a queue."""
        url = self.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        (message,) = self.sqs.receive_message(
            QueueUrl=url,
            WaitTimeSeconds=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )["Messages"]
        return message


@pytest.fixture
def aws(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    made = Aws(endpoint)
    yield made
    made.close()


def handler(event: Any) -> Any:
    if event == "fail":
        raise KeyError("no such order")
    return {"seen": event}


def make_region(home: Path, endpoint: str | None = None) -> Region:
    """A region with one function, `hello`."""
    settings = Settings(home=home, account_id=ACCOUNT, aws_endpoint_url=endpoint)
    region = Region(settings, factory=FakeSandboxFactory(handler))
    region.client().create_function(
        FunctionName="hello",
        Runtime="python3.12",
        Role=f"arn:aws:iam::{ACCOUNT}:role/lambda",
        Handler="index.handler",
        Code={"ZipFile": build_zip({"index.py": b""})},
    )
    region.client().get_waiter("function_active_v2").wait(FunctionName="hello")
    return region


@pytest.fixture
def region(tmp_path: Path, endpoint: str) -> Iterator[Region]:
    """It reaches the stand-in."""
    region = make_region(tmp_path, endpoint)
    yield region
    region.close()


@pytest.fixture
def hello(region: Region) -> Function:
    return Function(region, "hello")


def configure(region: Region, **destinations: str) -> None:
    """No retries, and these destinations."""
    region.client().put_function_event_invoke_config(
        FunctionName="hello",
        MaximumRetryAttempts=0,
        DestinationConfig={
            kind: {"Destination": destination} for kind, destination in destinations.items()
        },
    )


FAILURE = {
    "version": "1.0",
    "requestContext": {
        "functionArn": f"{ARN}:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 1,
    },
    "requestPayload": "fail",
    "responseContext": {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    },
    "responsePayload": {
        "errorMessage": "'no such order'",
        "errorType": "KeyError",
        "stackTrace": [],
    },
}


def without_what_varies(record: Any, request_id: str) -> Any:
    assert record["requestContext"].pop("requestId") == request_id
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record.pop("timestamp"))
    return record


def test_sqs_is_sent_the_record(aws: Aws, region: Region, hello: Function) -> None:
    configure(region, OnFailure=aws.queue("failed"), OnSuccess=aws.queue("succeeded"))

    failed = hello.invoke_async("fail")
    succeeded = hello.invoke_async({"a": 1})

    message = aws.message("failed")
    assert without_what_varies(json.loads(message["Body"]), failed.request_id) == FAILURE
    assert re.search(r";Lineage=1:[0-9a-f]{8}:0$", message["Attributes"]["AWSTraceHeader"])
    record = json.loads(aws.message("succeeded")["Body"])
    assert record["requestContext"]["requestId"] == succeeded.request_id
    assert record["responsePayload"] == {"seen": {"a": 1}}


def test_sns_is_sent_the_record(aws: Aws, region: Region, hello: Function) -> None:
    sns = aws.client("sns")
    topic = sns.create_topic(Name="failed")["TopicArn"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=aws.queue("from-sns"),
        Attributes={"RawMessageDelivery": "true"},
    )
    configure(region, OnFailure=topic)

    failed = hello.invoke_async("fail")

    record = json.loads(aws.message("from-sns")["Body"])
    assert without_what_varies(record, failed.request_id) == FAILURE


def test_eventbridge_is_sent_the_record_as_an_event(
    aws: Aws, region: Region, hello: Function
) -> None:
    events = aws.client("events")
    bus = events.create_event_bus(Name="results")["EventBusArn"]
    pattern = {"source": ["lambda"]}
    events.put_rule(Name="all", EventBusName="results", EventPattern=json.dumps(pattern))
    events.put_targets(
        Rule="all",
        EventBusName="results",
        Targets=[{"Id": "queue", "Arn": aws.queue("from-events")}],
    )
    configure(region, OnFailure=bus)

    failed = hello.invoke_async("fail")

    event = json.loads(aws.message("from-events")["Body"])
    assert event["detail-type"] == "Lambda Function Invocation Result - Failure"
    assert event["source"] == "lambda"
    assert event["resources"] == [f"{ARN}:$LATEST", bus]
    assert without_what_varies(event["detail"], failed.request_id) == FAILURE


def test_s3_keeps_the_record_of_a_failure(aws: Aws, region: Region, hello: Function) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="failures")
    aws.queue("after")
    configure(region, OnFailure="arn:aws:s3:::failures")

    failed = hello.invoke_async("fail")
    failed.wait(10)
    region.call(region.asynchronous.settle())

    (found,) = s3.list_objects_v2(Bucket="failures")["Contents"]
    assert re.fullmatch(
        r"aws/lambda/async/hello/\d{4}/\d\d/\d\d/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}",
        found["Key"],
    )
    body = s3.get_object(Bucket="failures", Key=found["Key"])["Body"].read()
    assert without_what_varies(json.loads(body), failed.request_id) == FAILURE


@pytest.mark.parametrize("service", ["sqs", "sns"])
def test_a_dead_letter_is_the_event_with_attributes(
    aws: Aws, region: Region, hello: Function, service: str
) -> None:
    configure(region)
    target = aws.queue(f"dead-{service}")
    if service == "sns":
        sns = aws.client("sns")
        topic = sns.create_topic(Name="dead")["TopicArn"]
        attributes = {"RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=target, Attributes=attributes)
        target = topic
    client = region.client()
    client.update_function_configuration(
        FunctionName="hello", DeadLetterConfig={"TargetArn": target}
    )
    client.get_waiter("function_updated_v2").wait(FunctionName="hello")

    failed = hello.invoke_async("fail")

    message = aws.message(f"dead-{service}")
    assert message["Body"] == '"fail"'
    attributes = message["MessageAttributes"]
    assert {name: (one["DataType"], one["StringValue"]) for name, one in attributes.items()} == {
        "RequestID": ("String", failed.request_id),
        "ErrorCode": ("Number", "200"),
        "ErrorMessage": ("String", "'no such order'"),
    }


def test_a_queue_that_is_not_there(
    aws: Aws, region: Region, hello: Function, caplog: pytest.LogCaptureFixture
) -> None:
    configure(region, OnFailure=f"arn:aws:sqs:us-east-1:{ACCOUNT}:nowhere")

    hello.invoke_async("fail").wait(10)
    region.call(region.asynchronous.settle())

    assert hello.metrics()["DestinationDeliveryFailures"] == {"Sum": 1}
    assert "A record (OnFailure) of hello could not be delivered" in caplog.text
    assert "NonExistentQueue" in caplog.text


def test_without_an_endpoint_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    region = make_region(tmp_path)
    hello = Function(region, "hello")
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:failed"
    configure(region, OnFailure=queue)

    hello.invoke_async("fail").wait(10)
    region.call(region.asynchronous.settle())

    assert hello.metrics()["DestinationDeliveryFailures"] == {"Sum": 1}
    assert f"{queue} is reached at a configured endpoint only" in caplog.text
    region.close()
