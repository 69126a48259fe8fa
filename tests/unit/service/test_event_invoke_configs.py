from datetime import UTC, datetime
from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:queue"
TOPIC = "arn:aws:sns:us-east-1:123456789012:topic"
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/default"
BUCKET = "arn:aws:s3:::bucket"
OTHER = ARN.replace("hello", "other")
NOWHERE: dict[str, Any] = {"OnSuccess": {}, "OnFailure": {}}
THEN = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
NOTHING_GIVEN = (
    "InvalidParameterValueException: You must specify at least one of error handling or "
    "destination setting."
)
NO_FUNCTION = "ResourceNotFoundException: The function doesn't exist."


def no_config(qualifier: str, name: str = "hello") -> str:
    arn = ARN.replace("hello", name)
    return (
        f"ResourceNotFoundException: The function {arn}:{qualifier} doesn't have an "
        "EventInvokeConfig"
    )


async def put(api: Any, **request: Any) -> Any:
    return await api("PutFunctionEventInvokeConfig", **{"FunctionName": "hello"} | request)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"MaximumRetryAttempts": 0}, {"MaximumRetryAttempts": 0}),
        ({"MaximumEventAgeInSeconds": 60}, {"MaximumEventAgeInSeconds": 60}),
        ({"MaximumEventAgeInSeconds": 21600}, {"MaximumEventAgeInSeconds": 21600}),
        ({"DestinationConfig": {}}, {}),
        ({"DestinationConfig": {"OnFailure": {"Destination": ""}}}, {}),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": QUEUE}}},
            {"DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": QUEUE}}},
        ),
        (
            {
                "DestinationConfig": {
                    "OnSuccess": {"Destination": OTHER},
                    "OnFailure": {"Destination": BUCKET},
                }
            },
            {
                "DestinationConfig": {
                    "OnSuccess": {"Destination": OTHER},
                    "OnFailure": {"Destination": BUCKET},
                }
            },
        ),
        (
            {
                "DestinationConfig": {
                    "OnSuccess": {"Destination": BUS},
                    "OnFailure": {"Destination": TOPIC},
                }
            },
            {
                "DestinationConfig": {
                    "OnSuccess": {"Destination": BUS},
                    "OnFailure": {"Destination": TOPIC},
                }
            },
        ),
    ],
)
async def test_what_is_configured_is_answered(
    hello: Any, request_: dict[str, Any], expected: dict[str, Any]
) -> None:
    await hello.create("other")
    config = {
        "DestinationConfig": NOWHERE,
        "FunctionArn": f"{ARN}:$LATEST",
        "LastModified": THEN,
    } | expected

    assert await put(hello, **request_) == config
    assert await hello("GetFunctionEventInvokeConfig", FunctionName="hello") == config
    assert (
        await hello("GetFunctionEventInvokeConfig", FunctionName="hello", Qualifier="$LATEST")
        == config
    )
    assert await hello("ListFunctionEventInvokeConfigs", FunctionName="hello") == {
        "FunctionEventInvokeConfigs": [config]
    }


async def test_invocations_find_what_is_configured(hello: Any) -> None:
    await put(hello, MaximumRetryAttempts=1, Qualifier="2")

    found = hello.catalog.event_invoke_config("hello", "2")

    assert found["MaximumRetryAttempts"] == 1
    assert found["DestinationConfig"] == NOWHERE
    assert hello.catalog.event_invoke_config("hello", None) is None


async def test_put_replaces_and_update_changes(hello: Any) -> None:
    await put(hello, MaximumRetryAttempts=2, MaximumEventAgeInSeconds=60)
    hello.clock.advance(10)

    updated = await hello(
        "UpdateFunctionEventInvokeConfig", FunctionName="hello", MaximumRetryAttempts=0
    )
    replaced = await put(hello, MaximumRetryAttempts=1)

    assert updated == {
        "DestinationConfig": NOWHERE,
        "FunctionArn": f"{ARN}:$LATEST",
        "LastModified": datetime(2023, 11, 14, 22, 13, 30, tzinfo=UTC),
        "MaximumEventAgeInSeconds": 60,
        "MaximumRetryAttempts": 0,
    }
    assert replaced.keys() == updated.keys() - {"MaximumEventAgeInSeconds"}


async def test_each_qualifier_has_its_own(hello: Any) -> None:
    await hello("CreateAlias", FunctionName="hello", Name="LIVE", FunctionVersion="1")
    for number, qualifier in enumerate(("LIVE", "1", "$LATEST")):
        await put(hello, FunctionName=f"hello:{qualifier}", MaximumRetryAttempts=number)

    first = await hello("ListFunctionEventInvokeConfigs", FunctionName="hello", MaxItems=2)
    second = await hello(
        "ListFunctionEventInvokeConfigs", FunctionName="hello", Marker=first["NextMarker"]
    )
    configs = [*first["FunctionEventInvokeConfigs"], *second["FunctionEventInvokeConfigs"]]

    assert [(one["FunctionArn"], one["MaximumRetryAttempts"]) for one in configs] == [
        (f"{ARN}:$LATEST", 2),
        (f"{ARN}:1", 1),
        (f"{ARN}:LIVE", 0),
    ]


