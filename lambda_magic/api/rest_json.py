"""Requests and responses of the Lambda API as HTTP: AWS's "rest-json" protocol, by the model.

https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.model import ListShape, OperationModel, Shape, StructureShape

from lambda_magic.api.routing import Match
from lambda_magic.api.values import (
    from_json,
    from_text,
    member_name,
    parse_json,
    structure_from_json,
    to_json,
)
from lambda_magic.core import model
from lambda_magic.core.errors import LambdaError

Headers = list[tuple[bytes, bytes]]

_JSON = (b"content-type", b"application/json")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A response, ready to be sent."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class _Layout:
    """Where the members of a shape are in a message: name there -> (member, its shape)."""

    path: Mapping[str, tuple[str, Shape]]
    query: Mapping[str, tuple[str, Shape]]
    headers: Mapping[str, tuple[str, Shape]]
    #: The member that is the HTTP status.
    status: str | None
    #: The member that is the whole body.
    payload: tuple[str, Shape] | None
    #: The members of the JSON object that otherwise is the body.
    body: frozenset[str]


def parse(
    match: Match,
    query: Mapping[str, Sequence[str]],
    headers: Mapping[str, str],
    body: bytes,
) -> dict[str, Any]:
    """The members of a request, as boto3 has them; names of headers are in lower case.

    Raises `SerializationException`.
    """
    shape = match.operation.input_shape
    if shape is None:
        return {}
    layout = _layout(shape)
    request: dict[str, Any] = {
        member: from_text(part, match.labels[name]) for name, (member, part) in layout.path.items()
    }
    for name, (member, part) in layout.query.items():
        if values := query.get(name):
            request[member] = _from_query(part, values)
    for name, (member, part) in layout.headers.items():
        if name in headers:
            request[member] = from_text(part, headers[name])
    return request | _from_body(shape, layout, body)


def reply(operation: OperationModel, answer: Mapping[str, Any]) -> Reply:
    """The response that says what the service answered."""
    status = operation.http.get("responseCode", 200)
    shape = operation.output_shape
    if shape is None:
        return Reply(status=status, headers=[], body=b"")
    layout = _layout(shape)
    if layout.status is not None:
        status = answer.get(layout.status, status)
    headers: Headers = [
        (name.encode("ascii"), str(answer[member]).encode("utf-8"))
        for name, (member, _) in layout.headers.items()
        if answer.get(member) is not None
    ]
    if layout.payload is None:
        if status == 204:
            return Reply(status=status, headers=headers, body=b"")
        content = to_json(shape, {name: answer[name] for name in layout.body if name in answer})
        return Reply(status=status, headers=[*headers, _JSON], body=_dumped(content))
    member, part = layout.payload
    payload = answer.get(member, b"")
    if part.type_name != "blob":
        payload = _dumped(to_json(part, payload))
    if payload:
        headers.append(_JSON)
    return Reply(status=status, headers=headers, body=payload)


def error_reply(error: LambdaError) -> Reply:
    """The response that says what went wrong."""
    body = error.body()
    headers: Headers = [(b"x-amzn-errortype", error.code.encode("ascii")), _JSON]
    shape = _error_shapes().get(error.code)
    if shape is not None:
        for name, (member, _) in _layout(shape).headers.items():
            if (value := body.pop(member, None)) is not None:
                headers.append((name.encode("ascii"), str(value).encode("utf-8")))
    return Reply(status=error.status, headers=headers, body=_dumped(body))


def _from_query(shape: Shape, values: Sequence[str]) -> Any:
    if isinstance(shape, ListShape):
        return [from_text(shape.member, value) for value in values]
    return from_text(shape, values[0])


def _from_body(shape: StructureShape, layout: _Layout, body: bytes) -> dict[str, Any]:
    if layout.payload is None:
        return structure_from_json(shape, parse_json(body)) if layout.body else {}
    member, part = layout.payload
    if part.type_name == "blob":
        return {member: body}
    return {member: from_json(part, parse_json(body))} if body else {}


@cache
def _layout(shape: StructureShape) -> _Layout:
    found: dict[str, dict[str, tuple[str, Shape]]] = {"uri": {}, "querystring": {}, "header": {}}
    status, body = None, set()
    payload = shape.serialization.get("payload")
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        wire_name = member_name(member, name)
        if location == "statusCode":
            status = name
        elif location == "header":
            found["header"][wire_name.lower()] = (name, member)
        elif location is not None:
            found[location][wire_name] = (name, member)
        elif name != payload:
            body.add(name)
    return _Layout(
        path=found["uri"],
        query=found["querystring"],
        headers=found["header"],
        status=status,
        payload=(payload, shape.members[payload]) if payload else None,
        body=frozenset(body),
    )


@cache
def _error_shapes() -> dict[str, StructureShape]:
    shapes: list[Any] = model.service_model().error_shapes
    return {shape.name: shape for shape in shapes}


def _dumped(value: Any) -> bytes:
    # Half characters are refused; what an older store has of them must not spoil a whole list.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
