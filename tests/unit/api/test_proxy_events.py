"""Payload formats 1.0 and 2.0 of routes, both ways."""

import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.parser.models import (
    APIGatewayProxyEventModel,
    APIGatewayProxyEventV2Model,
)

from lambda_magic.api import proxy_events
from lambda_magic.api.proxy_events import RouteRequest
from lambda_magic.api.rest_json import Reply
from lambda_magic.api.url_events import UrlRequest

JSON = (b"content-type", b"application/json")
HEADERS = [
    ("host", "localhost:9001"),
    ("user-agent", "curl/8"),
    ("x-twice", "1"),
    ("x-twice", "2"),
    ("cookie", "a=1; b=2"),
]


def route(payload: str, **members: Any) -> RouteRequest:
    request = UrlRequest(
        **{
            "method": "POST",
            "path": "/orders/7",
            "query_string": "tag=a&tag=b&empty=",
            "headers": HEADERS,
            "body": b'{"n": 1}',
            "url_id": "0123456789",
            "domain_name": "localhost:9001",
            "source_ip": "127.0.0.1",
            "port": 9001,
            "request_id": "28d04d7e-7f0b-4521-9484-f7012b07cb68",
            "trace_id": "Root=1-643ec28d-5503dc7274559e68706dae64;Sampled=0",
            "time": 1681834637.081,
            **members,
        }
    )
    return RouteRequest(
        request=request,
        payload=payload,
        route_method="ANY",
        route_path="/orders/{id}",
        parameters={"id": "7"},
        account_id="123456789012",
    )


def test_a_whole_event_of_a_rest_api() -> None:
    assert proxy_events.event(route("1.0")) == {
        "version": "1.0",
        "resource": "/orders/{id}",
        "path": "/orders/7",
        "httpMethod": "POST",
        "headers": {
            "host": "localhost:9001",
            "user-agent": "curl/8",
            "x-twice": "2",
            "cookie": "a=1; b=2",
            "x-amzn-trace-id": "Root=1-643ec28d-5503dc7274559e68706dae64",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-port": "9001",
            "x-forwarded-proto": "http",
        },
        "multiValueHeaders": {
            "host": ["localhost:9001"],
            "user-agent": ["curl/8"],
            "x-twice": ["1", "2"],
            "cookie": ["a=1; b=2"],
            "x-amzn-trace-id": ["Root=1-643ec28d-5503dc7274559e68706dae64"],
            "x-forwarded-for": ["127.0.0.1"],
            "x-forwarded-port": ["9001"],
            "x-forwarded-proto": ["http"],
        },
        "queryStringParameters": {"tag": "b", "empty": ""},
        "multiValueQueryStringParameters": {"tag": ["a", "b"], "empty": [""]},
        "pathParameters": {"id": "7"},
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "0123456789",
            "domainName": "localhost:9001",
            "domainPrefix": "0123456789",
            "extendedRequestId": "28d04d7e-7f0b-4521-9484-f7012b07cb68",
            "httpMethod": "POST",
            "identity": {
                "accessKey": None,
                "accountId": None,
                "caller": None,
                "cognitoAuthenticationProvider": None,
                "cognitoAuthenticationType": None,
                "cognitoIdentityId": None,
                "cognitoIdentityPoolId": None,
                "principalOrgId": None,
                "sourceIp": "127.0.0.1",
                "user": None,
                "userAgent": "curl/8",
                "userArn": None,
            },
            "path": "/lambda-route/orders/7",
            "protocol": "HTTP/1.1",
            "requestId": "28d04d7e-7f0b-4521-9484-f7012b07cb68",
            "requestTime": "18/Apr/2023:16:17:17 +0000",
            "requestTimeEpoch": 1681834637081,
            "resourceId": "0123456789",
            "resourcePath": "/orders/{id}",
            "stage": "lambda-route",
        },
        "body": '{"n": 1}',
        "isBase64Encoded": False,
    }


