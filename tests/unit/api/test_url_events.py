"""Payload format 2.0, both ways."""

import base64
import json
from typing import Any

import pytest

from lambda_magic.api import url_events
from lambda_magic.api.rest_json import Reply
from lambda_magic.api.url_events import BAD_GATEWAY, HTTP_INTEGRATION, UrlRequest

JSON = (b"content-type", b"application/json")
TRACE = "Root=1-643ec28d-5503dc7274559e68706dae64;Parent=9a9197af755a6419;Sampled=0"


def request(**members: Any) -> UrlRequest:
    return UrlRequest(
        **{
            "method": "GET",
            "path": "/",
            "query_string": "",
            "headers": [("host", "abc.lambda-url.us-west-2.localhost:9001")],
            "body": b"",
            "url_id": "abc",
            "domain_name": "abc.lambda-url.us-west-2.localhost",
            "source_ip": "127.0.0.1",
            "port": 9001,
            "request_id": "28d04d7e-7f0b-4521-9484-f7012b07cb68",
            "trace_id": TRACE,
            "time": 1681834637.081,
            **members,
        }
    )


def test_a_whole_event() -> None:
    """Member by member what AWS sends for such a request, but for TLS."""
    headers = [
        ("host", "abc.lambda-url.us-west-2.localhost:9001"),
        ("user-agent", "python-requests/2.28.2"),
        ("cookie", "foo=bar; hello=hello"),
        ("header2", "h1"),
        ("header2", "h2"),
        ("content-type", "application/json"),
        ("authorization", "AWS4-HMAC-SHA256 Credential=..."),
    ]
    made = url_events.event(
        request(
            method="POST",
            path="/hello",
            query_string="hello=world&foo=b%20r&foo=2&empty=",
            headers=headers,
            body=b'{"hello": "world"}',
            account_id="123456789012",
            caller={"accountId": "123456789012"},
        )
    )
    assert made == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/hello",
        "rawQueryString": "hello=world&foo=b%20r&foo=2&empty=",
        "cookies": ["foo=bar", "hello=hello"],
        "headers": {
            "host": "abc.lambda-url.us-west-2.localhost:9001",
            "user-agent": "python-requests/2.28.2",
            "cookie": "foo=bar; hello=hello",
            "header2": "h1,h2",
            "content-type": "application/json",
            "x-amzn-trace-id": "Root=1-643ec28d-5503dc7274559e68706dae64",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-port": "9001",
            "x-forwarded-proto": "http",
        },
        "queryStringParameters": {"hello": "world", "foo": "b r,2", "empty": ""},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc",
            "authorizer": {"iam": {"accountId": "123456789012"}},
            "domainName": "abc.lambda-url.us-west-2.localhost",
            "domainPrefix": "abc",
            "http": {
                "method": "POST",
                "path": "/hello",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "python-requests/2.28.2",
            },
            "requestId": "28d04d7e-7f0b-4521-9484-f7012b07cb68",
            "routeKey": "$default",
            "stage": "$default",
            "time": "18/Apr/2023:16:17:17 +0000",
            "timeEpoch": 1681834637081,
        },
        "body": '{"hello": "world"}',
        "isBase64Encoded": False,
    }


def test_what_is_not_there_is_left_out() -> None:
    made = url_events.event(request(headers=[("authorization", "Bearer x")]))
    assert made.keys().isdisjoint({"cookies", "queryStringParameters", "body"})
    assert made["isBase64Encoded"] is False
    assert made["requestContext"]["accountId"] == "anonymous"
    assert "authorizer" not in made["requestContext"]
    assert made["headers"]["authorization"] == "Bearer x"
    assert made["requestContext"]["http"]["userAgent"] == ""


@pytest.mark.parametrize(
    ("content_type", "body", "is_text"),
    [
        ("text/plain", b"hi", True),
        ("text/html; charset=utf-8", "é".encode(), True),
        ("application/json", b"{}", True),
        ("Application/JSON", b"{}", True),
        ("application/problem+json", b"{}", True),
        ("application/xml", b"<a/>", True),
        ("image/svg+xml", b"<a/>", False),
        ("text/plain", b"\xff", False),
        ("application/x-www-form-urlencoded", b"a=1", False),
        ("multipart/form-data; boundary=x", b"--x", False),
        ("application/octet-stream", b"\0", False),
        (None, b"{}", False),
    ],
)
def test_bodies_that_are_not_text_are_base64(
    content_type: str | None, body: bytes, is_text: bool
) -> None:
    headers = [] if content_type is None else [("content-type", content_type)]
    made = url_events.event(request(headers=headers, body=body))
    assert made["isBase64Encoded"] is not is_text
    sent = made["body"].encode() if is_text else base64.b64decode(made["body"])
    assert sent == body


