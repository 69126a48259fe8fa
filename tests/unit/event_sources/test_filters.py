"""Filters compare what the producer has written as JSON or as text, whichever they are about."""

import base64
import json
from typing import Any

import pytest

from lambda_magic.event_sources.filters import record_filter


def criteria(*patterns: Any) -> dict[str, Any]:
    return {"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]}


def message(body: str) -> dict[str, Any]:
    return {"eventSource": "aws:sqs", "messageId": "1", "body": body, "attributes": {}}


def stream_record(data: bytes) -> dict[str, Any]:
    kinesis = {"partitionKey": "p", "data": base64.b64encode(data).decode()}
    return {"eventSource": "aws:kinesis", "eventName": "aws:kinesis:record", "kinesis": kinesis}


def change(kind: str, image: dict[str, Any]) -> dict[str, Any]:
    return {"eventSource": "aws:dynamodb", "eventName": kind, "dynamodb": {"NewImage": image}}


def test_what_is_nested_too_deeply_is_not_wanted() -> None:
    wanted = record_filter(criteria({"body": {"number": [{"numeric": [">", 1]}]}}))
    assert wanted is not None
    assert wanted(message('{"number": [[2]]}'))
    assert not wanted(message('{"number": ' + "[" * 700 + "2" + "]" * 700 + "}"))


@pytest.mark.parametrize("none", [None, {}, {"Filters": []}, {"Filters": [{}]}])
def test_without_filters_everything_is_wanted(none: Any) -> None:
    assert record_filter(none) is None


# AWS's table of what happens to an incoming message: its format, the filter's, the outcome.
@pytest.mark.parametrize(
    ("body", "pattern", "wanted"),
    [
        ("hello", {"body": ["hello"]}, True),
        ("hello", {"body": [{"prefix": "x"}]}, False),
        ("hello", {"body": {"a": [1]}}, False),
        ("hello", {"messageId": ["1"]}, True),
        ('{"a": 1}', {"body": {"a": [1]}}, True),
        ('{"a": 2}', {"body": {"a": [1]}}, False),
        ('{"a": 1}', {"body": ['{"a": 1}']}, False),
        ('{"a": 1}', {"attributes": {"SenderId": [{"exists": False}]}}, True),
        ('[{"a": 1}]', {"body": {"a": [1]}}, True),
        ("not json", {"body": {"a": [{"exists": False}]}}, False),
        ("5", {"body": ["5"]}, True),
    ],
)
def test_messages(body: str, pattern: Any, wanted: bool) -> None:
    wants = record_filter(criteria(pattern))
    assert wants is not None
    assert wants(message(body)) is wanted


@pytest.mark.parametrize(
    ("data", "pattern", "wanted"),
    [
        (b'{"a": 1}', {"data": {"a": [1]}}, True),
        (b'{"a": 1}', {"data": {"a": [2]}}, False),
        (b"text", {"data": ["text"]}, True),
        (b"\xff", {"data": {"a": [1]}}, False),
        (b"text", {"partitionKey": ["p"]}, True),
    ],
)
def test_stream_records(data: bytes, pattern: Any, wanted: bool) -> None:
    wants = record_filter(criteria(pattern))
    assert wants is not None
    assert wants(stream_record(data)) is wanted


def test_changes_of_tables() -> None:
    wants = record_filter(
        criteria({"eventName": ["INSERT"], "dynamodb": {"NewImage": {"n": {"N": ["1"]}}}})
    )
    assert wants is not None
    assert wants(change("INSERT", {"n": {"N": "1"}}))
    assert not wants(change("MODIFY", {"n": {"N": "1"}}))
    assert not wants(change("INSERT", {"n": {"N": "2"}}))


def test_of_several_filters_one_matches() -> None:
    wants = record_filter(criteria({"body": {"a": [1]}}, {"body": {"b": [2]}}))
    assert wants is not None
    assert wants(message('{"b": 2}'))
    assert not wants(message('{"b": 1}'))