async def test_a_config_is_deleted(hello: Any) -> None:
    await put(hello, MaximumRetryAttempts=1)
    request = {"FunctionName": "hello"}

    assert await hello("DeleteFunctionEventInvokeConfig", **request) == {}

    assert await hello.refused("GetFunctionEventInvokeConfig", **request) == no_config("$LATEST")
    assert await hello.refused("DeleteFunctionEventInvokeConfig", **request) == no_config("$LATEST")


def to(destination: str, outcome: str = "OnFailure") -> dict[str, Any]:
    return {"DestinationConfig": {outcome: {"Destination": destination}}}


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("PutFunctionEventInvokeConfig", {}, NOTHING_GIVEN),
        ("UpdateFunctionEventInvokeConfig", {}, NOTHING_GIVEN),
        (
            "PutFunctionEventInvokeConfig",
            {"FunctionName": "nobody", "MaximumRetryAttempts": 1},
            NO_FUNCTION,
        ),
        (
            "PutFunctionEventInvokeConfig",
            {"Qualifier": "NONE", "MaximumRetryAttempts": 1},
            NO_FUNCTION,
        ),
        (
            "PutFunctionEventInvokeConfig",
            {"Qualifier": "9", "MaximumRetryAttempts": 1},
            NO_FUNCTION,
        ),
        (
            "UpdateFunctionEventInvokeConfig",
            {"FunctionName": "nobody", "MaximumRetryAttempts": 1},
            NO_FUNCTION,
        ),
        ("ListFunctionEventInvokeConfigs", {"FunctionName": "nobody"}, NO_FUNCTION),
        (
            "UpdateFunctionEventInvokeConfig",
            {"MaximumRetryAttempts": 1},
            no_config("$LATEST"),
        ),
        (
            "UpdateFunctionEventInvokeConfig",
            {"Qualifier": "1", "MaximumRetryAttempts": 1},
            no_config("1"),
        ),
        ("GetFunctionEventInvokeConfig", {"Qualifier": "NONE"}, no_config("NONE")),
        (
            "GetFunctionEventInvokeConfig",
            {"FunctionName": "nobody"},
            no_config("$LATEST", "nobody"),
        ),
        (
            "DeleteFunctionEventInvokeConfig",
            {"FunctionName": "nobody"},
            no_config("$LATEST", "nobody"),
        ),
        (
            "PutFunctionEventInvokeConfig",
            {"FunctionName": "hello:1", "Qualifier": "2", "MaximumRetryAttempts": 1},
            "InvalidParameterValueException: The derived qualifier from the function name does not "
            "match the specified qualifier.",
        ),
        (
            "PutFunctionEventInvokeConfig",
            {"MaximumRetryAttempts": 3},
            "ValidationException: 1 validation error detected: Value '3' at 'maximumRetryAttempts' "
            "failed to satisfy constraint: Member must have value less than or equal to 2",
        ),
        (
            "PutFunctionEventInvokeConfig",
            {"MaximumEventAgeInSeconds": 59},
            "ValidationException: 1 validation error detected: Value '59' at "
            "'maximumEventAgeInSeconds' failed to satisfy constraint: Member must have value "
            "greater than or equal to 60",
        ),
        (
            "PutFunctionEventInvokeConfig",
            to(ARN),
            "InvalidParameterValueException: You can't specify the function as a destination for "
            "itself.",
        ),
        (
            "PutFunctionEventInvokeConfig",
            to(OTHER),
            f"InvalidParameterValueException: The destination ARN {OTHER} is invalid.",
        ),
        (
            "PutFunctionEventInvokeConfig",
            to("arn:aws:iam::123456789012:role/lambda"),
            "InvalidParameterValueException: The provided destination config DestinationConfig("
            "onSuccess=null, onFailure=OnFailure(destination=arn:aws:iam::123456789012:role/lambda"
            ")) is invalid.",
        ),
        (
            "PutFunctionEventInvokeConfig",
            to("arn:aws:sqs:us-east-1:123456789012:queue.fifo"),
            "InvalidParameterValueException: The provided destination config DestinationConfig("
            "onSuccess=null, onFailure=OnFailure(destination=arn:aws:sqs:us-east-1:123456789012:"
            "queue.fifo)) is invalid.",
        ),
        (
            "PutFunctionEventInvokeConfig",
            to(BUCKET, "OnSuccess"),
            "InvalidParameterValueException: The provided destination config DestinationConfig("
            f"onSuccess=OnSuccess(destination={BUCKET}), onFailure=null) is invalid.",
        ),
    ],
)
async def test_what_is_refused(
    hello: Any, operation: str, request_: dict[str, Any], message: str
) -> None:
    assert await hello.refused(operation, **{"FunctionName": "hello"} | request_) == message
    assert (await hello("ListFunctionEventInvokeConfigs", FunctionName="hello"))[
        "FunctionEventInvokeConfigs"
    ] == []
