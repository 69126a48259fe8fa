"""The language that sample events are written in: JSON with places to fill.

In a string `${key}` stands for a value, and `${key|url}` for what a filter makes of it. A string
that is nothing but one such place becomes the value itself, whatever its type. An object with
one of `OPERATORS` for its only key becomes what that makes of the value, which is filled first: so
`{"$json": {...}}` is a document within a document.
"""

import base64
import gzip
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote_plus, urlencode

_PLACE = re.compile(r"\$\{(\w+)((?:\|\w+)*)\}")


def _moment(layout: str) -> Callable[[float], str]:
    return lambda time: datetime.fromtimestamp(time, UTC).strftime(layout)


def _milliseconds(layout: str) -> Callable[[float], str]:
    """`layout` with {} where the three digits are to stand."""
    return lambda time: _moment(layout)(time).format(f"{int(time * 1000) % 1000:03d}")


FILTERS: Mapping[str, Callable[[Any], Any]] = {
    # Of text.
    "base64": lambda text: base64.b64encode(str(text).encode()).decode(),
    "hex": lambda text: text.replace("-", ""),
    "md5": lambda text: hashlib.md5(str(text).encode(), usedforsecurity=False).hexdigest(),
    "text": str,
    "unrooted": lambda path: path.lstrip("/"),
    #: As S3 writes keys.
    "url": lambda text: quote_plus(str(text), safe="/"),
    # Of a time in seconds since the epoch.
    "clf": _moment("%d/%b/%Y:%H:%M:%S +0000"),
    "iso": _milliseconds("%Y-%m-%dT%H:%M:%S.{}Z"),
    "iso_offset": _milliseconds("%Y-%m-%dT%H:%M:%S.{}+0000"),
    "iso_seconds": _moment("%Y-%m-%dT%H:%M:%SZ"),
    "microseconds": lambda time: int(time * 1_000_000),
    "milliseconds": lambda time: int(time * 1000),
    "rabbitmq": _moment("%b %-d, %Y, %-I:%M:%S %p"),
    "rfc2822": lambda time: format_datetime(datetime.fromtimestamp(time, UTC)),
    "seconds": int,
}

#: By name, what is made of a filled value.
OPERATORS: Mapping[str, Callable[[Any], Any]] = {
    #: As CloudWatch Logs sends log events.
    "$gzip": lambda value: base64.b64encode(
        gzip.compress(json.dumps(value).encode(), mtime=0)
    ).decode(),
    "$json": json.dumps,
    #: Every value in a list of its own.
    "$lists": lambda values: values and {key: [value] for key, value in values.items()},
    "$query": lambda values: urlencode(values or {}),
}


def filled(template: Any, values: Mapping[str, Any]) -> Any:
    """A template with its places filled; `${uuid}` is another one each time.

    >>> filled({"key": "${key|url}", "size": "${size}"}, {"key": "a b", "size": 3})
    {'key': 'a+b', 'size': 3}
    """
    match template:
        case str():
            return _filled_text(template, values)
        case list():
            return [filled(item, values) for item in template]
        case dict():
            if len(template) == 1 and (operator := OPERATORS.get(next(iter(template)))):
                return operator(filled(next(iter(template.values())), values))
            return {
                str(_filled_text(key, values)): filled(item, values)
                for key, item in template.items()
            }
        case _:
            return template


def _filled_text(text: str, values: Mapping[str, Any]) -> Any:
    if whole := _PLACE.fullmatch(text):
        return _value(whole, values)
    return _PLACE.sub(lambda place: str(_value(place, values)), text)


def _value(place: re.Match[str], values: Mapping[str, Any]) -> Any:
    name, filters = place[1], place[2].split("|")[1:]
    value = str(uuid.uuid4()) if name == "uuid" else values[name]
    for one in filters:
        value = FILTERS[one](value)
    return value
