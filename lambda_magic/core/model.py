"""The Lambda API as AWS describes it to machines, read from botocore's service model.

It says which operations there are and where they are over HTTP, and whether a request satisfies
the constraints on its members; what it refuses, it refuses in AWS's own words.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from lambda_magic.core.errors import (
    SerializationException,
    UnknownOperationException,
    ValidationException,
)

#: Where the quotas for ordinary functions are tighter than the model, which also describes
#: functions on managed instances: the greatest value of a shape.
_QUOTAS = {"MemorySize": 10_240, "Timeout": 900, "EphemeralStorageSize": 10_240}

#: Shapes with an enum that the service itself checks, because AWS's answer is a different one.
_CHECKED_BY_THE_SERVICE = frozenset({"Runtime"})

#: What a value of each type may be in Python, and what AWS calls the type.
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "a String"),
    "integer": ((int,), "an Integer"),
    "long": ((int,), "a Long"),
    "double": ((int, float), "a Double"),
    "float": ((int, float), "a Float"),
    "boolean": ((bool,), "a Boolean"),
    "blob": ((bytes, bytearray, str), "a ByteBuffer"),
    "timestamp": ((datetime, int, float, str), "a Timestamp"),
    "list": ((list, tuple), "a List"),
    "map": ((Mapping,), "a Map"),
    "structure": ((Mapping,), "a Structure"),
}

#: From where on a number is too large for a Long.
_LONG = 1 << 63

#: The one thing in the model's patterns that Python's `re` does not know, and what it means.
_JAVA_LETTERS, _PYTHON_LETTERS = r"\p{L}\p{Z}\p{N}", r"\w\s"

#: What a constraint demands, and whether a value meets it.
_Constraint = tuple[str, Callable[[Any], bool]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One operation of the API."""

    #: "GetFunction".
    name: str
    #: "get_function", as in boto3.
    method_name: str
    #: "GET".
    http_method: str
    #: "/2015-03-31/functions/{FunctionName}".
    path: str
    #: The HTTP status of success.
    status: int


@cache
def service_model() -> ServiceModel:
    """Botocore's model of the Lambda API."""
    # Not through a session: that would read the user's AWS profile, which may not even exist.
    return ServiceModel(Loader().load_service_model("lambda", "service-2"), "lambda")


@cache
def operations() -> Mapping[str, Operation]:
    """All operations of the API by their names, AWS's and boto3's."""
    found: dict[str, Operation] = {}
    for name in service_model().operation_names:
        http = service_model().operation_model(name).http
        operation = Operation(
            name=name,
            method_name=xform_name(name),
            http_method=http["method"],
            path=http["requestUri"],
            status=http.get("responseCode", 200),
        )
        found[name] = found[operation.method_name] = operation
    return found


def operation(name: str) -> Operation:
    """The operation of this name, AWS's ("GetFunction") or boto3's ("get_function")."""
    try:
        return operations()[name]
    except KeyError:
        raise UnknownOperationException(f"The Lambda API has no operation {name}") from None


def validate(operation_name: str, request: Mapping[str, Any]) -> None:
    """Refuse a request that does not satisfy the model."""
    shape = service_model().operation_model(operation(operation_name).name).input_shape
    if shape is None:
        return
    validate_shape(shape, request)


def validate_shape(shape: StructureShape, request: Mapping[str, Any]) -> None:
    """The same for the shape of any service's request."""
    errors = list(_violations(shape, request, ""))
    if errors:
        plural = "s" if len(errors) > 1 else ""
        raise ValidationException(
            f"{len(errors)} validation error{plural} detected: {'; '.join(errors)}"
        )


