import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import given
from hypothesis import strategies as st

from lambda_magic.api import rest_json
from lambda_magic.api.routing import Match, match
from lambda_magic.core import model
from lambda_magic.core.errors import (
    LambdaError,
    SerializationException,
    TooManyRequestsException,
)


def over_the_wire(name: str, request: dict[str, Any]) -> dict[str, Any]:
    """What arrives of a request that botocore has written."""
    operation = model.service_model().operation_model(name)
    sent = create_serializer("rest-json", include_validation=False).serialize_to_request(
        request, operation
    )
    query = {
        key: [str(one) for one in value] if isinstance(value, list) else [str(value)]
        for key, value in sent["query_string"].items()
    }
    path, _, fixed = sent["url_path"].partition("?")
    if fixed:
        query[fixed.partition("=")[0]] = [fixed.partition("=")[2]]
    headers = {key.lower(): value for key, value in sent["headers"].items()}
    found = match(sent["method"], path.encode(), query)
    assert found.operation.name == name
    body = sent["body"]
    return rest_json.parse(
        found, query, headers, body if isinstance(body, bytes) else body.encode()
    )


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("GetFunction", {"FunctionName": "hello", "Qualifier": "1"}),
        ("ListFunctions", {"MaxItems": 7, "Marker": "x y"}),
        ("UntagResource", {"Resource": "arn:aws:lambda:x", "TagKeys": ["a", "b"]}),
        (
            "Invoke",
            {
                "FunctionName": "hello",
                "InvocationType": "DryRun",
                "LogType": "Tail",
                "Payload": b'{"a": 1}',
            },
        ),
        (
            "CreateFunction",
            {
                "FunctionName": "hello",
                "Role": "arn:aws:iam::123456789012:role/x",
                "Code": {"ZipFile": b"\x00\xff"},
                "Environment": {"Variables": {"KEY": "välue"}},
                "Layers": ["a"],
                "Publish": False,
                "MemorySize": 128,
            },
        ),
        (
            "CreateEventSourceMapping",
            {
                "FunctionName": "hello",
                "StartingPositionTimestamp": datetime(2026, 1, 31, 12, tzinfo=UTC),
            },
        ),
        ("GetLayerVersion", {"LayerName": "layer", "VersionNumber": 3}),
        ("DeleteFunction", {"FunctionName": "hello"}),
    ],
)
def test_a_request_arrives_as_it_was_sent(name: str, request_: dict[str, Any]) -> None:
    assert over_the_wire(name, request_) == request_


def parsed(name: str, answer: rest_json.Reply) -> dict[str, Any]:
    """What botocore reads in a response."""
    operation = model.service_model().operation_model(name)
    response = {
        "status_code": answer.status,
        "headers": {key.decode(): value.decode() for key, value in answer.headers},
        "body": answer.body,
        "context": {"operation_name": name},
    }
    if operation.has_streaming_output:
        response["body"] = AWSResponse("", answer.status, {}, answer.body)
    found: dict[str, Any] = create_parser("rest-json").parse(response, operation.output_shape)
    found.pop("ResponseMetadata")
    return found


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("ListTags", {"Tags": {"team": "blau ä"}}),
        ("PublishVersion", {"FunctionName": "hello", "MemorySize": 128, "Layers": []}),
        (
            "GetEventSourceMapping",
            {"UUID": "1", "LastModified": datetime.fromtimestamp(1_700_000_000.25, UTC)},
        ),
        ("DeleteAlias", {}),
    ],
)
def test_a_response_arrives_as_it_was_meant(name: str, answer: dict[str, Any]) -> None:
    operation = model.service_model().operation_model(name)
    assert parsed(name, rest_json.reply(operation, answer)) == answer


def test_a_payload_is_the_body_and_the_rest_is_headers() -> None:
    operation = model.service_model().operation_model("Invoke")
    answer = {
        "StatusCode": 200,
        "FunctionError": "Unhandled",
        "ExecutedVersion": "3",
        "LogResult": "bG9n",
        "Payload": b'{"errorMessage": "no"}',
        "ResponseMetadata": {"RequestId": "not a header"},
    }
    reply = rest_json.reply(operation, answer)
    assert (reply.status, reply.body) == (200, b'{"errorMessage": "no"}')
    assert dict(reply.headers) == {
        b"x-amz-function-error": b"Unhandled",
        b"x-amz-executed-version": b"3",
        b"x-amz-log-result": b"bG9n",
        b"content-type": b"application/json",
    }


