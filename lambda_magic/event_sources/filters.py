"""FilterCriteria: which records of a source a function is to see.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from lambda_magic.event_sources.patterns import compile_pattern

#: Says whether a record, in the shape in which functions see it, is wanted.
RecordFilter = Callable[[Mapping[str, Any]], bool]

#: The member of a record that holds what the producer has written, by the record's eventSource;
#: those of DynamoDB are JSON as a whole.
_DATA = {"aws:sqs": "body", "aws:kinesis": "data"}


def record_filter(criteria: Mapping[str, Any] | None) -> RecordFilter | None:
    """What decides about records; None where everything is wanted. Raises `PatternError`.

    A record is wanted if one filter matches. What the producer has written is compared as JSON
    where the filter is about members of it, and as text where the filter is about text; if it is
    not of that kind, the filter does not match.
    """
    filters = (criteria or {}).get("Filters") or []
    patterns = [json.loads(one["Pattern"]) for one in filters if one.get("Pattern")]
    if not patterns:
        return None
    tests = [(compile_pattern(pattern), pattern) for pattern in patterns]

    def wanted(record: Mapping[str, Any]) -> bool:
        try:
            return any(
                (view := _view(record, pattern)) is not None and matches(view)
                for matches, pattern in tests
            )
        except RecursionError:  # nested more deeply than anything that is meant
            return False

    return wanted


def _view(record: Mapping[str, Any], pattern: Mapping[str, Any]) -> dict[str, Any] | None:
    """The record as a pattern looks at it; None where what was written is of another kind."""
    view = dict(record)
    if record["eventSource"] == "aws:kinesis":
        # Filters are written beside what functions see: {"data": ...}, not {"kinesis": ...}.
        view |= record["kinesis"]
    member = _DATA.get(record["eventSource"])
    if member is not None and member in pattern:
        written = _decoded(view[member]) if member == "data" else view[member]
        parsed = _parsed(written)
        if isinstance(pattern[member], list) is isinstance(parsed, dict | list):
            return None
        view[member] = written if isinstance(pattern[member], list) else parsed
    return view


def _decoded(text: Any) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, TypeError, UnicodeDecodeError):
        return None


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None
