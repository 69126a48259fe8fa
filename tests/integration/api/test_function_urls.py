"""Function URLs: real functions, and clients that only speak HTTP."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambda_magic.api.endpoint import Address, Endpoint
from lambda_magic.api.signature import AccessKey
from lambda_magic.region import Region

from .conftest import deploy
from .test_response_stream import Gate

PUBLIC: list[dict[str, Any]] = [
    {
        "StatementId": "url",
        "Action": "lambda:InvokeFunctionUrl",
        "Principal": "*",
        "FunctionUrlAuthType": "NONE",
    },
    {
        "StatementId": "invoke",
        "Action": "lambda:InvokeFunction",
        "Principal": "*",
        "InvokedViaFunctionUrl": True,
    },
]
FORBIDDEN = {
    "Message": "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
}

#: Does what the event says.
PUPPET = """
import json

def handler(event, context):
    if event["rawPath"] == "/context":
        return {"id": context.aws_request_id, "arn": context.invoked_function_arn}
    if event["rawPath"] == "/fail":
        raise ValueError("no")
    return json.loads(event["body"]) if event.get("body") else event
"""


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.close()


class Urls:
    """Makes function URLs and calls them, by host or by path."""

    def __init__(self, endpoint: Endpoint, client: Any, *, by_host: bool) -> None:
        self.endpoint = endpoint
        self.client = client
        self._by_host = by_host
        self._pool = urllib3.PoolManager(retries=False, timeout=20)
        self.url = ""

    def make(
        self,
        name: str = "hello",
        permissions: list[dict[str, Any]] = PUBLIC,
        qualifier: str | None = None,
        **members: Any,
    ) -> str:
        names = {"FunctionName": name} | ({"Qualifier": qualifier} if qualifier else {})
        for permission in permissions:
            self.client.add_permission(**names, **permission)
        made = self.client.create_function_url_config(**names, **{"AuthType": "NONE", **members})
        self.url = made["FunctionUrl"]
        return self.url

    def place(self, path: str) -> tuple[str, dict[str, str]]:
        """Where to send a request, and with which Host header."""
        host = urlsplit(self.url).netloc
        if self._by_host:
            return self.endpoint.url + path, {"host": host}
        return f"{self.endpoint.url}/lambda-url/{host.partition('.')[0]}{path}", {}

    def call(
        self,
        path: str = "/",
        method: str = "GET",
        body: Any = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> Any:
        where, host = self.place(path)
        sent = {"content-type": "application/json"} | host | (headers or {})
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        return self._pool.request(method, where, body=data, headers=sent, **options)

    def close(self) -> None:
        self._pool.clear()


@pytest.fixture(params=["host", "path"])
def urls(request: pytest.FixtureRequest, endpoint: Endpoint, client: Any) -> Iterator[Urls]:
    urls = Urls(endpoint, client, by_host=request.param == "host")
    yield urls
    urls.close()


def test_a_request_is_the_event(urls: Urls) -> None:
    deploy(urls.client, source=PUPPET)
    url = urls.make()
    host = urlsplit(url)
    assert host.hostname is not None
    assert host.hostname.endswith(".lambda-url.us-east-1.localhost")
    assert host.port == urls.endpoint.address.port
    response = urls.call("/a%20b/?x=1&x=2", headers={"cookie": "a=b", "x-many": "1"})
    assert response.status == 200
    event = response.json()
    assert event["rawPath"] == "/a%20b/"
    assert event["rawQueryString"] == "x=1&x=2"
    assert event["queryStringParameters"] == {"x": "1,2"}
    assert event["cookies"] == ["a=b"]
    context = event["requestContext"]
    assert context["domainName"] == host.hostname
    assert context["accountId"] == "anonymous"
    assert context["http"]["method"] == "GET"
    assert context["http"]["path"] == "/a%20b/"
    assert response.headers["x-amzn-requestid"] == context["requestId"]
    assert response.headers["content-type"] == "application/json"


def test_the_requests_id_is_the_invocations(urls: Urls) -> None:
    deploy(urls.client, source=PUPPET)
    urls.make()
    response = urls.call("/context")
    assert response.json()["id"] == response.headers["x-amzn-requestid"]
    assert response.headers["x-amzn-trace-id"].startswith("root=1-")


def test_a_result_is_the_response(urls: Urls) -> None:
    deploy(urls.client, source=PUPPET)
    urls.make()
    result = {
        "statusCode": 201,
        "headers": {"Content-Type": "image/png", "My-Custom-Header": "Custom Value"},
        "cookies": ["a=1", "b=2"],
        "body": "AP8=",
        "isBase64Encoded": True,
    }
    response = urls.call(method="POST", body=result)
    assert (response.status, response.data) == (201, b"\x00\xff")
    assert response.headers["my-custom-header"] == "Custom Value"
    assert response.headers.getlist("set-cookie") == ["a=1", "b=2"]
    assert response.headers["content-type"] == "image/png"
    assert urls.call(method="POST", body="plain").data == b"plain"
    head = urls.call(method="HEAD")
    assert (head.status, head.data) == (200, b"")


@pytest.mark.parametrize(
    ("path", "body"), [("/fail", None), ("/", {"statusCode": "?"}), ("/", {"statusCode": 1})]
)
def test_what_fails_is_a_bad_gateway(urls: Urls, path: str, body: Any) -> None:
    deploy(urls.client, source=PUPPET)
    urls.make()
    response = urls.call(path, method="POST", body=body)
    assert (response.status, response.data) == (502, b"Internal Server Error")


@pytest.mark.parametrize("permissions", [[], PUBLIC[:1], PUBLIC[1:]])
def test_the_public_needs_both_permissions(urls: Urls, permissions: list[Any]) -> None:
    deploy(urls.client, source=PUPPET)
    urls.make(permissions=permissions)
    response = urls.call()
    assert (response.status, response.json()) == (403, FORBIDDEN)
    assert response.headers["x-amzn-errortype"] == "AccessDeniedException"
    assert response.headers["x-amzn-requestid"]


def test_nobodys_url(urls: Urls) -> None:
    urls.url = f"http://{'0' * 32}.lambda-url.us-east-1.localhost/"
    response = urls.call()
    assert (response.status, response.data) == (403, b'{"Message":null}')
    assert response.headers["x-amzn-errortype"] == "AccessDeniedException"
    urls.url = f"http://{'0' * 32}.lambda-url.nowhere.localhost/"
    assert urls.call().status == 403


def test_a_deleted_url_is_nobodys(urls: Urls) -> None:
    deploy(urls.client, source=PUPPET)
    urls.make()
    assert urls.call().status == 200
    urls.client.delete_function_url_config(FunctionName="hello")
    assert urls.call().data == b'{"Message":null}'


def test_a_throttle_is_429(urls: Urls) -> None:
    deploy(urls.client, source=PUPPET)
    urls.make()
    urls.client.put_function_concurrency(FunctionName="hello", ReservedConcurrentExecutions=0)
    response = urls.call()
    assert response.status == 429
    assert response.json()["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


@pytest.mark.parametrize("size", [6_291_457, 6_291_000])
def test_too_much_is_413(urls: Urls, size: int) -> None:
    """The second one is too much only once it is an event."""
    deploy(urls.client, source=PUPPET)
    urls.make()
    response = urls.call(method="POST", body=b"x" * size, headers={"content-type": "text/plain"})
    assert response.status == 413


def test_requests_are_counted_by_what_became_of_them(urls: Urls, region: Region) -> None:
    deploy(urls.client, source=PUPPET)
    urls.make()
    assert urls.call().status == 200
    assert urls.call("/fail").status == 502
    urls.client.put_function_concurrency(FunctionName="hello", ReservedConcurrentExecutions=0)
    assert urls.call().status == 429
    metrics = region.metrics.function("hello")
    assert metrics["UrlRequestCount"]["Sum"] == 3
    assert metrics["Url4xxCount"]["Sum"] == 1
    assert metrics["Url5xxCount"]["Sum"] == 1
    assert metrics["UrlRequestLatency"]["SampleCount"] == 3
    assert metrics["UrlRequestLatency"]["Maximum"] > 0


def test_an_aliass_url_leads_to_its_version(urls: Urls) -> None:
    deploy(urls.client, source=PUPPET)
    version = urls.client.publish_version(FunctionName="hello")["Version"]
    urls.client.create_alias(FunctionName="hello", Name="LIVE", FunctionVersion=version)
    urls.make(qualifier="LIVE")
    assert urls.call("/context").json()["arn"].endswith(":function:hello:LIVE")


# Pages from elsewhere...


def test_pages_are_answered_as_cors_is_configured(urls: Urls) -> None:
    deploy(urls.client, source=PUPPET)
    origin = "https://page.example"
    urls.make(Cors={"AllowOrigins": [origin], "AllowMethods": ["GET"], "MaxAge": 5})
    asked = {"origin": origin, "access-control-request-method": "GET"}
    preflight = urls.call(method="OPTIONS", headers=asked)
    assert (preflight.status, preflight.data) == (200, b"")
    assert preflight.headers["access-control-allow-origin"] == origin
    assert preflight.headers["access-control-allow-methods"] == "GET"
    assert preflight.headers["access-control-max-age"] == "5"
    response = urls.call(headers={"origin": origin})
    assert response.json()["headers"]["origin"] == origin
    assert response.headers["access-control-allow-origin"] == origin
    assert response.headers["vary"] == "Origin"
    stranger = urls.call(headers={"origin": "https://other.example"})
    assert stranger.status == 200
    assert "access-control-allow-origin" not in stranger.headers


def test_without_cors_the_function_answers_options_itself(urls: Urls) -> None:
    deploy(urls.client, source=PUPPET)
    urls.make()
    response = urls.call(method="OPTIONS", headers={"origin": "https://page.example"})
    assert response.json()["requestContext"]["http"]["method"] == "OPTIONS"


# Signed requests...


def signed(
    urls: Urls, key: tuple[str, str], *, service: str = "lambda", region: str = "us-east-1"
) -> Any:
    where, host = urls.place("/x?a=1")
    headers = {"host": host.get("host", urlsplit(where).netloc), "content-type": "text/plain"}
    request = AWSRequest(method="POST", url=where, data=b"hi", headers=headers)
    SigV4Auth(Credentials(*key), service, region).add_auth(request)
    return urls.call("/x?a=1", method="POST", body=b"hi", headers=dict(request.headers.items()))


ECHO_EVENT = "def handler(event, context):\n    return event\n"


def test_signed_requests_are_let_in_and_say_who_calls(urls: Urls) -> None:
    deploy(urls.client, source=ECHO_EVENT)
    urls.make(AuthType="AWS_IAM", permissions=[])
    event = signed(urls, ("test", "test")).json()
    assert event["body"] == "hi"
    assert "authorization" not in event["headers"]
    assert event["requestContext"]["accountId"] == "123456789012"
    caller = event["requestContext"]["authorizer"]["iam"]
    assert caller["accessKey"] == "test"
    assert caller["userArn"] == "arn:aws:iam::123456789012:root"
    # On loopback any credentials will do.
    assert signed(urls, ("anybody", "else")).status == 200


def test_unsigned_and_badly_signed_requests_are_refused(urls: Urls) -> None:
    deploy(urls.client, source=ECHO_EVENT)
    urls.make(AuthType="AWS_IAM")
    response = urls.call()
    assert (response.status, response.json()) == (403, FORBIDDEN)
    wrong = signed(urls, ("test", "wrong"))
    assert wrong.status == 403
    assert wrong.headers["x-amzn-errortype"] == "InvalidSignatureException"
    assert "scoped to correct service" in signed(urls, ("a", "b"), service="s3").json()["message"]
    assert signed(urls, ("a", "b"), region="eu-west-1").status == 403


def test_with_a_key_only_that_key_signs(region: Region, connect: Callable[..., Any]) -> None:
    key = AccessKey(access_key_id="AKIAEXAMPLE", secret_access_key="secret")
    with Endpoint(region, Address(host="0.0.0.0", port=0), key=key) as endpoint:
        client = connect(endpoint, key=("AKIAEXAMPLE", "secret"))
        urls = Urls(endpoint, client, by_host=True)
        deploy(client, source=ECHO_EVENT)
        urls.make(AuthType="AWS_IAM")
        assert signed(urls, ("AKIAEXAMPLE", "secret")).status == 200
        assert signed(urls, ("AKIAEXAMPLE", "guessed")).status == 403
        assert signed(urls, ("test", "test")).status == 403
        urls.close()


# Streams...

GATED = """
import socket

