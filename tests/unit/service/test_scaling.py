from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
VERSION = {"FunctionName": "hello", "Qualifier": "1"}
CONFIG = {"MinExecutionEnvironments": 1, "MaxExecutionEnvironments": 5}


async def test_what_is_put_is_answered(hello: Any) -> None:
    assert await hello("GetFunctionScalingConfig", **VERSION) == {"FunctionArn": f"{ARN}:1"}
    assert await hello(
        "PutFunctionScalingConfig", **VERSION | {"FunctionScalingConfig": CONFIG}
    ) == {"FunctionState": "Active"}
    assert await hello("GetFunctionScalingConfig", **VERSION) == {
        "FunctionArn": f"{ARN}:1",
        "AppliedFunctionScalingConfig": CONFIG,
        "RequestedFunctionScalingConfig": CONFIG,
    }
    await hello("PutFunctionScalingConfig", **VERSION)
    assert await hello("GetFunctionScalingConfig", **VERSION) == {"FunctionArn": f"{ARN}:1"}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"Qualifier": "9"}, f"ResourceNotFoundException: Function not found: {ARN}:9"),
        (
            {"Qualifier": "$LATEST.PUBLISHED"},
            f"ResourceNotFoundException: Function not found: {ARN}:$LATEST.PUBLISHED",
        ),
        (
            {"Qualifier": "LIVE"},
            "ValidationException: 1 validation error detected: Value 'LIVE' at 'qualifier' failed "
            "to satisfy constraint: Member must satisfy regular expression pattern: "
            r"(\$LATEST\.PUBLISHED|[0-9]+)",
        ),
        (
            {"FunctionScalingConfig": CONFIG | {"MinExecutionEnvironments": 6}},
            "InvalidParameterValueException: MinExecutionEnvironments (6) must not be greater than "
            "MaxExecutionEnvironments (5).",
        ),
    ],
)
async def test_what_is_refused(hello: Any, request_: dict[str, Any], message: str) -> None:
    assert await hello.refused("PutFunctionScalingConfig", **VERSION | request_) == message
