"""Functions that invoke themselves with plain boto3, over the endpoint, are stopped."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from lambda_magic.deployment.package import build_zip
from lambda_magic.function import Function
from lambda_magic.region import Region

from .conftest import ROLE

Make = Callable[[str], Function]

#: Invokes itself with one more, and answers how far down it got; asynchronously if asked to.
LOOP = """
import json
import boto3
from botocore.exceptions import ClientError

client = boto3.client("lambda")

def handler(event, context):
    print("depth", event["depth"])
    request = {
        "FunctionName": context.function_name,
        "Payload": json.dumps(event | {"depth": event["depth"] + 1}),
    }
    if event.get("type") == "Event":
        return client.invoke(InvocationType="Event", **request)["StatusCode"]
    try:
        return json.load(client.invoke(**request)["Payload"])
    except ClientError as error:
        return {"depth": event["depth"], "error": error.response["Error"]}
"""


@pytest.fixture
def make(region: Region, client: Any) -> Make:
    """Makes a function of source text, with a runtime that has boto3: this process's own."""

    def make(source: str) -> Function:
        client.create_function(
            FunctionName="loop",
            Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": build_zip({"index.py": source.encode()})},
            Timeout=60,
        )
        client.get_waiter("function_active_v2").wait(FunctionName="loop")
        return Function(region, "loop")

    return make


def test_a_synchronous_loop_is_stopped(make: Make) -> None:
    loop = make(LOOP)

    result = loop.invoke({"depth": 1})

    assert result.payload == {
        "depth": 16,
        "error": {
            "Code": "RecursiveInvocationException",
            "Message": (
                "Lambda has detected your function being invoked in a recursive loop with other "
                "AWS resources and stopped your function's invocation."
            ),
        },
    }
    assert loop.metrics()["RecursiveInvocationsDropped"] == {"Sum": 1}
    assert loop.metrics()["Invocations"] == {"Sum": 16}


def test_an_asynchronous_loop_is_stopped(region: Region, make: Make) -> None:
    loop = make(LOOP)

    loop.invoke_async({"depth": 1, "type": "Event"}).wait(30)
    while pending := region.asynchronous.pending():
        for invocation in pending:
            invocation.wait(30)

    assert loop.metrics()["Invocations"] == {"Sum": 16}
    assert loop.metrics()["AsyncEventsReceived"] == {"Sum": 17}
    assert loop.metrics()["AsyncEventsDropped"] == {"Sum": 1}
    assert loop.metrics()["RecursiveInvocationsDropped"] == {"Sum": 1}


def test_a_loop_may_be_allowed(client: Any, make: Make) -> None:
    stop = '    if event["depth"] == 20:\n        return event\n'
    loop = make(LOOP.replace("    print(", f"{stop}    print("))
    client.put_function_recursion_config(FunctionName="loop", RecursiveLoop="Allow")

    assert loop.invoke({"depth": 1}).payload == {"depth": 20}