def enum_values(shape_name: str) -> list[str]:
    """The values that the model knows for a string shape, such as "Runtime"."""
    return list(service_model().shape_for(shape_name).metadata["enum"])


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """What is wrong with a value, in AWS's words; `path` is where it stands in the request."""
    _check_type(shape, value)
    for demand, is_met in _constraints(shape):
        if not is_met(value):
            yield _violation(shape, value, path, demand)
    if isinstance(shape, StructureShape):
        yield from _member_violations(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _element_violations(shape, value, path)
    elif isinstance(shape, MapShape):
        for part, demand, items in (
            (shape.key, "Map keys must satisfy constraint", value.keys()),
            (shape.value, "Map value must satisfy constraint", value.values()),
        ):
            if not all(_satisfies(part, item) for item in items):
                yield _violation(shape, value, path, f"{demand}: {_demands(part)}")


def _member_violations(shape: StructureShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        item = value.get(name)
        if item is not None:
            yield from _violations(member, item, _join(path, name))
        elif name in shape.required_members:
            where = _join(path, name)
            yield f"Value null at '{where}' failed to satisfy constraint: Member must not be null"


def _element_violations(shape: ListShape, value: Sequence[Any], path: str) -> Iterator[str]:
    if isinstance(shape.member, StructureShape):
        for number, element in enumerate(value, start=1):
            yield from _violations(shape.member, element, f"{path}.{number}.member")
    elif not all(_satisfies(shape.member, element) for element in value):
        demand = f"Member must satisfy constraint: {_demands(shape.member)}"
        yield _violation(shape, value, path, demand)


def _violation(shape: Shape, value: Any, path: str, demand: str) -> str:
    # AWS repeats no value that the model marks as sensitive.
    shown = "Value" if shape.metadata.get("sensitive") else f"Value '{_shown(value)}'"
    return f"{shown} at '{path}' failed to satisfy constraint: {demand}"


def _satisfies(shape: Shape, value: Any) -> bool:
    _check_type(shape, value)
    return all(is_met(value) for _, is_met in _constraints(shape))


def _demands(shape: Shape) -> str:
    demands = [demand for demand, _ in _constraints(shape)]
    return f"[{', '.join([*demands, 'Member must not be null'])}]"


@lru_cache(maxsize=1024)
def _constraints(shape: Shape) -> tuple[_Constraint, ...]:
    """The constraints of a shape, in the order in which AWS lists them."""
    metadata = shape.metadata
    greatest = _QUOTAS.get(shape.name, metadata.get("max"))
    least = metadata.get("min")
    constraints: list[_Constraint] = []
    if shape.type_name in ("integer", "long", "double", "float"):
        number = float if shape.type_name in ("double", "float") else int
        if greatest is not None:
            demand = f"Member must have value less than or equal to {number(greatest)}"
            constraints.append((demand, lambda value: bool(value <= greatest)))
        if least is not None:
            demand = f"Member must have value greater than or equal to {number(least)}"
            constraints.append((demand, lambda value: bool(value >= least)))
    elif shape.type_name != "structure":
        if greatest is not None:
            demand = f"Member must have length less than or equal to {greatest}"
            constraints.append((demand, lambda value: len(value) <= greatest))
        if least:
            demand = f"Member must have length greater than or equal to {least}"
            constraints.append((demand, lambda value: len(value) >= least))
    constraints.extend(_text_constraints(shape))
    return tuple(constraints)


def _text_constraints(shape: Shape) -> Iterator[_Constraint]:
    if pattern := shape.metadata.get("pattern"):
        compiled = re.compile(pattern.replace(_JAVA_LETTERS, _PYTHON_LETTERS))
        yield (
            f"Member must satisfy regular expression pattern: {pattern}",
            lambda value: compiled.fullmatch(value) is not None,
        )
    if (values := shape.metadata.get("enum")) and shape.name not in _CHECKED_BY_THE_SERVICE:
        yield (
            f"Member must satisfy enum value set: [{', '.join(values)}]",
            lambda value: value in values,
        )


def _check_type(shape: Shape, value: Any) -> None:
    types, name = _TYPES[shape.type_name]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise SerializationException(f"{_token(value)} can not be converted to {name}")
    if isinstance(value, str) and not value.isascii():
        _check_characters(value)
    elif isinstance(value, int) and not -_LONG <= value < _LONG:
        raise SerializationException(
            f"Numeric value ({value}) out of range of long ({-_LONG} - {_LONG - 1})"
        )


def _check_characters(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = f"\\u{ord(text[error.start]):04x}"
        raise SerializationException(f"STRING_VALUE has half a character ({half})") from None


def _token(value: Any) -> str:
    """What AWS's parser calls a value that it did not expect."""
    match value:
        case None:
            return "VALUE_NULL"
        case bool():
            return f"{str(value).upper()}_VALUE"
        case int() | float():
            return "NUMBER_VALUE"
        case str() | bytes() | bytearray():
            return "STRING_VALUE"
        case _:
            return "Start of structure or map"


def _shown(value: Any) -> str:
    """A value as AWS writes it in a message."""
    match value:
        case bool():
            return str(value).lower()
        case Mapping():
            return f"{{{', '.join(f'{key}={_shown(item)}' for key, item in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(_shown(item) for item in value)}]"
        case _:
            return str(value)


def _join(path: str, member: str) -> str:
    name = member[0].lower() + member[1:]
    return f"{path}.{name}" if path else name
