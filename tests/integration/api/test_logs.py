"""CloudWatch Logs' read side, as boto3 and the AWS CLI use it."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_magic.api import live_tail
from lambda_magic.api.endpoint import Address, Endpoint
from lambda_magic.core.settings import Settings
from lambda_magic.function import Function
from lambda_magic.region import Region

from .conftest import deploy

GROUP = "/aws/lambda/hello"
GROUP_ARN = f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}"

WRITES = """
import json

def handler(event, context):
    print("working on", event)
    print(json.dumps({"level": "ERROR" if event % 2 else "INFO", "number": event}))
"""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """An endpoint with a function that has been invoked with the numbers from 0 to 5."""
    home: Path = tmp_path_factory.mktemp("home")
    region = Region(Settings(home=home))
    with Endpoint(region, Address(port=0)) as endpoint:
        deploy(region.client(), "hello", WRITES)
        deploy(region.client(), "other", WRITES)
        for number in range(6):
            Function(region, "hello").invoke(number)
        Function(region, "other").invoke(0)
        yield endpoint
    region.close()


@pytest.fixture
def logs(endpoint: Endpoint, connect: Callable[..., Any]) -> Any:
    return connect(endpoint, "logs", parameter_validation=False)


def messages(answer: dict[str, Any]) -> list[str]:
    return [event["message"] for event in answer["events"]]


def refusal(call: Callable[..., Any], **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def test_groups(logs: Any) -> None:
    first, second = logs.describe_log_groups()["logGroups"]
    assert first["arn"] == f"{GROUP_ARN}:*"
    assert first["logGroupArn"] == GROUP_ARN
    assert first["storedBytes"] > 100
    assert second["logGroupName"] == "/aws/lambda/other"
    (found,) = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/h")["logGroups"]
    assert found["logGroupName"] == GROUP
    (found,) = logs.describe_log_groups(logGroupNamePattern="OTHER")["logGroups"]
    assert found["logGroupName"] == "/aws/lambda/other"


def test_groups_by_pages(logs: Any) -> None:
    pages = list(
        logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 1})
    )
    assert [len(page["logGroups"]) for page in pages] == [1, 1]


def test_streams(logs: Any) -> None:
    (stream,) = logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert stream["arn"] == f"{GROUP_ARN}:log-stream:{stream['logStreamName']}"
    assert "[$LATEST]" in stream["logStreamName"]
    assert stream["firstEventTimestamp"] <= stream["lastEventTimestamp"]
    same = logs.describe_log_streams(
        logGroupIdentifier=GROUP_ARN, orderBy="LastEventTime", descending=True
    )
    assert same["logStreams"] == [stream]


def test_one_stream_from_its_end_and_from_its_beginning(logs: Any) -> None:
    (stream,) = logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
    place = {"logGroupName": GROUP, "logStreamName": stream["logStreamName"]}
    everything = messages(logs.get_log_events(**place, startFromHead=True))
    assert everything[0].startswith("INIT_START")
    assert len(everything) == 1 + 6 * 5

    last = logs.get_log_events(**place, limit=4)
    assert messages(last) == everything[-4:]
    before = logs.get_log_events(**place, limit=4, nextToken=last["nextBackwardToken"])
    assert messages(before) == everything[-8:-4]
    again = logs.get_log_events(**place, limit=4, nextToken=before["nextForwardToken"])
    assert messages(again) == everything[-4:]
    # "If you have reached the end of the stream, it returns the same token you passed in."
    end = logs.get_log_events(**place, nextToken=last["nextForwardToken"])
    assert (end["events"], end["nextForwardToken"]) == ([], last["nextForwardToken"])


def test_a_span_of_time(logs: Any) -> None:
    (stream,) = logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
    place = {"logGroupName": GROUP, "logStreamName": stream["logStreamName"]}
    end = stream["lastEventTimestamp"]
    assert logs.get_log_events(**place, startTime=end + 1)["events"] == []
    assert messages(logs.get_log_events(**place, startTime=end))[-1].startswith("REPORT")
    assert all(
        event["timestamp"] < end for event in logs.get_log_events(**place, endTime=end)["events"]
    )


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('"working on"', [f"working on {number}" for number in range(6)]),
        ("working -3 -4 -5", ["working on 0", "working on 1", "working on 2"]),
        ("{ $.number > 3 }", ['{"level": "INFO", "number": 4}', '{"level": "ERROR", "number": 5}']),
        (
            '{ $.level = "ERROR" && $.number != 3 }',
            ['{"level": "ERROR", "number": 1}', '{"level": "ERROR", "number": 5}'],
        ),
    ],
)
def test_what_matches_a_pattern(logs: Any, pattern: str, expected: list[str]) -> None:
    answer = logs.filter_log_events(logGroupName=GROUP, filterPattern=pattern)
    assert [message.rstrip("\n") for message in messages(answer)] == expected
    assert len({event["eventId"] for event in answer["events"]}) == len(expected)


def test_pages_of_matches_are_all_matches(logs: Any) -> None:
    whole = logs.filter_log_events(logGroupName=GROUP)["events"]
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=GROUP, PaginationConfig={"PageSize": 4}
    )
    assert [event for page in pages for event in page["events"]] == whole


def test_following_a_log_as_the_aws_command_does(endpoint: Endpoint, logs: Any) -> None:
    """`aws logs tail --follow` asks for all from the last timestamp on, and knows ids by heart."""
    seen: dict[str, str] = {}
    since = 0
    for number in (100, 101):
        Function(endpoint.region, "other").invoke(number)
        answer = logs.filter_log_events(
            logGroupName="/aws/lambda/other", startTime=since, interleaved=True
        )
        for event in answer["events"]:
            assert seen.setdefault(event["eventId"], event["message"]) == event["message"]
            since = max(since, event["timestamp"])
    assert [one.strip() for one in seen.values() if one.startswith("working on 1")] == [
        "working on 100",
        "working on 101",
    ]
    assert len(seen) == 1 + 3 * 5


@pytest.mark.parametrize("identifier", ["/aws/lambda/other", "arn"])
def test_live_tail(
    endpoint: Endpoint, logs: Any, monkeypatch: pytest.MonkeyPatch, identifier: str
) -> None:
    monkeypatch.setattr(live_tail, "INTERVAL", 0.05)
    if identifier == "arn":
        identifier = GROUP_ARN.replace("hello", "other")
    answer = logs.start_live_tail(logGroupIdentifiers=[identifier], logEventFilterPattern="working")
    with contextlib.closing(answer["responseStream"]) as stream:
        events = iter(stream)
        start = next(events)["sessionStart"]
        assert start["logGroupIdentifiers"] == [GROUP_ARN.replace("hello", "other")]
        Function(endpoint.region, "other").invoke(7)
        Function(endpoint.region, "hello").invoke(7)
        found: list[str] = []
        while not found:
            update = next(events)["sessionUpdate"]
            assert update["sessionMetadata"] == {"sampled": False}
            found += [event["message"] for event in update["sessionResults"]]
        assert found == ["working on 7\n"]


def test_stopping_ends_live_tails(region: Region, connect: Callable[..., Any]) -> None:
    deploy(region.client())
    Function(region, "hello").invoke(1)
    endpoint = Endpoint(region, Address(port=0))
    answer = connect(endpoint, "logs").start_live_tail(logGroupIdentifiers=[GROUP])
    assert endpoint.stop() == 0
    with contextlib.closing(answer["responseStream"]) as stream:
        assert [*next(iter(stream))] == ["sessionStart"]


@pytest.mark.parametrize(
    ("call", "request_", "expected"),
    [
        (
            "describe_log_streams",
            {"logGroupName": "/aws/lambda/nothing"},
            "ResourceNotFoundException: The specified log group does not exist.",
        ),
        (
            "get_log_events",
            {"logGroupName": GROUP, "logStreamName": "nothing"},
            "ResourceNotFoundException: The specified log stream does not exist.",
        ),
        (
            "filter_log_events",
            {"logGroupIdentifier": "arn:aws:logs:eu-west-1:123456789012:log-group:x"},
            "ResourceNotFoundException: The specified log group does not exist.",
        ),
        (
            "start_live_tail",
            {"logGroupIdentifiers": ["/aws/lambda/nothing"]},
            "ResourceNotFoundException: The specified log group does not exist.",
        ),
        (
            "start_live_tail",
            {"logGroupIdentifiers": [GROUP, "/aws/lambda/other"], "logStreamNames": ["x"]},
            "InvalidParameterException: logStreamNames and logStreamNamePrefixes need exactly one "
            "log group.",
        ),
        (
            "filter_log_events",
            {},
            "InvalidParameterException: Exactly one of logGroupName and logGroupIdentifier must be "
            "specified.",
        ),
        (
            "filter_log_events",
            {"logGroupName": GROUP, "filterPattern": "{ $.a"},
            "InvalidParameterException: Invalid filter pattern: { $.a",
        ),
        (
            "filter_log_events",
            {"logGroupName": GROUP, "nextToken": "nonsense"},
            "InvalidParameterException: The specified nextToken is invalid.",
        ),
        (
            "filter_log_events",
            {"logGroupName": GROUP, "limit": 0},
            "InvalidParameterException: 1 validation error detected: Value '0' at 'limit' failed "
            "to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            "filter_log_events",
            {"logGroupName": GROUP, "limit": "many"},
            "SerializationException: STRING_VALUE can not be converted to an Integer",
        ),
        (
            "describe_log_streams",
            {"logGroupName": GROUP, "orderBy": "LastEventTime", "logStreamNamePrefix": "2"},
            "InvalidParameterException: Cannot order by LastEventTime with a logStreamNamePrefix.",
        ),
        (
            "create_log_group",
            {"logGroupName": "mine"},
            "UnknownOperationException: CloudWatch Logs CreateLogGroup is not supported by "
            "lambda_magic.",
        ),
    ],
)
def test_refusals(logs: Any, call: str, request_: dict[str, Any], expected: str) -> None:
    assert refusal(getattr(logs, call), **request_) == expected


def test_the_log_of_a_request_is_in_its_answer_and_in_the_log(
    endpoint: Endpoint, connect: Callable[..., Any], logs: Any
) -> None:
    answer = connect(endpoint).invoke(FunctionName="hello", Payload=b"9")
    request_id = answer["ResponseMetadata"]["RequestId"]
    found = messages(logs.filter_log_events(logGroupName=GROUP, filterPattern=f'"{request_id}"'))
    assert [message.split()[0] for message in found] == ["START", "END", "REPORT"]
    assert json.load(answer["Payload"]) is None
