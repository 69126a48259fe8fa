import re
from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
PUBLISHERS = {
    "SigningProfileVersionArns": ["arn:aws:signer:us-east-1:123456789012:/signing-profiles/test"]
}
NOT_THERE = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-11111111111111111"
CANNOT_BE_FOUND = (
    f"ResourceNotFoundException: The Lambda code signing configuration {NOT_THERE} can not be "
    "found."
)
NO_FUNCTION = f"ResourceNotFoundException: Function not found: {ARN.replace('hello', 'nobody')}"


async def create(api: Any, **request: Any) -> Any:
    answer = await api("CreateCodeSigningConfig", AllowedPublishers=PUBLISHERS, **request)
    return answer["CodeSigningConfig"]


async def test_a_configuration_is_made_changed_and_deleted(hello: Any) -> None:
    created = await create(hello, Description="first")
    arn, name = created["CodeSigningConfigArn"], created["CodeSigningConfigId"]

    assert re.fullmatch(r"csc-[0-9a-f]{17}", name)
    assert created == {
        "CodeSigningConfigId": name,
        "CodeSigningConfigArn": NOT_THERE.rpartition(":")[0] + f":{name}",
        "Description": "first",
        "AllowedPublishers": PUBLISHERS,
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"},
        "LastModified": "2023-11-14T22:13:20.000+0000",
    }
    hello.clock.advance(1)
    enforce = {"UntrustedArtifactOnDeployment": "Enforce"}
    updated = await hello(
        "UpdateCodeSigningConfig", CodeSigningConfigArn=arn, CodeSigningPolicies=enforce
    )
    assert updated == {
        "CodeSigningConfig": created
        | {"CodeSigningPolicies": enforce, "LastModified": "2023-11-14T22:13:21.000+0000"}
    }
    assert await hello("GetCodeSigningConfig", CodeSigningConfigArn=arn) == updated
    assert await hello("ListCodeSigningConfigs") == {
        "CodeSigningConfigs": [updated["CodeSigningConfig"]]
    }
    assert await hello("DeleteCodeSigningConfig", CodeSigningConfigArn=arn) == {}
    assert await hello("ListCodeSigningConfigs") == {"CodeSigningConfigs": []}


async def test_a_function_has_a_configuration(hello: Any) -> None:
    arn = (await create(hello))["CodeSigningConfigArn"]
    request = {"FunctionName": "hello"}
    has = {"CodeSigningConfigArn": arn, "FunctionName": "hello"}

    assert await hello("GetFunctionCodeSigningConfig", **request) == {}
    assert await hello("PutFunctionCodeSigningConfig", **has) == has
    assert await hello("GetFunctionCodeSigningConfig", **request) == has
    assert await hello("ListFunctionsByCodeSigningConfig", CodeSigningConfigArn=arn) == {
        "FunctionArns": [ARN]
    }
    assert await hello.refused("DeleteCodeSigningConfig", CodeSigningConfigArn=arn) == (
        "ResourceConflictException: Cannot delete the code signing configuration because it is in "
        "use by the following functions: [hello]"
    )
    for _ in range(2):
        assert await hello("DeleteFunctionCodeSigningConfig", **request) == {}
    assert await hello("GetFunctionCodeSigningConfig", **request) == {}


async def test_a_function_is_made_with_a_configuration(api: Any) -> None:
    arn = (await create(api))["CodeSigningConfigArn"]

    await api.create(CodeSigningConfigArn=arn)

    has = await api("GetFunctionCodeSigningConfig", FunctionName="hello")
    assert has["CodeSigningConfigArn"] == arn
    assert await api.refused(
        "CreateFunction", **api.create_request("other", CodeSigningConfigArn=NOT_THERE)
    ) == (
        "CodeSigningConfigNotFoundException: The code signing configuration cannot be found. "
        f"Check that the provided configuration is not deleted: {NOT_THERE}."
    )


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("GetCodeSigningConfig", {"CodeSigningConfigArn": NOT_THERE}, CANNOT_BE_FOUND),
        ("UpdateCodeSigningConfig", {"CodeSigningConfigArn": NOT_THERE}, CANNOT_BE_FOUND),
        ("DeleteCodeSigningConfig", {"CodeSigningConfigArn": NOT_THERE}, CANNOT_BE_FOUND),
        ("ListFunctionsByCodeSigningConfig", {"CodeSigningConfigArn": NOT_THERE}, CANNOT_BE_FOUND),
        (
            "PutFunctionCodeSigningConfig",
            {"CodeSigningConfigArn": NOT_THERE, "FunctionName": "nobody"},
            "CodeSigningConfigNotFoundException: The code signing configuration cannot be found. "
            f"Check that the provided configuration is not deleted: {NOT_THERE}.",
        ),
        ("GetFunctionCodeSigningConfig", {"FunctionName": "nobody"}, NO_FUNCTION),
        ("DeleteFunctionCodeSigningConfig", {"FunctionName": "nobody"}, NO_FUNCTION),
        (
            "CreateCodeSigningConfig",
            {"AllowedPublishers": {"SigningProfileVersionArns": []}},
            "ValidationException: 1 validation error detected: Value '[]' at "
            "'allowedPublishers.signingProfileVersionArns' failed to satisfy constraint: Member "
            "must have length greater than or equal to 1",
        ),
    ],
)
async def test_what_is_refused(
    hello: Any, operation: str, request_: dict[str, Any], message: str
) -> None:
    assert await hello.refused(operation, **request_) == message


async def test_a_function_must_exist_to_have_one(hello: Any) -> None:
    arn = (await create(hello))["CodeSigningConfigArn"]

    assert (
        await hello.refused(
            "PutFunctionCodeSigningConfig", CodeSigningConfigArn=arn, FunctionName="nobody"
        )
        == NO_FUNCTION
    )
