"""AWS's record of an asynchronous invocation, whole, and the attributes of a dead letter."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from lambda_magic.core.errors import ServiceException, TooManyRequestsException
from lambda_magic.invocation import records
from lambda_magic.invocation.records import Ended
from lambda_magic.invocation.retries import Condition
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.store.event_queue import QueuedEvent

EVENT = QueuedEvent(
    request_id="e4b46cbf-b738-4f80-8880-a18cdf61200e",
    function_name="hello",
    qualifier=None,
    payload=b'{"ORDER_IDS": ["9e07af03-ce31"]}',
    client_context=None,
    trace_id="Root=1",
    received=1_573_754_585.0,
    due=1_573_754_585.0,
    attempts=3,
)
ERROR = {"errorMessage": "no such order", "errorType": "KeyError", "stackTrace": []}


def result(payload: Any, function_error: str | None = None) -> InvocationResult:
    return InvocationResult(
        status_code=200,
        payload_bytes=payload if isinstance(payload, bytes) else json.dumps(payload).encode(),
        function_error=function_error,
        executed_version="$LATEST",
        request_id=EVENT.request_id,
        function_name="hello",
    )


def ended(condition: Condition, outcome: Any = None, **changes: Any) -> Ended:
    return Ended(
        event=replace(EVENT, **changes),
        condition=condition,
        outcome=outcome,
        function_arn="arn:aws:lambda:us-east-1:123456789012:function:hello:$LATEST",
        time=1_573_754_765.5684,
    )


def record(of: Ended) -> Any:
    return json.loads(records.invocation_record(of))


def test_the_record_of_a_failure() -> None:
    assert record(ended(Condition.RETRIES_EXHAUSTED, result(ERROR, "Unhandled"))) == {
        "version": "1.0",
        "timestamp": "2019-11-14T18:06:05.568Z",
        "requestContext": {
            "requestId": "e4b46cbf-b738-4f80-8880-a18cdf61200e",
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:hello:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"ORDER_IDS": ["9e07af03-ce31"]},
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": ERROR,
    }


def test_the_record_of_a_success() -> None:
    made = record(ended(Condition.SUCCESS, result({"greeting": "hi"}), attempts=1))

    assert made["requestContext"]["condition"] == "Success"
    assert made["requestContext"]["approximateInvokeCount"] == 1
    assert made["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert made["responsePayload"] == {"greeting": "hi"}


@pytest.mark.parametrize(
    "condition", [Condition.EVENT_AGE_EXCEEDED, Condition.ZERO_RESERVED_CONCURRENCY]
)
def test_the_record_of_an_event_that_never_ran(condition: Condition) -> None:
    made = record(ended(condition, TooManyRequestsException(), attempts=0))

    assert made["requestContext"]["condition"] == condition.value
    assert made["requestContext"]["approximateInvokeCount"] == 0
    assert set(made) == {"version", "timestamp", "requestContext", "requestPayload"}


@pytest.mark.parametrize(
    ("payload", "shown"), [(b"", None), (b"null", None), (b"no json", "no json"), (b"[1]", [1])]
)
def test_any_response_has_its_place(payload: bytes, shown: Any) -> None:
    assert record(ended(Condition.SUCCESS, result(payload)))["responsePayload"] == shown


def test_an_empty_payload_is_what_the_handler_got() -> None:
    assert record(ended(Condition.SUCCESS, result(1), payload=b""))["requestPayload"] == {}


@pytest.mark.parametrize(
    ("condition", "outcome", "code", "message"),
    [
        (Condition.RETRIES_EXHAUSTED, result(ERROR, "Unhandled"), "200", "no such order"),
        (Condition.RETRIES_EXHAUSTED, result(b"[1]", "Unhandled"), "200", "[1]"),
        (Condition.EVENT_AGE_EXCEEDED, TooManyRequestsException(), "429", "Rate Exceeded."),
        (Condition.EVENT_AGE_EXCEEDED, ServiceException("it broke"), "500", "it broke"),
        (Condition.EVENT_AGE_EXCEEDED, None, "500", None),
        (
            Condition.ZERO_RESERVED_CONCURRENCY,
            None,
            "429",
            "Function not invoked. Function isconfigured with zero reserved concurrent executions",
        ),
        (
            Condition.RETRIES_EXHAUSTED,
            result({"errorMessage": "é" * 600}, "Unhandled"),
            "200",
            "é" * 512,
        ),
    ],
)
def test_a_dead_letter(condition: Condition, outcome: Any, code: str, message: str | None) -> None:
    expected = {"RequestID": EVENT.request_id, "ErrorCode": code}
    if message is not None:
        expected["ErrorMessage"] = message

    assert records.dead_letter_attributes(ended(condition, outcome)) == expected


def test_where_a_record_lies_in_a_bucket() -> None:
    key = records.object_key("hello", 1_573_754_765.5)

    assert re.fullmatch(
        r"aws/lambda/async/hello/2019/11/14/2019-11-14T18\.06\.05-[0-9a-f-]{36}", key
    )


@pytest.mark.parametrize(
    ("condition", "word"),
    [(Condition.SUCCESS, "Success"), (Condition.RETRIES_EXHAUSTED, "Failure")],
)
def test_what_eventbridge_calls_it(condition: Condition, word: str) -> None:
    made = record(ended(condition, result(1)))

    assert records.detail_type(made) == f"Lambda Function Invocation Result - {word}"
