"""The express lane: what takes it, and that nobody can tell."""

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lambda_magic.api.endpoint import Address, Endpoint
from lambda_magic.api.express import Express, Order
from lambda_magic.api.signature import AccessKey
from lambda_magic.region import Region

from .conftest import deploy

PATH = "/2015-03-31/functions/hello/invocations"

#: A header that means nothing, and is not plain.
DETOUR = {"X-Amz-Log-Type": "None"}

PUPPET = """
def handler(event, context):
    if event == "raise":
        raise KeyError("order")
    if event == "exit":
        import os
        os._exit(1)
    if event == "trace":
        import os
        return os.environ["_X_AMZN_TRACE_ID"]
    return event
"""


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[Order | None]:
    """What the lane made of each request."""
    found: list[Order | None] = []
    order = Express.order

    def noted(self: Express, scope: Any) -> Order | None:
        found.append(order(self, scope))
        return found[-1]

    monkeypatch.setattr(Express, "order", noted)
    return found


@pytest.fixture
def call(endpoint: Endpoint) -> Iterator[Callable[..., Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.address.port, timeout=20)

    def make(path: str = PATH, body: bytes = b"1", headers: dict[str, str] | None = None) -> Any:
        connection.request("POST", path, body, headers or {})
        response = connection.getresponse()
        kept = {
            name.lower(): value
            for name, value in response.getheaders()
            if name.lower() not in ("date", "x-amzn-requestid")
        }
        assert response.headers["x-amzn-requestid"]
        return response.status, kept, response.read()

    yield make
    connection.close()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (PATH, b'{"a": 1}'),
        (PATH, b""),
        (PATH, b'"raise"'),
        (PATH, b"{"),
        (PATH, b"NaN"),
        (f"{PATH}?Qualifier=1", b"1"),
        (f"{PATH}?Qualifier=LIVE", b"1"),
        (f"{PATH}?Qualifier=$LATEST", b"1"),
        (f"{PATH}?Qualifier=9", b"1"),
        (f"{PATH}?Qualifier=NOPE", b"1"),
        (PATH.replace("hello", "nobody"), b"1"),
        (PATH.replace("hello", "never"), b"1"),
    ],
)
def test_both_ways_give_the_same_answer(
    client: Any, call: Callable[..., Any], orders: list[Order | None], path: str, body: bytes
) -> None:
    deploy(client, source=PUPPET)
    client.publish_version(FunctionName="hello")
    client.create_alias(FunctionName="hello", Name="LIVE", FunctionVersion="1")
    deploy(client, "never")
    client.put_function_concurrency(FunctionName="never", ReservedConcurrentExecutions=0)
    orders.clear()
    express = call(path, body)
    assert isinstance(orders.pop(), Order)
    ordinary = call(path, body, DETOUR)
    assert orders.pop() is None
    if b"requestId" in express[2]:
        express, ordinary = map(_without_id, (express, ordinary))
    assert express == ordinary


def _without_id(answer: tuple[int, dict[str, str], bytes]) -> tuple[int, dict[str, str], Any]:
    status, headers, body = answer
    document = json.loads(body)
    document.pop("requestId")
    return status, headers, document


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"{PATH}?Qualifier=a%20b", {}),
        (f"{PATH}?Qualifier=1&Qualifier=2", {}),
        (f"{PATH}?qualifier=1", {}),
        (PATH.replace("hello", "arn:aws:lambda:us-east-1:123456789012:function:hello"), {}),
        (PATH.replace("hello", "hello:1"), {}),
        (PATH, {"X-Amz-Invocation-Type": "Event"}),
        (PATH, {"X-Amz-Client-Context": "e30="}),
        (PATH, {"Origin": "https://example.com"}),
        (PATH, {"Host": "example.com"}),
        (PATH, {"Host": "abc.lambda-url.us-east-1.localhost"}),
        (PATH, {"Expect": "100-continue"}),
        (PATH, {"Transfer-Encoding": "chunked"}),
        ("/2015-03-31/functions/hello/configuration", {}),
    ],
)
def test_what_is_not_plain_goes_the_ordinary_way(
    client: Any,
    call: Callable[..., Any],
    orders: list[Order | None],
    path: str,
    headers: dict[str, str],
) -> None:
    deploy(client)
    orders.clear()
    chunked = "Transfer-Encoding" in headers
    call(path, b"1\r\n1\r\n0\r\n\r\n" if chunked else b"1", headers)
    assert orders == [None]


def test_a_long_event_goes_the_ordinary_way(
    client: Any, call: Callable[..., Any], orders: list[Order | None]
) -> None:
    deploy(client)
    orders.clear()
    event = json.dumps("x" * 70_000).encode()
    assert call(body=event)[2] == event
    assert orders == [None]


