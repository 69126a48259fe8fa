"""AWS's table of success and failure conditions of partial batch responses."""

import json
from typing import Any

import pytest

from lambda_magic.event_sources.responses import failed_items
from lambda_magic.monitoring.result import InvocationResult

ALL = frozenset({"a", "b"})


def result(payload: bytes, error: str | None = None) -> InvocationResult:
    return InvocationResult(
        status_code=200,
        payload_bytes=payload,
        function_error=error,
        executed_version="1",
        request_id="r",
        function_name="f",
    )


def items(*identifiers: Any) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": one} for one in identifiers]}


@pytest.mark.parametrize(
    ("response", "failed"),
    [
        (items("a"), {"a"}),
        (items("a", "b"), ALL),
        (items("a", "a"), {"a"}),
        # A complete success.
        (items(), ()),
        ({"batchItemFailures": None}, ()),
        ({}, ()),
        (None, ()),
        ("", ()),
        # A complete failure.
        (items(""), ALL),
        (items(None), ALL),
        (items("somebody else"), ALL),
        (items("a", "somebody else"), ALL),
        ({"batchItemFailures": [{"key": "a"}]}, ALL),
        ({"batchItemFailures": ["a"]}, ALL),
        ({"batchItemFailures": "a"}, ALL),
        ([1], ALL),
        ("text", ALL),
    ],
)
def test_what_is_reported(response: Any, failed: Any) -> None:
    answer = result(json.dumps(response).encode())
    assert failed_items(answer, ALL, partial=True) == frozenset(failed)


def test_without_reports_a_response_says_nothing() -> None:
    assert failed_items(result(json.dumps(items("a")).encode()), ALL, partial=False) == frozenset()


def test_a_response_that_is_no_json_fails_the_batch() -> None:
    assert failed_items(result(b"{"), ALL, partial=True) == ALL
    assert failed_items(result(b""), ALL, partial=True) == frozenset()


@pytest.mark.parametrize("partial", [True, False])
def test_a_function_error_fails_the_batch(partial: bool) -> None:
    answer = result(json.dumps(items("a")).encode(), error="Unhandled")
    assert failed_items(answer, ALL, partial=partial) == ALL