def test_no_content_has_no_body() -> None:
    operation = model.service_model().operation_model("DeleteAlias")
    assert rest_json.reply(operation, {}) == rest_json.Reply(status=204, headers=[], body=b"")


def test_what_is_no_member_does_not_leave_the_house() -> None:
    operation = model.service_model().operation_model("PublishVersion")
    reply = rest_json.reply(operation, {"Version": "1", "Secret": "x", "Description": None})
    assert json.loads(reply.body) == {"Version": "1"}


def test_half_a_character_of_an_older_store_does_not_spoil_an_answer() -> None:
    operation = model.service_model().operation_model("GetAlias")
    reply = rest_json.reply(operation, {"Name": "LIVE", "Description": "a\ud800b"})
    assert json.loads(reply.body) == {"Name": "LIVE", "Description": "a?b"}


def test_an_error_has_its_code_in_a_header_and_its_members_where_they_belong() -> None:
    error = TooManyRequestsException(Reason="CallerRateLimitExceeded", retryAfterSeconds="3")
    reply = rest_json.error_reply(error)
    assert reply.status == 429
    assert dict(reply.headers)[b"x-amzn-errortype"] == b"TooManyRequestsException"
    assert dict(reply.headers)[b"retry-after"] == b"3"
    assert json.loads(reply.body) == {
        "Type": "User",
        "message": "Rate Exceeded.",
        "Reason": "CallerRateLimitExceeded",
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "Could not parse request body into json"),
        (b"\xff\xfe", "Could not parse request body into json"),
        (b"[" * 100_000, "Could not parse request body into json"),
        (b"[1]", "Unexpected token: the request body must be a JSON object"),
        (
            b'{"Code": {"ZipFile": "no base64!"}}',
            "Unable to decode the value of a blob: it is not base64",
        ),
    ],
)
def test_a_body_that_cannot_be_read(body: bytes, message: str) -> None:
    found = match("POST", b"/2015-03-31/functions", {})
    with pytest.raises(SerializationException) as caught:
        rest_json.parse(found, {}, {}, body)
    assert caught.value.message == message


def test_an_empty_body_is_no_members() -> None:
    found = match("POST", b"/2015-03-31/functions/hello/versions", {})
    assert rest_json.parse(found, {}, {}, b"") == {"FunctionName": "hello"}


def status(found: Match, query: dict[str, list[str]], headers: dict[str, str], body: bytes) -> int:
    """What a request comes to, before the service has seen it."""
    try:
        model.validate(found.operation.name, rest_json.parse(found, query, headers, body))
    except LambdaError as error:
        return error.status
    return 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
MEMBERS = sorted(
    {
        member
        for operation in {one.name for one in model.operations().values()}
        for shape in [model.service_model().operation_model(operation).input_shape]
        if shape is not None
        for member in shape.members
    }
)


@given(
    st.sampled_from(sorted({one.name for one in model.operations().values()})),
    st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=4)
    | st.dictionaries(st.text(max_size=8), JSON, max_size=2),
    st.dictionaries(st.sampled_from(MEMBERS), st.lists(st.text(max_size=8), min_size=1)),
    st.dictionaries(st.sampled_from(["x-amz-log-type", "x-amz-client-context"]), st.text()),
    st.binary(max_size=20),
)
def test_any_request_is_read_and_checked_or_refused(
    name: str,
    members: dict[str, Any],
    query: dict[str, list[str]],
    headers: dict[str, str],
    garbage: bytes,
) -> None:
    operation = model.operation(name)
    path, _, fixed = operation.path.partition("?")
    if fixed:
        query = {**query, fixed.partition("=")[0]: [fixed.partition("=")[2]]}
    raw = path.replace("{", "a").replace("}", "").encode()
    found = match(operation.http_method, raw, query)
    for body in (json.dumps(members).encode(), garbage):
        assert status(found, query, headers, body) in (200, 400)