def test_a_function_with_tenants_goes_the_ordinary_way(
    client: Any, call: Callable[..., Any], orders: list[Order | None]
) -> None:
    deploy(client, TenancyConfig={"TenantIsolationMode": "PER_TENANT"})
    orders.clear()
    status, _, body = call()
    assert orders == [None]
    assert (status, b"tenant ID" in body) == (400, True)


def test_where_requests_must_be_signed_there_is_no_lane(
    region: Region, orders: list[Order | None]
) -> None:
    key = AccessKey(access_key_id="AKIDEXAMPLE", secret_access_key="secret")
    with Endpoint(region, Address(port=0), key=key) as endpoint:
        connection = http.client.HTTPConnection("127.0.0.1", endpoint.address.port, timeout=20)
        connection.request("POST", PATH, b"1")
        assert connection.getresponse().status == 403
        connection.close()
    assert orders == []


def test_boto3_takes_it(client: Any, orders: list[Order | None]) -> None:
    deploy(client)
    orders.clear()
    assert json.load(client.invoke(FunctionName="hello", Payload=b"[1]")["Payload"]) == [1]
    (order,) = orders
    assert order is not None
    assert (order.function_name, order.qualifier) == ("hello", None)


def test_the_trace_goes_on(client: Any, call: Callable[..., Any]) -> None:
    deploy(client, source=PUPPET)
    root = "Root=1-5759e988-bd862e3fe1be46a994272793"
    _, _, body = call(body=b'"trace"', headers={"X-Amzn-Trace-Id": f"{root};Sampled=0"})
    assert json.loads(body).startswith(root)


def test_another_regions_functions_are_not_ours(
    endpoint: Endpoint, client: Any, connect: Callable[..., Any], orders: list[Order | None]
) -> None:
    deploy(client)
    other = connect(endpoint, region_name="eu-west-1")
    for expected in (1, 2):
        with pytest.raises(other.exceptions.ResourceNotFoundException):
            other.invoke(FunctionName="hello")
        assert len(orders) >= expected
    order = orders[-1]
    assert order is not None  # The first request has opened the region.
    assert order.region.settings.region_name == "eu-west-1"


def test_requests_in_one_breath_are_answered_in_turn(endpoint: Endpoint, client: Any) -> None:
    deploy(client)
    host = f"Host: 127.0.0.1:{endpoint.address.port}\r\n"
    requests = "".join(
        f"POST {PATH} HTTP/1.1\r\n{host}{extra}Content-Length: 1\r\n\r\n{number}"
        for number, extra in enumerate(
            ["", "X-Amz-Log-Type: None\r\n", "", "Connection: close\r\n"]
        )
    )
    with socket.create_connection(("127.0.0.1", endpoint.address.port), timeout=20) as peer:
        peer.sendall(requests.encode())
        received = b"".join(iter(lambda: peer.recv(65_536), b""))
    responses = received.split(b"HTTP/1.1 ")[1:]
    assert [response[:6] for response in responses] == [b"200 OK"] * 4
    assert [response[-1:] for response in responses] == [b"0", b"1", b"2", b"3"]
    assert b"connection: close" in responses[3].lower()


def test_a_body_may_come_later_than_its_head(endpoint: Endpoint, client: Any) -> None:
    deploy(client)
    with socket.create_connection(("127.0.0.1", endpoint.address.port), timeout=20) as peer:
        head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n"
        peer.sendall(head.encode() + b'"a')
        peer.sendall(b'b"')
        peer.sendall(b" ")
        assert peer.recv(65_536).endswith(b'"ab"')


def test_a_client_that_goes_away_disturbs_nobody(
    endpoint: Endpoint, client: Any, region: Region
) -> None:
    deploy(client, source="import time\ndef handler(event, context):\n    time.sleep(0.2)\n")
    with socket.create_connection(("127.0.0.1", endpoint.address.port), timeout=20) as peer:
        head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1"
        peer.sendall(head.encode())
    assert json.load(client.invoke(FunctionName="hello")["Payload"]) is None
    assert endpoint.stop() == 0
    assert region.metrics.function("hello")["Invocations"]["Sum"] == 2


def test_an_invocation_that_runs_when_the_endpoint_stops_is_answered(
    endpoint: Endpoint, client: Any, orders: list[Order | None]
) -> None:
    deploy(
        client, source="import time\ndef handler(event, context):\n    time.sleep(30)\n", Timeout=60
    )
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.address.port, timeout=20)
    orders.clear()
    connection.request("POST", PATH, b"1")
    while not orders:
        endpoint.region.flush()
    assert endpoint.stop(0.2) == 1
    response = connection.getresponse()
    assert (response.status, b"has stopped" in response.read()) == (500, True)
    connection.close()
