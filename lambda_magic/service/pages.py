"""Pages: how the List operations hand out what is more than fits in one answer."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from lambda_magic.core.errors import InvalidParameterValueException

#: The most that one page holds, whatever MaxItems says.
PAGE_SIZE = 50

_T = TypeVar("_T")


def page(
    items: Sequence[_T], request: Mapping[str, Any], key: Callable[[_T], Any]
) -> tuple[Sequence[_T], dict[str, str]]:
    """The page that a request asks for, and the `NextMarker` member if there is another.

    `items` are sorted by `key`, whose values are kept in the marker: a page begins in the right
    place even if the last item of the one before is gone by then.
    """
    if request.get("Marker"):
        after = _decoded(request["Marker"])
        items = [item for item in items if _is_after(key(item), after)]
    size = min(request.get("MaxItems") or PAGE_SIZE, PAGE_SIZE)
    if len(items) <= size:
        return items, {}
    return items[:size], {"NextMarker": _encoded(key(items[size - 1]))}


def _encoded(key: Any) -> str:
    return base64.b64encode(json.dumps(key).encode()).decode()


def _decoded(marker: str) -> Any:
    try:
        return json.loads(base64.b64decode(marker, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise _invalid() from None


def _is_after(key: Any, marker: Any) -> bool:
    try:
        return bool(key > marker)
    except TypeError:  # the marker of another operation
        raise _invalid() from None


def _invalid() -> InvalidParameterValueException:
    return InvalidParameterValueException("Invalid Marker")
