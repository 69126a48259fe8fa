"""Events from JSON and results to JSON, with the habits of AWS's Python runtime.

That one encodes with simplejson. What differs from the standard library: a named tuple, and
whatever else has `_asdict()`, is an object, bytes are UTF-8 text, as keys too, and a `Decimal` is a
number with its own digits.
"""

from __future__ import annotations

import functools
import json
import math
import os
import re
import sys

from .faults import Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from typing import Any

#: The first runtimes escape what is not ASCII.
_ESCAPING = ("3.8", "3.9", "3.10", "3.11")
#: What most values are, and no more has to be asked.
_SCALARS = frozenset((str, int, float, bool, type(None)))


def unmarshal_event(body: bytes, content_type: str) -> Any:
    """The handler's event."""
    if content_type != "application/json":
        return body
    try:
        return json.loads(body.decode())
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None


def marshal_result(result: Any) -> tuple[bytes, str]:
    """The handler's result as bytes, and their content type."""
    if isinstance(result, bytes):
        return result, "application/unknown"
    try:
        return to_json(result).encode(), "application/json"
    except Exception as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def to_json(value: Any) -> str:
    """JSON text of a value."""
    return _encoder(os.environ.get("AWS_EXECUTION_ENV", "")).encode(value)


class _Encoder(json.JSONEncoder):
    _digits: dict[str, str]

    def encode(self, value: Any) -> str:
        self._digits = {}
        try:
            text = super().encode(_plain(value))
        except RecursionError:
            # Circular, or too deep: the encoder says which.
            text = super().encode(value)
        if self._digits:
            text = re.sub(f'"({"|".join(self._digits)})"', self._decimal, text)
        return text

    def default(self, value: Any) -> Any:
        if isinstance(value, bytes):
            return value.decode()
        # Not imported here: a function that has no Decimal need not pay for the module.
        decimal = sys.modules.get("decimal")
        if decimal is not None and isinstance(value, decimal.Decimal):
            if value.is_nan():
                return math.nan
            # The encoder takes no ready-made number, so a word nobody can guess stands for it.
            word = os.urandom(16).hex()
            self._digits[word] = str(value)
            return word
        return super().default(value)

    def _decimal(self, match: re.Match[str]) -> str:
        return self._digits[match[1]]


@functools.lru_cache(maxsize=1)
def _encoder(execution_environment: str) -> _Encoder:
    version = execution_environment.rpartition("python")[2]
    return _Encoder(ensure_ascii=not version or version in _ESCAPING)


def _plain(value: Any) -> Any:
    """The same as simplejson sees it: of objects, arrays and what the encoder knows, or refuses."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is not dict and kind is not list:
        as_dict = getattr(value, "_asdict", None)
        if callable(as_dict):
            value = as_dict()
            if not isinstance(value, dict):
                raise TypeError(f"_asdict() must return a dict, not {type(value).__name__}")
    if isinstance(value, dict):
        # (Most keys and values need no call.)
        return {
            (k if type(k) is str else _key(k)): v if type(v) in _SCALARS else _plain(v)
            for k, v in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [v if type(v) in _SCALARS else _plain(v) for v in value]
    return value


def _key(key: Any) -> Any:
    if isinstance(key, bytes):
        return key.decode()
    if key is None or isinstance(key, (str, int, float)):
        return key
    raise TypeError(f"keys must be str, int, float, bool or None, not {type(key).__name__}")
