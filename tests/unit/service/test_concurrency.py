from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
UNQUALIFIED = (
    "InvalidParameterValueException: This operation is permitted on Lambda functions only. Aliases "
    "and versions do not support this operation. Please specify either a function name or an "
    "unqualified function ARN."
)


async def reserve(api: Any, requested: int, name: str = "hello") -> Any:
    return await api(
        "PutFunctionConcurrency", FunctionName=name, ReservedConcurrentExecutions=requested
    )


async def test_concurrency_is_reserved_read_and_given_back(api: Any) -> None:
    await api.create()

    assert await api("GetFunctionConcurrency", FunctionName="hello") == {}
    assert await reserve(api, 0) == {"ReservedConcurrentExecutions": 0}
    assert await reserve(api, 10) == {"ReservedConcurrentExecutions": 10}
    assert await api("GetFunctionConcurrency", FunctionName="hello") == {
        "ReservedConcurrentExecutions": 10
    }
    assert await api("DeleteFunctionConcurrency", FunctionName="hello") == {}
    assert await api("GetFunctionConcurrency", FunctionName="hello") == {}


async def test_a_hundred_stay_unreserved(api: Any) -> None:
    await api.create()
    await api.create("other")
    too_much = (
        "InvalidParameterValueException: Specified ReservedConcurrentExecutions for function "
        "decreases account's UnreservedConcurrentExecution below its minimum value of [100]."
    )

    async def refused(requested: int, name: str = "hello") -> Any:
        return await api.refused(
            "PutFunctionConcurrency", FunctionName=name, ReservedConcurrentExecutions=requested
        )

    assert await refused(901) == too_much
    assert await reserve(api, 900) == {"ReservedConcurrentExecutions": 900}
    # What the function has already counts for it.
    assert await reserve(api, 899) == {"ReservedConcurrentExecutions": 899}
    assert await reserve(api, 1, "other") == {"ReservedConcurrentExecutions": 1}
    assert await refused(2, "other") == too_much


async def test_the_limits_are_settings(make_api: Any) -> None:
    api = make_api(concurrent_executions=20, minimum_unreserved=5)
    await api.create()

    assert await reserve(api, 15) == {"ReservedConcurrentExecutions": 15}
    assert await api.refused(
        "PutFunctionConcurrency", FunctionName="hello", ReservedConcurrentExecutions=16
    ) == (
        "InvalidParameterValueException: Specified ReservedConcurrentExecutions for function "
        "decreases account's UnreservedConcurrentExecution below its minimum value of [5]."
    )


async def test_it_cannot_be_less_than_what_is_provisioned(hello: Any) -> None:
    for version in ("1", "2"):
        await hello(
            "PutProvisionedConcurrencyConfig",
            FunctionName="hello",
            Qualifier=version,
            ProvisionedConcurrentExecutions=1,
        )

    assert await hello.refused(
        "PutFunctionConcurrency", FunctionName="hello", ReservedConcurrentExecutions=1
    ) == (
        "InvalidParameterValueException:  ReservedConcurrentExecutions  1 should not be lower than "
        "function's total provisioned concurrency [2]."
    )


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        (
            "PutFunctionConcurrency",
            {"FunctionName": "nobody", "ReservedConcurrentExecutions": 1},
            f"ResourceNotFoundException: Function not found: {ARN}:$LATEST".replace(
                "hello", "nobody"
            ),
        ),
        (
            "PutFunctionConcurrency",
            {"FunctionName": "hello:1", "ReservedConcurrentExecutions": 1},
            UNQUALIFIED,
        ),
        (
            "DeleteFunctionConcurrency",
            {"FunctionName": "nobody"},
            f"ResourceNotFoundException: Function not found: {ARN}".replace("hello", "nobody"),
        ),
        ("DeleteFunctionConcurrency", {"FunctionName": "hello:LIVE"}, UNQUALIFIED),
        (
            "PutFunctionConcurrency",
            {"FunctionName": "hello", "ReservedConcurrentExecutions": -1},
            "ValidationException: 1 validation error detected: Value '-1' at "
            "'reservedConcurrentExecutions' failed to satisfy constraint: Member must have value "
            "greater than or equal to 0",
        ),
    ],
)
async def test_what_is_refused(
    hello: Any, operation: str, request_: dict[str, Any], message: str
) -> None:
    assert await hello.refused(operation, **request_) == message