def handler(event, context):
    port = int(event["rawQueryString"])
    with socket.create_connection(("127.0.0.1", port)) as gate:
        yield {"statusCode": 206, "headers": {"content-type": "text/plain"}, "cookies": ["a=1"]}
        yield "first"
        gate.recv(1)
        yield "second"
        gate.sendall(b"finished")
"""


def test_pieces_arrive_before_the_function_ends(urls: Urls, gate: Gate) -> None:
    deploy(urls.client, source=GATED)
    urls.make(InvokeMode="RESPONSE_STREAM")
    response = urls.call(f"/?{gate.port}", preload_content=False)
    assert response.status == 206
    assert response.headers["content-type"] == "text/plain"
    assert response.headers["set-cookie"] == "a=1"
    assert response.headers["transfer-encoding"] == "chunked"
    pieces = response.stream()
    assert next(pieces) == b"first"
    gate.open()
    assert b"".join(pieces) == b"second"
    assert gate.finished()


def test_a_client_that_goes_away_does_not_stop_the_function(urls: Urls, gate: Gate) -> None:
    deploy(urls.client, source=GATED)
    urls.make(InvokeMode="RESPONSE_STREAM")
    response = urls.call(f"/?{gate.port}", preload_content=False)
    assert next(response.stream()) == b"first"
    response.close()
    gate.open()
    assert gate.finished()


def test_a_stream_that_fails_is_cut_off(urls: Urls) -> None:
    source = "def handler(event, context):\n    yield 'first'\n    raise ValueError('no')\n"
    deploy(urls.client, source=source)
    urls.make(InvokeMode="RESPONSE_STREAM")
    response = urls.call(preload_content=False)
    assert (response.status, response.headers["content-type"]) == (200, "application/octet-stream")
    with pytest.raises(urllib3.exceptions.ProtocolError, match="prematurely"):
        list(response.stream())


@pytest.mark.parametrize(
    "body", ["raise ValueError('no')\n    yield", "yield {'statusCode': 'x'}\n    yield 'a'"]
)
def test_a_stream_that_fails_before_it_begins_is_a_bad_gateway(urls: Urls, body: str) -> None:
    deploy(urls.client, source=f"def handler(event, context):\n    {body}\n")
    urls.make(InvokeMode="RESPONSE_STREAM")
    response = urls.call()
    assert (response.status, response.data) == (502, b"Internal Server Error")


def test_a_result_in_stream_mode_is_sent_as_it_is(urls: Urls) -> None:
    deploy(urls.client, source="def handler(event, context):\n    return {'statusCode': 201}\n")
    urls.make(InvokeMode="RESPONSE_STREAM")
    response = urls.call()
    assert (response.status, response.json()) == (200, {"statusCode": 201})


def test_urls_are_awss_own_while_nothing_is_served(region: Region) -> None:
    deploy(region.client())
    made = region.client().create_function_url_config(FunctionName="hello", AuthType="NONE")
    assert made["FunctionUrl"].endswith(".lambda-url.us-east-1.on.aws/")
    with Endpoint(region, Address(port=0)) as endpoint:
        shown = region.client().get_function_url_config(FunctionName="hello")["FunctionUrl"]
        assert shown.endswith(f".lambda-url.us-east-1.localhost:{endpoint.address.port}/")
    shown = region.client().get_function_url_config(FunctionName="hello")["FunctionUrl"]
    assert shown == made["FunctionUrl"]
