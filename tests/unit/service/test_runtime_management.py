from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
RUNTIME = f"arn:aws:lambda:us-east-1::runtime:{'a' * 64}"


async def test_runtimes_are_updated_unless_they_are_chosen(hello: Any) -> None:
    async def get(**request: str) -> Any:
        return await hello("GetRuntimeManagementConfig", FunctionName="hello", **request)

    assert await get() == {"UpdateRuntimeOn": "Auto", "FunctionArn": ARN}
    manual = {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": RUNTIME, "FunctionArn": f"{ARN}:1"}
    assert (
        await hello(
            "PutRuntimeManagementConfig",
            FunctionName="hello",
            Qualifier="1",
            UpdateRuntimeOn="Manual",
            RuntimeVersionArn=RUNTIME,
        )
        == manual
    )
    assert await get(Qualifier="1") == manual
    assert await get(Qualifier="2") == {"UpdateRuntimeOn": "Auto", "FunctionArn": f"{ARN}:2"}
    await hello(
        "PutRuntimeManagementConfig", FunctionName="hello", UpdateRuntimeOn="FunctionUpdate"
    )
    assert (await get())["UpdateRuntimeOn"] == "FunctionUpdate"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            {"UpdateRuntimeOn": "Manual"},
            "InvalidParameterValueException: RuntimeVersionArn is required when UpdateRuntimeOn is "
            "Manual.",
        ),
        (
            {"RuntimeVersionArn": RUNTIME},
            "InvalidParameterValueException: RuntimeVersionArn is only supported when "
            "UpdateRuntimeOn is Manual.",
        ),
        (
            {"FunctionName": "nobody"},
            f"ResourceNotFoundException: Function not found: {ARN.replace('hello', 'nobody')}",
        ),
        ({"Qualifier": "9"}, f"ResourceNotFoundException: Function not found: {ARN}:9"),
        ({"Qualifier": "LIVE"}, f"ResourceNotFoundException: Function not found: {ARN}:LIVE"),
    ],
)
async def test_what_is_refused(hello: Any, request_: dict[str, Any], message: str) -> None:
    await hello("CreateAlias", FunctionName="hello", Name="LIVE", FunctionVersion="1")
    request = {"FunctionName": "hello", "UpdateRuntimeOn": "Auto"} | request_

    assert await hello.refused("PutRuntimeManagementConfig", **request) == message
