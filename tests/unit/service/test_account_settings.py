from typing import Any

import pytest

from lambda_magic.service import quota


async def test_an_unused_account_has_all_its_limits(api: Any) -> None:
    assert await api("GetAccountSettings") == {
        "AccountLimit": {
            "TotalCodeSize": 322122547200,
            "CodeSizeUnzipped": 262144000,
            "CodeSizeZipped": 52428800,
            "ConcurrentExecutions": 1000,
            "UnreservedConcurrentExecutions": 1000,
        },
        "AccountUsage": {"TotalCodeSize": 0, "FunctionCount": 0},
    }


async def test_reserved_and_provisioned_concurrency_are_taken_off(hello: Any) -> None:
    await hello.create("other", Publish=True)
    for name, requested in [("hello", 2), ("other", 3)]:
        await hello(
            "PutProvisionedConcurrencyConfig",
            FunctionName=name,
            Qualifier="1",
            ProvisionedConcurrentExecutions=requested,
        )
    await hello("PutFunctionConcurrency", FunctionName="hello", ReservedConcurrentExecutions=10)

    settings = await hello("GetAccountSettings")

    # hello's provisioned concurrency is part of what is reserved for it.
    assert settings["AccountLimit"]["UnreservedConcurrentExecutions"] == 1000 - 10 - 3
    # $LATEST and versions count each.
    sizes = len(hello.zipped()) * 3 + len(hello.zipped("second")) * 2
    assert settings["AccountUsage"] == {"TotalCodeSize": sizes, "FunctionCount": 2}


async def test_code_storage_is_limited(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await api.create()
    monkeypatch.setattr(quota, "MAX_TOTAL_CODE_SIZE", 2 * len(api.zipped()) - 1)

    assert await api.refused("CreateFunction", **api.create_request("other")) == (
        "CodeStorageExceededException: Code storage limit exceeded."
    )
