"""A route's requests as API Gateway's events, and results as its responses: proxy integration.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

Functions of values; `http_routes` serves them. Format 2.0 is a function URL's, but for the route.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from lambda_magic.api import url_events
from lambda_magic.api.rest_json import Reply
from lambda_magic.api.url_events import UrlRequest

#: The stage of a REST API that has all routes: what their URLs begin with.
STAGE = "lambda-route"

_JSON = [(b"content-type", b"application/json")]

#: What a REST API answers where the function fails, or returns what is no response; what an HTTP
#: API does.
_REST_FAILURE = Reply(status=502, headers=_JSON, body=b'{"message": "Internal server error"}')
_HTTP_FAILURE = Reply(status=500, headers=_JSON, body=b'{"message":"Internal Server Error"}')
#: What both answer where the function takes longer than they wait.
_REST_TIMEOUT = Reply(status=504, headers=_JSON, body=b'{"message": "Endpoint request timed out"}')
_HTTP_TIMEOUT = Reply(status=503, headers=_JSON, body=b'{"message":"Service Unavailable"}')
#: What an HTTP API answers where there is no route.
NOT_FOUND = Reply(status=404, headers=_JSON, body=b'{"message":"Not Found"}')
#: What both answer to a body that is too long.
TOO_LARGE = Reply(status=413, headers=_JSON, body=b'{"message":"Request Entity Too Large"}')


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteRequest:
    """A request that a route is for."""

    #: Its `path` is what follows the stage, its `url_id` the id of the API.
    request: UrlRequest
    #: The payload format version: "1.0" or "2.0".
    payload: str
    #: As it was made: method ("ANY" for all) and path with its places, `/orders/{id}`.
    route_method: str
    route_path: str
    #: The values of its places.
    parameters: Mapping[str, str]
    #: Whose API it is.
    account_id: str


def event(route: RouteRequest) -> dict[str, Any]:
    """The function's event, in the route's payload format."""
    return _rest_event(route) if route.payload == "1.0" else _http_event(route)


def failure(payload: str) -> Reply:
    """The answer where the function fails."""
    return _REST_FAILURE if payload == "1.0" else _HTTP_FAILURE


def timed_out(payload: str) -> Reply:
    """The answer where the function takes too long."""
    return _REST_TIMEOUT if payload == "1.0" else _HTTP_TIMEOUT


def reply(result: bytes, payload: str) -> Reply:
    """The response that a function's result stands for.

    For 2.0 as for function URLs; for 1.0 it has to be an object with a `statusCode`.
    """
    made = _rest_reply(result) if payload == "1.0" else url_events.reply(result)
    return failure(payload) if made is url_events.BAD_GATEWAY else made


def _http_event(route: RouteRequest) -> dict[str, Any]:
    key = f"{route.route_method} {route.route_path}"
    made = url_events.event(route.request) | {"routeKey": key}
    if route.parameters:
        made["pathParameters"] = dict(route.parameters)
    made["requestContext"] |= {"accountId": route.account_id, "routeKey": key}
    return made


def _rest_event(route: RouteRequest) -> dict[str, Any]:
    request = route.request
    headers = _lists(url_events.forwarded_headers(request))
    query = _lists(parse_qsl(request.query_string, keep_blank_values=True))
    body, is_base64 = _body(request.body)
    return {
        "version": "1.0",
        "resource": route.route_path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": _last(headers),
        "multiValueHeaders": headers,
        "queryStringParameters": _last(query) or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(route.parameters) or None,
        "stageVariables": None,
        "requestContext": _rest_context(route, _last(headers).get("user-agent")),
        "body": body,
        "isBase64Encoded": is_base64,
    }


def _rest_context(route: RouteRequest, user_agent: str | None) -> dict[str, Any]:
    request = route.request
    nobody = dict.fromkeys(
        (
            "accessKey",
            "accountId",
            "caller",
            "cognitoAuthenticationProvider",
            "cognitoAuthenticationType",
            "cognitoIdentityId",
            "cognitoIdentityPoolId",
            "principalOrgId",
            "user",
            "userArn",
        )
    )
    return {
        "accountId": route.account_id,
        "apiId": request.url_id,
        "domainName": request.domain_name,
        "domainPrefix": request.url_id,
        "extendedRequestId": request.request_id,
        "httpMethod": request.method,
        "identity": {**nobody, "sourceIp": request.source_ip, "userAgent": user_agent},
        "path": f"/{STAGE}{request.path}",
        "protocol": "HTTP/1.1",
        "requestId": request.request_id,
        "requestTime": url_events.common_log_time(request.time),
        "requestTimeEpoch": int(request.time * 1000),
        "resourceId": request.url_id,
        "resourcePath": route.route_path,
        "stage": STAGE,
    }


def _rest_reply(payload: bytes) -> Reply:
    try:
        result = json.loads(payload)
    except (ValueError, RecursionError):
        return url_events.BAD_GATEWAY
    if not isinstance(result, dict) or "statusCode" not in result:
        return url_events.BAD_GATEWAY
    single, several = result.get("headers") or {}, result.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(several, dict):
        return url_events.BAD_GATEWAY
    if not all(isinstance(values, list) for values in several.values()):
        return url_events.BAD_GATEWAY
    pairs = [(name, value) for name, values in several.items() for value in values]
    # What is in both is meant once.
    pairs += [pair for pair in single.items() if pair[1] is not None and pair not in pairs]
    return url_events.whole(result, url_events.head_of(result["statusCode"], pairs))


def _lists(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _last(lists: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in lists.items()}


def _body(body: bytes) -> tuple[str | None, bool]:
    """Text, or base64 of what is none."""
    try:
        return body.decode() or None, False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), True
