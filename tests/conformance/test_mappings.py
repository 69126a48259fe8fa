"""Event source mappings."""

from collections.abc import Callable

import pytest

from .table import CREATED, SOMETHING, Call, Row, ok, refused

QUEUE = "arn:aws:sqs:us-east-1:123456789012:$f"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/$f"
MAPPED: Call = ("create_event_source_mapping", {"FunctionName": "$f", "EventSourceArn": QUEUE})
NO_UUID = "11111111-2222-3333-4444-555555555555"

TABLE = [
    ok(
        "maps a queue",
        "create_event_source_mapping",
        MAPPED[1],
        202,
        given=[CREATED],
        UUID=SOMETHING,
        BatchSize=10,
        State="Creating",
        EventSourceArn=QUEUE,
        FunctionArn="$arn",
    ),
    ok(
        "maps a stream",
        "create_event_source_mapping",
        {"FunctionName": "$f", "EventSourceArn": STREAM, "StartingPosition": "LATEST"},
        202,
        given=[CREATED],
        BatchSize=100,
        StartingPosition="LATEST",
        ParallelizationFactor=1,
        MaximumRetryAttempts=-1,
    ),
    refused(
        "refuses a stream without a start",
        "create_event_source_mapping",
        {"FunctionName": "$f", "EventSourceArn": STREAM},
        400,
        "InvalidParameterValueException",
        (
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
            "constraint: Member must not be null."
        ),
        given=[CREATED],
    ),
    refused(
        "refuses a queue with a start",
        "create_event_source_mapping",
        {**MAPPED[1], "StartingPosition": "LATEST"},
        400,
        "InvalidParameterValueException",
        "StartingPosition is not valid for SQS event sources.",
        given=[CREATED],
    ),
    refused(
        "refuses a large batch at once",
        "create_event_source_mapping",
        {**MAPPED[1], "BatchSize": 100},
        400,
        "InvalidParameterValueException",
        (
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10"
        ),
        given=[CREATED],
    ),
    refused(
        "refuses an empty batch",
        "create_event_source_mapping",
        {**MAPPED[1], "BatchSize": 0},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '0' at 'batchSize' failed to satisfy "
            "constraint: Member must have value greater than or equal to 1"
        ),
        given=[CREATED],
    ),
    refused(
        "refuses the same twice",
        "create_event_source_mapping",
        MAPPED[1],
        409,
        "ResourceConflictException",
        (
            'An event source mapping with SQS arn (" arn:aws:sqs:us-east-1:123456789012:$f '
            '") and function (" $f ") already exists. Please update or delete the existing '
            "mapping with UUID $2.UUID"
        ),
        given=[CREATED, MAPPED],
    ),
    refused(
        "refuses no source",
        "create_event_source_mapping",
        {"FunctionName": "$f"},
        400,
        "InvalidParameterValueException",
        "Unrecognized event source.",
        given=[CREATED],
    ),
    refused(
        "refuses a source that is none",
        "create_event_source_mapping",
        {"FunctionName": "$f", "EventSourceArn": "arn:aws:ec2:us-east-1:123456789012:instance/i"},
        400,
        "InvalidParameterValueException",
        "Unrecognized event source.",
        given=[CREATED],
    ),
    refused(
        "misses the function",
        "create_event_source_mapping",
        MAPPED[1],
        400,
        "InvalidParameterValueException",
        "Function does not exist",
    ),
    ok(
        "reads",
        "get_event_source_mapping",
        {"UUID": "$2.UUID"},
        given=[CREATED, MAPPED],
        UUID="$2.UUID",
        BatchSize=10,
    ),
    refused(
        "misses a mapping",
        "get_event_source_mapping",
        {"UUID": NO_UUID},
        404,
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    ),
    ok(
        "changes",
        "update_event_source_mapping",
        {"UUID": "$2.UUID", "BatchSize": 5},
        202,
        given=[CREATED, MAPPED],
        BatchSize=5,
    ),
    refused(
        "misses what to change",
        "update_event_source_mapping",
        {"UUID": NO_UUID},
        404,
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    ),
    ok(
        "lists those of a function",
        "list_event_source_mappings",
        {"FunctionName": "$f"},
        given=[CREATED, MAPPED],
        EventSourceMappings=[{"UUID": "$2.UUID"}],
    ),
    ok(
        "lists those of a source",
        "list_event_source_mappings",
        {"EventSourceArn": QUEUE},
        given=[CREATED, MAPPED],
        EventSourceMappings=[{"UUID": "$2.UUID"}],
    ),
    ok(
        "deletes",
        "delete_event_source_mapping",
        {"UUID": "$2.UUID"},
        202,
        given=[CREATED, MAPPED],
        State="Deleting",
    ),
    refused(
        "deletes what is not there",
        "delete_event_source_mapping",
        {"UUID": NO_UUID},
        404,
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_conforms(conforms: Callable[[Row], None], row: Row) -> None:
    conforms(row)
