"""Invoke: what it answers, and what it refuses."""

from collections.abc import Callable

import pytest

from .table import (
    ALIASED,
    CREATED,
    FUNCTION,
    NOTHING,
    PUBLISHED,
    SOMETHING,
    Call,
    Row,
    ok,
    refused,
    zipped,
)

RAISES: Call = (
    "create_function",
    {**FUNCTION, "Code": {"ZipFile": zipped("def handler(event, context):\n    1 / 0\n")}},
)

TABLE = [
    ok(
        "answers with the payload",
        "invoke",
        {"FunctionName": "$f", "Payload": b'{"a": 1}'},
        given=[CREATED],
        StatusCode=200,
        ExecutedVersion="$LATEST",
        Payload=b'{"a": 1}',
        FunctionError=NOTHING,
        LogResult=NOTHING,
    ),
    ok(
        "answers with the log",
        "invoke",
        {"FunctionName": "$f", "LogType": "Tail"},
        given=[CREATED],
        LogResult=SOMETHING,
        Payload=b"{}",
    ),
    ok(
        "runs a version",
        "invoke",
        {"FunctionName": "$f", "Qualifier": "1"},
        given=[CREATED, PUBLISHED],
        ExecutedVersion="1",
    ),
    ok(
        "runs an alias",
        "invoke",
        {"FunctionName": "$f:LIVE"},
        given=[CREATED, PUBLISHED, ALIASED],
        ExecutedVersion="1",
    ),
    ok(
        "runs what an ARN names",
        "invoke",
        {"FunctionName": "$arn:1"},
        given=[CREATED, PUBLISHED],
        ExecutedVersion="1",
    ),
    ok(
        "answers with the error",
        "invoke",
        {"FunctionName": "$f"},
        given=[RAISES],
        StatusCode=200,
        FunctionError="Unhandled",
        ExecutedVersion="$LATEST",
    ),
    ok(
        "takes an event",
        "invoke",
        {"FunctionName": "$f", "InvocationType": "Event", "Payload": b"1"},
        202,
        given=[CREATED],
        StatusCode=202,
        ExecutedVersion=NOTHING,
        Payload=b"",
    ),
    refused(
        "takes no event that is no JSON",
        "invoke",
        {"FunctionName": "$f", "InvocationType": "Event", "Payload": b"{"},
        400,
        "InvalidRequestContentException",
        "Could not parse request body into json: Expecting property name enclosed in double "
        "quotes: line 1 column 2 (char 1)",
        given=[CREATED],
    ),
    refused(
        "takes no event for nobody",
        "invoke",
        {"FunctionName": "$f", "InvocationType": "Event"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn:$LATEST",
    ),
    ok(
        "takes an event the old way",
        "invoke_async",
        {"FunctionName": "$f", "InvokeArgs": b"{}"},
        202,
        given=[CREATED],
        Status=202,
    ),
    ok(
        "only checks",
        "invoke",
        {"FunctionName": "$f", "InvocationType": "DryRun"},
        204,
        given=[CREATED],
        StatusCode=204,
        ExecutedVersion=NOTHING,
    ),
    refused(
        "checks that it is there",
        "invoke",
        {"FunctionName": "$f", "InvocationType": "DryRun"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn:$LATEST",
    ),
    refused(
        "misses the function",
        "invoke",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn:$LATEST",
        Type="User",
    ),
    refused(
        "misses the version",
        "invoke",
        {"FunctionName": "$f", "Qualifier": "9"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn:9",
        given=[CREATED],
    ),
    refused(
        "misses the alias",
        "invoke",
        {"FunctionName": "$f", "Qualifier": "NOPE"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn:NOPE",
        given=[CREATED],
    ),
    refused(
        "refuses what is no JSON",
        "invoke",
        {"FunctionName": "$f", "Payload": b"{"},
        400,
        "InvalidRequestContentException",
        (
            "Could not parse request body into json: Expecting property name enclosed in "
            "double quotes: line 1 column 2 (char 1)"
        ),
        given=[CREATED],
        Type="User",
    ),
    refused(
        "refuses a large payload",
        "invoke",
        {"FunctionName": "$f", "Payload": b"1" * 6_291_457},
        413,
        "RequestTooLargeException",
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
        given=[CREATED],
        Type="User",
    ),
    refused(
        "refuses an invocation type",
        "invoke",
        {"FunctionName": "$f", "InvocationType": "Later"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'Later' at 'invocationType' failed to "
            "satisfy constraint: Member must satisfy enum value set: [Event, "
            "RequestResponse, DryRun]"
        ),
        given=[CREATED],
    ),
    refused(
        "refuses a log type",
        "invoke",
        {"FunctionName": "$f", "LogType": "Head"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'Head' at 'logType' failed to satisfy "
            "constraint: Member must satisfy enum value set: [None, Tail]"
        ),
        given=[CREATED],
    ),
    refused(
        "refuses a client context",
        "invoke",
        {"FunctionName": "$f", "ClientContext": "no base64"},
        400,
        "InvalidRequestContentException",
        "Client context must be a valid Base64-encoded JSON object.",
        given=[CREATED],
    ),
    refused(
        "throttles where nothing is reserved",
        "invoke",
        {"FunctionName": "$f"},
        429,
        "TooManyRequestsException",
        "Rate Exceeded.",
        given=[
            CREATED,
            ("put_function_concurrency", {"FunctionName": "$f", "ReservedConcurrentExecutions": 0}),
        ],
        Type="User",
        Reason="ReservedFunctionConcurrentInvocationLimitExceeded",
    ),
    refused(
        "refuses a tenant",
        "invoke",
        {"FunctionName": "$f", "TenantId": "blue"},
        400,
        "InvalidParameterValueException",
        "The invoked function is not enabled with tenancy configuration.",
        given=[CREATED],
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_conforms(conforms: Callable[[Row], None], row: Row) -> None:
    conforms(row)
