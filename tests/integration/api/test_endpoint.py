"""The endpoint's life, its regions, and functions that call it."""

import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lambda_magic.api.endpoint import Address, Endpoint
from lambda_magic.core.settings import Settings
from lambda_magic.function import Function
from lambda_magic.monitoring.events import Start
from lambda_magic.region import Region

from .conftest import deploy

CALLS_ANOTHER = """
import boto3

def handler(event, context):
    answer = boto3.client("lambda").invoke(FunctionName=event, Payload=b'"called"')
    return answer["Payload"].read().decode()
"""

TELLS_ENVIRONMENT = """
import os

def handler(event, context):
    return os.environ.get("AWS_ENDPOINT_URL_LAMBDA")
"""

SLOW = "import time\n\ndef handler(event, context):\n    time.sleep(event)\n    return 'done'\n"


def test_it_says_where_it_is(region: Region) -> None:
    with Endpoint(region, Address(port=0)) as endpoint:
        assert repr(endpoint) == f"<Endpoint http://127.0.0.1:{endpoint.address.port} [serving]>"
        assert f'boto3.client("lambda", endpoint_url="{endpoint.url}")' in str(endpoint)
    assert repr(endpoint).endswith("[stopped]>")
    assert str(endpoint) == f"Lambda's API is no longer served at {endpoint.url}"


def test_a_port_that_is_taken_is_an_error(region: Region, endpoint: Endpoint) -> None:
    with pytest.raises(OSError, match="Address already in use"):
        Endpoint(region, endpoint.address)


def test_a_function_calls_another_with_plain_boto3(client: Any) -> None:
    deploy(client, "callee")
    deploy(client, "caller", CALLS_ANOTHER, Timeout=20)
    answer = client.invoke(FunctionName="caller", Payload=b'"callee"')
    assert json.load(answer["Payload"]) == '"called"'


def test_functions_know_the_endpoint_while_it_is_served(
    region: Region, connect: Callable[..., Any]
) -> None:
    deploy(region.client(), "tell", TELLS_ENVIRONMENT)
    tell = Function(region, "tell")
    assert tell.invoke().payload is None
    with Endpoint(region, Address(port=0)) as endpoint:
        assert tell.invoke().payload == endpoint.url
    assert tell.invoke().payload is None


def test_a_functions_own_variable_wins(client: Any) -> None:
    deploy(
        client,
        "tell",
        TELLS_ENVIRONMENT,
        Environment={"Variables": {"AWS_ENDPOINT_URL_LAMBDA": "http://elsewhere"}},
    )
    answer = client.invoke(FunctionName="tell")
    assert json.load(answer["Payload"]) == "http://elsewhere"


def test_the_signatures_region_is_the_region(
    endpoint: Endpoint, connect: Callable[..., Any]
) -> None:
    ireland = connect(endpoint, region_name="eu-west-1")
    deploy(ireland, "hello")
    configuration = ireland.get_function_configuration(FunctionName="hello")
    assert configuration["FunctionArn"].startswith("arn:aws:lambda:eu-west-1:")
    assert connect(endpoint).list_functions()["Functions"] == []
    assert json.load(ireland.invoke(FunctionName="hello", Payload=b"7")["Payload"]) == 7


def test_what_is_no_region_is_refused(endpoint: Endpoint, connect: Callable[..., Any]) -> None:
    nowhere = connect(endpoint, region_name="nowhere")
    with pytest.raises(ClientError, match="There is no region 'nowhere'"):
        nowhere.list_functions()


def test_stopping_waits_for_what_runs(region: Region, connect: Callable[..., Any]) -> None:
    endpoint = Endpoint(region, Address(port=0))
    client = connect(endpoint)
    deploy(client, "slow", SLOW, Timeout=20)
    answers: list[Any] = []
    started = _when_started(region)
    caller = threading.Thread(
        target=lambda: answers.append(
            json.load(client.invoke(FunctionName="slow", Payload=b"0.5")["Payload"])
        )
    )
    caller.start()
    assert started.wait(10)
    assert endpoint.stop() == 0
    caller.join(10)
    assert answers == ["done"]
    with pytest.raises(EndpointConnectionError):
        connect(endpoint).list_functions()


def test_stopping_cuts_off_what_takes_too_long(
    region: Region, connect: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = Endpoint(region, Address(port=0))
    client = connect(endpoint)
    deploy(client, "slow", SLOW, Timeout=60)
    errors: list[Exception] = []

    def call() -> None:
        try:
            client.invoke(FunctionName="slow", Payload=b"50")
        except Exception as error:
            errors.append(error)

    started = _when_started(region)
    caller = threading.Thread(target=call)
    caller.start()
    assert started.wait(10)
    assert endpoint.stop(0.2) == 1
    caller.join(10)
    assert "ServiceException" in str(errors)
    assert "The endpoint has stopped." in str(errors)
    assert "1 request did not finish in time: cut off" in caplog.text
    assert endpoint.stop() == 0


def test_closing_the_region_stops_the_endpoint(region: Region) -> None:
    endpoint = Endpoint(region, Address(port=0))
    region.close()
    assert not endpoint.is_serving
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((endpoint.address.host, endpoint.address.port))


@pytest.fixture
def public(tmp_path: Any) -> Any:
    """An endpoint that other machines can reach."""
    region = Region(Settings(home=tmp_path / "public"))
    with Endpoint(region, Address(host="0.0.0.0", port=0)) as endpoint:
        yield endpoint
    region.close()


def test_other_machines_need_the_key(public: Endpoint, connect: Callable[..., Any]) -> None:
    assert public.key is not None
    assert f"must be signed with the key {public.key.access_key_id}" in str(public)
    assert "Except to routes (%trigger http:) and to function URLs of AuthType NONE" in str(public)
    key = (public.key.access_key_id, public.key.secret_access_key)
    deploy(connect(public, key=key), "callee")
    deploy(connect(public, key=key), "caller", CALLS_ANOTHER, Timeout=20)
    answer = connect(public, key=key).invoke(FunctionName="caller", Payload=b'"callee"')
    assert json.load(answer["Payload"]) == '"called"'
    assert connect(public, "logs", key=key).describe_log_groups()["logGroups"]


@pytest.mark.parametrize("service", ["lambda", "logs", "cloudwatch"])
def test_others_are_refused(public: Endpoint, connect: Callable[..., Any], service: str) -> None:
    assert public.key is not None
    call = {
        "lambda": "list_functions",
        "logs": "describe_log_groups",
        "cloudwatch": "list_metrics",
    }[service]
    for key, code in (
        (("AKIAOTHER", public.key.secret_access_key), "UnrecognizedClientException"),
        ((public.key.access_key_id, "other"), "InvalidSignatureException"),
    ):
        with pytest.raises(ClientError) as caught:
            getattr(connect(public, service, key=key), call)()
        response = caught.value.response
        assert response["Error"]["Code"] == code
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 403


def _when_started(region: Region) -> threading.Event:
    """Set once an invocation has begun."""
    started = threading.Event()

    def receive(events: Any) -> None:
        if any(isinstance(event, Start) for event in events):
            started.set()

    async def subscribe() -> None:
        region.bus.subscribe(receive)

    region.call(subscribe())
    return started