def test_what_is_not_there_is_null_in_a_rest_api() -> None:
    made = proxy_events.event(route("1.0", body=b"", query_string=""))
    assert made["body"] is None
    assert made["queryStringParameters"] is None
    assert made["multiValueQueryStringParameters"] is None


def test_a_body_that_is_no_text_is_in_base64() -> None:
    made = proxy_events.event(route("1.0", body=b"\xff"))
    assert (made["body"], made["isBase64Encoded"]) == ("/w==", True)


def test_an_event_of_an_http_api() -> None:
    made = proxy_events.event(route("2.0"))
    assert made["version"] == "2.0"
    assert made["routeKey"] == made["requestContext"]["routeKey"] == "ANY /orders/{id}"
    assert made["rawPath"] == made["requestContext"]["http"]["path"] == "/orders/7"
    assert made["rawQueryString"] == "tag=a&tag=b&empty="
    assert made["queryStringParameters"] == {"tag": "a,b", "empty": ""}
    assert made["pathParameters"] == {"id": "7"}
    assert made["cookies"] == ["a=1", "b=2"]
    assert made["headers"]["x-twice"] == "1,2"
    assert made["requestContext"]["accountId"] == "123456789012"
    assert made["requestContext"]["stage"] == "$default"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"statusCode": 204}, Reply(status=204, headers=[JSON], body=b"")),
        (
            {"statusCode": "200", "headers": {"Content-Type": "text/plain"}, "body": "hi"},
            Reply(status=200, headers=[(b"content-type", b"text/plain")], body=b"hi"),
        ),
        (
            {"statusCode": 200, "body": "/w==", "isBase64Encoded": True},
            Reply(status=200, headers=[JSON], body=b"\xff"),
        ),
        (
            {
                "statusCode": 200,
                "headers": {"a": "1", "b": 2, "c": None},
                "multiValueHeaders": {"a": ["1", "3"]},
                "body": None,
            },
            Reply(
                status=200,
                headers=[(b"a", b"1"), (b"a", b"3"), (b"b", b"2"), JSON],
                body=b"",
            ),
        ),
    ],
)
def test_responses_of_a_rest_api(result: Any, expected: Reply) -> None:
    assert proxy_events.reply(json.dumps(result).encode(), "1.0") == expected


@pytest.mark.parametrize(
    "payload",
    [
        "hi",
        '"hi"',
        "null",
        "[]",
        '{"body": "no status"}',
        '{"statusCode": "teapot"}',
        '{"statusCode": 99}',
        '{"statusCode": 1e400}',
        pytest.param("[" * 100_000, id="nested too deeply"),
        '{"statusCode": 200, "body": {"an": "object"}}',
        '{"statusCode": 200, "headers": ["a"]}',
        '{"statusCode": 200, "headers": {"a b": "c"}}',
        '{"statusCode": 200, "multiValueHeaders": {"a": "b"}}',
        '{"statusCode": 200, "multiValueHeaders": ["a"]}',
        '{"statusCode": 200, "body": "!", "isBase64Encoded": true}',
    ],
)
def test_what_is_no_response_of_a_rest_api(payload: str) -> None:
    made = proxy_events.reply(payload.encode(), "1.0")
    assert (made.status, made.headers) == (502, [JSON])
    assert made.body == b'{"message": "Internal server error"}'


def test_responses_of_an_http_api() -> None:
    assert proxy_events.reply(b'{"a": 1}', "2.0") == Reply(
        status=200, headers=[JSON], body=b'{"a": 1}'
    )
    made = proxy_events.reply(b'{"statusCode": 99}', "2.0")
    assert (made.status, made.headers) == (500, [JSON])
    assert made.body == b'{"message":"Internal Server Error"}'


def test_others_read_the_events() -> None:
    rest = APIGatewayProxyEventModel.model_validate(proxy_events.event(route("1.0")))
    assert (rest.requestContext.stage, rest.pathParameters) == ("lambda-route", {"id": "7"})
    http = APIGatewayProxyEventV2Model.model_validate(proxy_events.event(route("2.0")))
    assert (http.routeKey, http.pathParameters) == ("ANY /orders/{id}", {"id": "7"})
