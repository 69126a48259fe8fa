"""Values of the API's shapes as they travel: in JSON, in headers, paths and queries."""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.utils import parse_timestamp

from lambda_magic.core.errors import SerializationException

_WORDS = {"true": True, "false": False}


def member_name(shape: Shape, name: str) -> str:
    """What a member is called where it travels; mostly its own name."""
    serialized: str = shape.serialization.get("name", name)
    return serialized


def from_json(shape: Shape, value: Any) -> Any:
    """A parsed JSON value as boto3 would have it.

    What has the wrong type stays as it is: `core.model.validate` says so in AWS's words.
    """
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return structure_from_json(shape, value)
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [from_json(shape.member, item) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {key: from_json(shape.value, item) for key, item in value.items()}
    if shape.type_name == "blob" and isinstance(value, str):
        return _blob(value)
    if shape.type_name == "timestamp" and value is not None:
        return _timestamp(value)
    return value


def structure_from_json(shape: StructureShape, value: Mapping[str, Any]) -> dict[str, Any]:
    """The members that the shape knows; AWS ignores others, too."""
    found = {}
    for name, member in shape.members.items():
        given = value.get(member_name(member, name))
        if given is not None:
            found[name] = from_json(member, given)
    return found


def from_text(shape: Shape, text: str) -> Any:
    """The value of a header, of a part of the path, or of a parameter in the query."""
    match shape.type_name:
        case "integer" | "long":
            try:
                return int(text)
            except ValueError:
                raise SerializationException(
                    f"STRING_VALUE can not be converted to {_number(shape)}"
                ) from None
        case "boolean":
            try:
                return _WORDS[text.lower()]
            except KeyError:
                raise SerializationException(
                    "STRING_VALUE can not be converted to a Boolean"
                ) from None
        case "timestamp":
            return _timestamp(text)
        case _:
            return text


def to_json(shape: Shape, value: Any) -> Any:
    """A value as `json.dumps` takes it: blobs in base64, timestamps in seconds since the epoch."""
    if isinstance(shape, StructureShape):
        return {
            member_name(shape.members[name], name): to_json(shape.members[name], item)
            for name, item in value.items()
            if item is not None and name in shape.members
        }
    if isinstance(shape, ListShape):
        return [to_json(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: to_json(shape.value, item) for key, item in value.items()}
    if shape.type_name == "blob":
        return base64.b64encode(value.encode() if isinstance(value, str) else value).decode("ascii")
    if isinstance(value, datetime):
        return value.timestamp()
    return value


def parse_json(body: bytes) -> Mapping[str, Any]:
    """The JSON object in a request's body; an empty body is an empty object."""
    if not body:
        return {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise SerializationException("Could not parse request body into json") from None
    if not isinstance(value, dict):
        raise SerializationException("Unexpected token: the request body must be a JSON object")
    return value


def _blob(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SerializationException(
            "Unable to decode the value of a blob: it is not base64"
        ) from None


def _timestamp(value: Any) -> datetime:
    try:
        moment: datetime = parse_timestamp(value)
        return moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, OSError, RuntimeError):
        raise SerializationException(f"{value!r} can not be converted to a Date") from None


def _number(shape: Shape) -> str:
    return "a Long" if shape.type_name == "long" else "an Integer"
