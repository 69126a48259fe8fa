"""InvokeWithResponseStream: the events that it answers with, and what it refuses."""

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

CALL = "invoke_with_response_stream"

YIELDS: Call = (
    "create_function",
    {
        **FUNCTION,
        "Code": {
            "ZipFile": zipped(
                "def handler(event, context):\n"
                "    yield 'one'\n"
                "    yield b'two'\n"
                "    if event.get('fail'):\n"
                "        raise ValueError('three')\n"
            )
        },
    },
)
RAISES: Call = (
    "create_function",
    {**FUNCTION, "Code": {"ZipFile": zipped("def handler(event, context):\n    1 / 0\n")}},
)


def chunk(payload: bytes) -> dict[str, object]:
    return {"PayloadChunk": {"Payload": payload}, "InvokeComplete": NOTHING}


def complete(**members: object) -> dict[str, object]:
    return {"InvokeComplete": members, "PayloadChunk": NOTHING}


TABLE = [
    ok(
        "answers with the pieces",
        CALL,
        {"FunctionName": "$f"},
        given=[YIELDS],
        StatusCode=200,
        ExecutedVersion="$LATEST",
        ResponseStreamContentType="application/vnd.amazon.eventstream",
        EventStream=[
            chunk(b"one"),
            chunk(b"two"),
            complete(ErrorCode=NOTHING, ErrorDetails=NOTHING, LogResult=NOTHING),
        ],
    ),
    ok(
        "answers with a whole response in one piece",
        CALL,
        {"FunctionName": "$f", "Payload": b'{"a": 1}'},
        given=[CREATED],
        EventStream=[chunk(b'{"a": 1}'), complete(ErrorCode=NOTHING)],
    ),
    ok(
        "answers with the log in the end",
        CALL,
        {"FunctionName": "$f", "LogType": "Tail"},
        given=[YIELDS],
        EventStream=[chunk(b"one"), chunk(b"two"), complete(LogResult=SOMETHING)],
    ),
    ok(
        "runs a version",
        CALL,
        {"FunctionName": "$f", "Qualifier": "1"},
        given=[YIELDS, PUBLISHED],
        ExecutedVersion="1",
    ),
    ok(
        "runs an alias",
        CALL,
        {"FunctionName": "$f:LIVE"},
        given=[YIELDS, PUBLISHED, ALIASED],
        ExecutedVersion="1",
    ),
    ok(
        "ends with the error of a handler that had begun",
        CALL,
        {"FunctionName": "$f", "Payload": b'{"fail": true}'},
        given=[YIELDS],
        StatusCode=200,
        EventStream=[
            chunk(b"one"),
            chunk(b"two"),
            complete(ErrorCode="ValueError", ErrorDetails=SOMETHING),
        ],
    ),
    ok(
        "ends with the error of a handler that had not",
        CALL,
        {"FunctionName": "$f"},
        given=[RAISES],
        StatusCode=200,
        EventStream=[complete(ErrorCode="ZeroDivisionError", ErrorDetails=SOMETHING)],
    ),
    ok(
        "only checks",
        CALL,
        {"FunctionName": "$f", "InvocationType": "DryRun"},
        204,
        given=[YIELDS],
    ),
    refused(
        "misses the function",
        CALL,
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn:$LATEST",
        Type="User",
    ),
    refused(
        "misses the version",
        CALL,
        {"FunctionName": "$f", "Qualifier": "9"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn:9",
        given=[YIELDS],
    ),
    refused(
        "refuses what is no JSON",
        CALL,
        {"FunctionName": "$f", "Payload": b"["},
        400,
        "InvalidRequestContentException",
        "Could not parse request body into json: Expecting value: line 1 column 2 (char 1)",
        given=[YIELDS],
    ),
    refused(
        "refuses to run later",
        CALL,
        {"FunctionName": "$f", "InvocationType": "Event"},
        400,
        "ValidationException",
        "1 validation error detected: Value 'Event' at 'invocationType' failed to satisfy "
        "constraint: Member must satisfy enum value set: [RequestResponse, DryRun]",
        given=[YIELDS],
    ),
    refused(
        "throttles where nothing is reserved",
        CALL,
        {"FunctionName": "$f"},
        429,
        "TooManyRequestsException",
        "Rate Exceeded.",
        given=[
            YIELDS,
            ("put_function_concurrency", {"FunctionName": "$f", "ReservedConcurrentExecutions": 0}),
        ],
        Reason="ReservedFunctionConcurrentInvocationLimitExceeded",
    ),
    refused(
        "refuses a tenant",
        CALL,
        {"FunctionName": "$f", "TenantId": "blue"},
        400,
        "InvalidParameterValueException",
        "The invoked function is not enabled with tenancy configuration.",
        given=[YIELDS],
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_conforms(conforms: Callable[[Row], None], row: Row) -> None:
    conforms(row)
