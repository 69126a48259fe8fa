from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
UNPUBLISHED = (
    "InvalidParameterValueException: Provisioned Concurrency Configs cannot be applied to "
    "unpublished function versions."
)
PUBLISHED_ONLY = (
    "InvalidParameterValueException: The function resource provided must be an alias or a "
    "published version."
)


def config(qualifier: str, requested: int = 1, name: str = "hello") -> dict[str, Any]:
    return {
        "FunctionName": name,
        "Qualifier": qualifier,
        "ProvisionedConcurrentExecutions": requested,
    }


async def put(api: Any, qualifier: str, requested: int = 1) -> Any:
    return await api("PutProvisionedConcurrencyConfig", **config(qualifier, requested))


async def alias(api: Any, name: str, version: str) -> None:
    await api("CreateAlias", FunctionName="hello", Name=name, FunctionVersion=version)


async def test_concurrency_is_provisioned_and_read(hello: Any) -> None:
    assert await put(hello, "1", 5) == {
        "RequestedProvisionedConcurrentExecutions": 5,
        "AvailableProvisionedConcurrentExecutions": 0,
        "AllocatedProvisionedConcurrentExecutions": 0,
        "Status": "IN_PROGRESS",
        "LastModified": "2023-11-14T22:13:20.000+0000",
    }
    assert hello.provisioner.calls == [("set", "hello", "1", 5)]
    status = {
        "RequestedProvisionedConcurrentExecutions": 5,
        "AvailableProvisionedConcurrentExecutions": 5,
        "AllocatedProvisionedConcurrentExecutions": 5,
        "Status": "READY",
        "LastModified": "2023-11-14T22:13:20.000+0000",
    }
    assert (
        await hello("GetProvisionedConcurrencyConfig", FunctionName="hello", Qualifier="1")
        == status
    )
    assert await hello("ListProvisionedConcurrencyConfigs", FunctionName="hello") == {
        "ProvisionedConcurrencyConfigs": [{"FunctionArn": f"{ARN}:1", **status}]
    }


async def test_configs_are_listed_by_pages(hello: Any) -> None:
    await alias(hello, "LIVE", "2")
    await put(hello, "LIVE")
    await put(hello, "1")

    first = await hello("ListProvisionedConcurrencyConfigs", FunctionName="hello", MaxItems=1)
    second = await hello(
        "ListProvisionedConcurrencyConfigs", FunctionName="hello", Marker=first["NextMarker"]
    )

    arns = [
        one["FunctionArn"]
        for page in (first, second)
        for one in page["ProvisionedConcurrencyConfigs"]
    ]
    assert arns == [f"{ARN}:1", f"{ARN}:LIVE"]


async def test_it_is_given_back(hello: Any) -> None:
    await put(hello, "1")
    request = {"FunctionName": "hello", "Qualifier": "1"}

    assert await hello("DeleteProvisionedConcurrencyConfig", **request) == {}
    assert await hello("DeleteProvisionedConcurrencyConfig", **request) == {}

    assert hello.provisioner.calls[-1] == ("remove", "hello", "1")
    assert await hello.refused("GetProvisionedConcurrencyConfig", **request) == (
        "ProvisionedConcurrencyConfigNotFoundException: No Provisioned Concurrency Config found "
        "for this function"
    )


async def test_it_goes_with_its_version(hello: Any) -> None:
    await put(hello, "1")

    await hello("DeleteFunction", FunctionName="hello", Qualifier="1")

    assert hello.catalog.all_provisioned() == []
    assert hello.provisioner.calls[-1] == ("remove", "hello", "1")


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("PutProvisionedConcurrencyConfig", config("$LATEST"), UNPUBLISHED),
        ("PutProvisionedConcurrencyConfig", config("DEV"), UNPUBLISHED),
        (
            "PutProvisionedConcurrencyConfig",
            config("1", 0),
            "ValidationException: 1 validation error detected: Value '0' at "
            "'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have "
            "value greater than or equal to 1",
        ),
        (
            "PutProvisionedConcurrencyConfig",
            config("9"),
            f"ResourceNotFoundException: Function not found: {ARN}:9",
        ),
        (
            "PutProvisionedConcurrencyConfig",
            config("NONE"),
            f"ResourceNotFoundException: Cannot find alias arn: {ARN}:NONE",
        ),
        (
            "PutProvisionedConcurrencyConfig",
            config("1", 901),
            "InvalidParameterValueException: Specified ConcurrentExecutions for function decreases "
            "account's UnreservedConcurrentExecution below its minimum value of [100].",
        ),
        (
            "PutProvisionedConcurrencyConfig",
            config("1", 1001),
            "InvalidParameterValueException: Specified ConcurrentExecutions for function is "
            "greater than account's unreserved concurrency [1000].",
        ),
        (
            "GetProvisionedConcurrencyConfig",
            {"FunctionName": "hello", "Qualifier": "$LATEST"},
            PUBLISHED_ONLY,
        ),
        (
            "DeleteProvisionedConcurrencyConfig",
            {"FunctionName": "hello", "Qualifier": "$LATEST"},
            PUBLISHED_ONLY,
        ),
        (
            "GetProvisionedConcurrencyConfig",
            {"FunctionName": "hello", "Qualifier": "NONE"},
            f"ResourceNotFoundException: Cannot find alias arn: {ARN}:NONE",
        ),
    ],
)
async def test_what_is_refused(
    hello: Any, operation: str, request_: dict[str, Any], message: str
) -> None:
    await alias(hello, "DEV", "$LATEST")

    assert await hello.refused(operation, **request_) == message
    assert hello.provisioner.calls == []


async def test_it_cannot_be_more_than_what_is_reserved(hello: Any) -> None:
    await hello("PutFunctionConcurrency", FunctionName="hello", ReservedConcurrentExecutions=5)
    await put(hello, "1", 3)
    await put(hello, "1", 4)

    assert await hello.refused("PutProvisionedConcurrencyConfig", **config("2", 2)) == (
        "InvalidParameterValueException: Requested Provisioned Concurrency should not be greater "
        "than the reservedConcurrentExecution for function"
    )
    assert await put(hello, "2", 1)


async def test_a_version_and_its_alias_cannot_both_have_some(hello: Any) -> None:
    await alias(hello, "ONE", "1")
    await alias(hello, "TWO", "2")
    await put(hello, "ONE")
    await put(hello, "2")

    assert await hello.refused("PutProvisionedConcurrencyConfig", **config("1")) == (
        "ResourceConflictException: Version is pointed by a Provisioned Concurrency alias"
    )
    assert await hello.refused("PutProvisionedConcurrencyConfig", **config("TWO")) == (
        "ResourceConflictException: Alias can't be used for Provisioned Concurrency configuration "
        "on an already Provisioned version"
    )
