"""Routes: real functions, and clients that only speak HTTP."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import urllib3

from lambda_magic.api import http_routes
from lambda_magic.api.endpoint import Address, Endpoint
from lambda_magic.core.settings import Settings
from lambda_magic.event_sources.local_trigger import LocalTrigger, RouteSource
from lambda_magic.invocation.invoker import PAYLOAD_LIMIT
from lambda_magic.region import Region

from .conftest import deploy

#: Answers with what it is sent, or fails.
PUPPET = """
import json

def handler(event, context):
    path = event.get("rawPath") or event["path"]
    if path == "/fail":
        raise ValueError("no")
    if event.get("body"):
        return json.loads(event["body"])
    return {"statusCode": 200, "body": json.dumps(event)}
"""


def put(region: Region, path: str, **members: Any) -> LocalTrigger:
    """A new route to "hello"."""
    source = {name: members.pop(name) for name in ("method", "payload") if name in members}
    trigger = LocalTrigger(
        **{
            "id": str(uuid.uuid4()),
            "function_name": "hello",
            "qualifier": None,
            "source": RouteSource(path=path, **source),
            **members,
        }
    )
    region.call(region.local_sources.put(trigger))
    return trigger


@pytest.fixture
def call(endpoint: Endpoint, client: Any) -> Callable[..., Any]:
    """Sends a request to a route."""
    deploy(client, source=PUPPET)
    pool = urllib3.PoolManager(retries=False, timeout=20)

    def send(method: str, path: str, **members: Any) -> Any:
        return pool.request(method, f"{endpoint.url}/lambda-route{path}", **members)

    return send


def test_a_request_becomes_an_event(region: Region, call: Callable[..., Any]) -> None:
    put(region, "/orders/{id}", method="GET")
    response = call("GET", "/orders/a%2Fb?x=1", headers={"X-Mine": "yes"})
    assert response.status == 200
    event = response.json()
    assert event["routeKey"] == "GET /orders/{id}"
    assert event["rawPath"] == "/orders/a%2Fb"
    assert event["pathParameters"] == {"id": "a/b"}
    assert event["headers"]["x-mine"] == "yes"
    assert event["requestContext"]["http"]["method"] == "GET"
    assert response.headers["x-amzn-requestid"] == event["requestContext"]["requestId"]


def test_an_event_as_of_a_rest_api(region: Region, call: Callable[..., Any]) -> None:
    put(region, "/{proxy+}", payload="1.0")
    event = call("GET", "/a/b", fields={"x": "1"}).json()
    assert event["version"] == "1.0"
    assert event["resource"] == "/{proxy+}"
    assert (event["path"], event["pathParameters"]) == ("/a/b", {"proxy": "a/b"})
    assert event["requestContext"]["path"] == "/lambda-route/a/b"
    body = {"statusCode": 201, "multiValueHeaders": {"set-cookie": ["a=1", "b=2"]}, "body": "hi"}
    response = call("POST", "/a", body=json.dumps(body))
    assert (response.status, response.data) == (201, b"hi")
    assert response.headers.getlist("set-cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize(
    ("payload", "status", "body"),
    [
        ("1.0", 502, b'{"message": "Internal server error"}'),
        ("2.0", 500, b'{"message":"Internal Server Error"}'),
    ],
)
def test_a_function_that_fails(
    region: Region, call: Callable[..., Any], payload: str, status: int, body: bytes
) -> None:
    put(region, "/{proxy+}", payload=payload)
    failed = call("GET", "/fail")
    assert (failed.status, failed.data) == (status, body)
    malformed = call("POST", "/a", body='{"statusCode": "teapot"}')
    assert (malformed.status, malformed.data) == (status, body)
    put(region, "/gone", payload=payload, function_name="nobody")
    gone = call("GET", "/gone")
    assert (gone.status, gone.data) == (status, body)
    assert gone.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("payload", "status", "message"),
    [("1.0", 504, "Endpoint request timed out"), ("2.0", 503, "Service Unavailable")],
)
def test_nobody_waits_for_ever(
    region: Region,
    call: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    payload: str,
    status: int,
    message: str,
) -> None:
    monkeypatch.setattr(http_routes, "PATIENCE", {payload: 0.0})
    put(region, "/", payload=payload)
    response = call("GET", "/")
    assert (response.status, response.json()) == (status, {"message": message})


def test_what_has_no_route(region: Region, call: Callable[..., Any]) -> None:
    put(region, "/orders", method="GET")
    put(region, "/off", is_enabled=False)
    for method, path in [("POST", "/orders"), ("GET", "/order"), ("GET", "/off"), ("GET", "")]:
        response = call(method, path)
        assert (response.status, response.data) == (404, b'{"message":"Not Found"}')


def test_a_route_appears_changes_and_goes(region: Region, call: Callable[..., Any]) -> None:
    trigger = put(region, "/")
    assert call("GET", "/").status == call("GET", "").status == 200
    put(region, "/", id=trigger.id, is_enabled=False)
    assert call("GET", "/").status == 404
    region.call(region.local_sources.delete(trigger.id))
    assert call("GET", "/").status == 404


def test_a_body_has_a_limit(region: Region, call: Callable[..., Any]) -> None:
    put(region, "/")
    response = call("POST", "/", body=b"x" * (PAYLOAD_LIMIT + 1))
    assert (response.status, response.data) == (413, b'{"message":"Request Entity Too Large"}')


def test_a_route_leads_to_an_alias(region: Region, call: Callable[..., Any], client: Any) -> None:
    client.publish_version(FunctionName="hello")
    client.create_alias(FunctionName="hello", Name="LIVE", FunctionVersion="1")
    put(region, "/", qualifier="LIVE")
    client.update_function_configuration(FunctionName="hello", Handler="index.gone")
    assert call("GET", "/").status == 200


def test_a_route_comes_back_with_the_region(region: Region, client: Any, tmp_path: Any) -> None:
    deploy(client, source=PUPPET)
    put(region, "/orders")
    region.close()
    again = Region(Settings(home=tmp_path))
    try:
        with Endpoint(again, Address(port=0)) as endpoint:
            response = urllib3.request("GET", f"{endpoint.url}/lambda-route/orders", retries=False)
            assert response.status == 200
    finally:
        again.close()


def test_pages_of_others_may_not_call(region: Region, call: Callable[..., Any]) -> None:
    put(region, "/")
    assert call("POST", "/", headers={"origin": "https://evil.example"}).status == 403