@pytest.mark.parametrize(
    ("result", "body"),
    [
        ({"message": "hi"}, b'{"message": "hi"}'),
        ("Hello", b"Hello"),
        ("half a character: \ud83d", b"half a character: ?"),
        ([1, 2], b"[1, 2]"),
        (None, b"null"),
        (7, b"7"),
    ],
)
def test_a_result_without_a_status_is_the_body(result: object, body: bytes) -> None:
    assert url_events.reply(json.dumps(result).encode()) == Reply(
        status=200, headers=[JSON], body=body
    )


@pytest.mark.parametrize(
    ("result", "status", "headers", "body"),
    [
        ({"statusCode": 201}, 201, [JSON], b""),
        ({"statusCode": "418", "body": "i'm a teapot"}, 418, [JSON], b"i'm a teapot"),
        (
            {"statusCode": 200, "headers": {"Content-Type": "text/html", "X-N": 1}, "body": "é"},
            200,
            [(b"content-type", b"text/html"), (b"x-n", b"1")],
            "é".encode(),
        ),
        (
            {"statusCode": 302, "headers": {"location": "/x"}, "cookies": ["a=1; Secure", "b=2"]},
            302,
            [(b"location", b"/x"), (b"set-cookie", b"a=1; Secure"), (b"set-cookie", b"b=2"), JSON],
            b"",
        ),
        (
            {"statusCode": 200, "body": "AP8=", "isBase64Encoded": True},
            200,
            [JSON],
            b"\x00\xff",
        ),
        ({"statusCode": 200, "headers": None, "body": None}, 200, [JSON], b""),
        (
            {"statusCode": 200, "headers": {"Content-Length": "99", "Connection": "close"}},
            200,
            [JSON],
            b"",
        ),
    ],
)
def test_a_result_with_a_status_is_the_response(
    result: object, status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    reply = url_events.reply(json.dumps(result).encode())
    assert reply == Reply(status=status, headers=headers, body=body)


@pytest.mark.parametrize(
    "payload",
    [
        b"not json",
        b'{"statusCode": "ok"}',
        b'{"statusCode": null}',
        b'{"statusCode": 99}',
        b'{"statusCode": Infinity}',
        pytest.param(b"[" * 100_000, id="nested too deeply"),
        b'{"statusCode": 200, "body": {"a": 1}}',
        b'{"statusCode": 200, "headers": ["a"]}',
        b'{"statusCode": 200, "cookies": "a=1"}',
        b'{"statusCode": 200, "headers": {"a": "x\\r\\ny: z"}}',
        b'{"statusCode": 200, "headers": {"a b": "x"}}',
        b'{"statusCode": 200, "headers": {"a": "\\u20ac"}}',
        b'{"statusCode": 200, "body": "?", "isBase64Encoded": true}',
    ],
)
def test_what_is_no_response_is_a_bad_gateway(payload: bytes) -> None:
    assert url_events.reply(payload) == BAD_GATEWAY
    assert (BAD_GATEWAY.status, BAD_GATEWAY.body) == (502, b"Internal Server Error")


END = bytes(8)


@pytest.mark.parametrize(
    ("content_type", "start", "status", "rest"),
    [
        ("text/plain", b"", 200, b""),
        ("text/plain", b"abc", 200, b"abc"),
        (HTTP_INTEGRATION, b'{"statusCode": 404}' + END + b"abc", 404, b"abc"),
        (HTTP_INTEGRATION, b"{}" + END, 200, b""),
    ],
)
def test_the_head_of_a_stream(content_type: str, start: bytes, status: int, rest: bytes) -> None:
    found = url_events.streamed_head(content_type, start)
    assert found is not None
    head, body = found
    assert head is not None
    assert (head.status, body) == (status, rest)


def test_the_head_may_come_in_pieces() -> None:
    assert url_events.streamed_head(HTTP_INTEGRATION, b'{"statusCode"') is None
    assert url_events.streamed_head(HTTP_INTEGRATION, b"{}" + END[:7]) is None


@pytest.mark.parametrize("start", [b"no json" + END, b"[]" + END, b"x" * 20_000])
def test_what_is_no_head_is_refused(start: bytes) -> None:
    assert (
        url_events.streamed_head(HTTP_INTEGRATION, start) == (None, b"")
        or (url_events.streamed_head(HTTP_INTEGRATION, start) or ("", b""))[0] is None
    )
