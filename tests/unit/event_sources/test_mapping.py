import json

import pytest

from lambda_magic.event_sources.mapping import SourceMapping
from lambda_magic.event_sources.poller import Status

ARN = "arn:aws:sqs:us-east-1:123456789012:orders"


def test_a_queues_document() -> None:
    mapping = SourceMapping.read(
        "u",
        {
            "EventSourceArn": ARN,
            "FunctionName": "hello",
            "Qualifier": "LIVE",
            "BatchSize": 10,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {"MaximumConcurrency": 2},
            "FilterCriteria": {"Filters": [{"Pattern": json.dumps({"body": ["x"]})}]},
        },
    )
    assert mapping.service == "sqs"
    assert (mapping.reports_failures, mapping.maximum_concurrency) == (True, 2)
    assert mapping.wanted is not None
    assert mapping.wanted({"eventSource": "aws:sqs", "body": "x"})
    assert mapping.on_failure is None


def test_a_streams_document() -> None:
    mapping = SourceMapping.read(
        "u",
        {
            "EventSourceArn": "arn:aws:kinesis:us-east-1:123456789012:stream/s",
            "FunctionName": "hello",
            "Qualifier": None,
            "BatchSize": 100,
            "MaximumBatchingWindowInSeconds": 5,
            "BisectBatchOnFunctionError": True,
            "MaximumRetryAttempts": 3,
            "MaximumRecordAgeInSeconds": 60,
            "ParallelizationFactor": 2,
            "TumblingWindowInSeconds": 30,
            "StartingPosition": "AT_TIMESTAMP",
            "StartingPositionTimestamp": 1.5,
            "DestinationConfig": {"OnFailure": {"Destination": ARN}},
            "FunctionResponseTypes": [],
        },
    )
    assert mapping == SourceMapping(
        uuid="u",
        source_arn="arn:aws:kinesis:us-east-1:123456789012:stream/s",
        function_name="hello",
        qualifier=None,
        batch_size=100,
        batching_window=5.0,
        bisects=True,
        maximum_retries=3,
        maximum_age=60.0,
        parallelization=2,
        tumbling_window=30.0,
        starting_position="AT_TIMESTAMP",
        starting_timestamp=1.5,
        on_failure=ARN,
    )


def test_a_source_without_arn_is_not_read() -> None:
    with pytest.raises(KeyError):
        SourceMapping.read("u", {"FunctionName": "hello", "Qualifier": None, "BatchSize": 1})


def test_a_status_tells_the_last_problem_until_it_is_over() -> None:
    status = Status()
    assert (status.is_up, status.result) == (False, None)
    status.source_failed(ValueError("gone"))
    assert (status.is_up, status.result) == (True, "PROBLEM: gone")
    status.up()
    assert status.result == "OK"
