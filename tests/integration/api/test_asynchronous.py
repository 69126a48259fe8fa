"""Asynchronous invocation over HTTP: what is answered at once, and what happens later."""

import http.client
import json
import math
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from lambda_magic.api.endpoint import Endpoint
from lambda_magic.region import Region

from .conftest import deploy

FAILING = "def handler(event, context):\n    raise KeyError(context.aws_request_id)\n"


async def finish(region: Region) -> list[tuple[str | None, int]]:
    """Let all events run to their end; how each ended, after how many attempts."""
    region.clock.speed = math.inf
    pending = region.asynchronous.pending()
    for invocation in pending:
        await invocation
    return [(invocation.condition, invocation.attempts) for invocation in pending]


def test_the_answer_is_202_and_empty(endpoint: Endpoint, client: Any) -> None:
    deploy(client)
    address = urlsplit(endpoint.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port)
    connection.request(
        "POST",
        "/2015-03-31/functions/hello/invocations",
        body=b"{}",
        headers={"X-Amz-Invocation-Type": "Event"},
    )
    response = connection.getresponse()

    assert (response.status, response.read()) == (202, b"")
    assert response.headers["content-length"] == "0"
    assert response.headers["x-amzn-requestid"]
    assert "x-amz-function-error" not in response.headers
    assert "x-amz-executed-version" not in response.headers
    connection.close()


def test_the_request_id_is_that_of_all_attempts(region: Region, client: Any) -> None:
    deploy(client, source=FAILING)

    accepted = client.invoke(FunctionName="hello", InvocationType="Event", Payload=b"{}")
    request_id = accepted["ResponseMetadata"]["RequestId"]

    assert accepted["StatusCode"] == 202
    assert accepted["Payload"].read() == b""
    assert region.call(finish(region)) == [("RetriesExhausted", 3)]
    log = str(region.logs.text("/aws/lambda/hello"))
    assert log.count(f"START RequestId: {request_id}") == 3
    assert f"KeyError: '{request_id}'" in log


def test_invoke_async(region: Region, client: Any) -> None:
    deploy(client)

    assert client.invoke_async(FunctionName="hello", InvokeArgs=b"{}")["Status"] == 202

    region.call(finish(region))
    assert region.metrics.function("hello")["Invocations"] == {"Sum": 1}


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        (
            json.dumps("x" * 1_048_576).encode(),
            "RequestEntityTooLargeException: 1048578 byte payload is too large for the Event "
            "invocation type (limit 1048576 bytes)",
        ),
        (
            b"{",
            "InvalidRequestContentException: Could not parse request body into json: Expecting "
            "property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
    ],
)
def test_what_is_refused(client: Any, payload: bytes, error: str) -> None:
    deploy(client)

    with pytest.raises(ClientError) as caught:
        client.invoke(FunctionName="hello", InvocationType="Event", Payload=payload)

    answered = caught.value.response["Error"]
    assert f"{answered['Code']}: {answered['Message']}" == error


def test_five_hundred_events_at_once(region: Region, client: Any) -> None:
    deploy(client, source="def handler(event, context):\n    return event\n")
    for number in range(500):
        client.invoke(FunctionName="hello", InvocationType="Event", Payload=b"%d" % number)

    region.call(finish(region))

    metrics = region.metrics.function("hello")
    assert metrics["AsyncEventsReceived"] == {"Sum": 500}
    assert metrics["Invocations"] == {"Sum": 500}
    assert metrics["Errors"] == {"Sum": 0}
    assert metrics["Throttles"] == {"Sum": 0}
