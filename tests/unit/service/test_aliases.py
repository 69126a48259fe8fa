from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
LIVE = {"FunctionName": "hello", "Name": "LIVE"}


def routed(**weights: float) -> dict[str, Any]:
    return {
        "RoutingConfig": {
            "AdditionalVersionWeights": {key.strip("v"): value for key, value in weights.items()}
        }
    }


async def test_an_alias_is_created_and_found(hello: Any) -> None:
    created = await hello("CreateAlias", **LIVE, FunctionVersion="1", **routed(v2=0.2))

    assert created.pop("RevisionId")
    assert created == {
        "AliasArn": f"{ARN}:LIVE",
        "Name": "LIVE",
        "Description": "",
        "FunctionVersion": "1",
        "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.2}},
    }
    found = await hello("GetAlias", **LIVE)
    assert created | {"RevisionId": found["RevisionId"]} == found


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"FunctionVersion": "2"}, {"FunctionVersion": "2", "Description": "first"}),
        ({"Description": "new"}, {"FunctionVersion": "1", "Description": "new"}),
        (routed(v2=1), {"RoutingConfig": {"AdditionalVersionWeights": {"2": 1.0}}}),
        (routed(), {"FunctionVersion": "1"}),
        ({"FunctionVersion": "$LATEST", **routed()}, {"FunctionVersion": "$LATEST"}),
    ],
)
async def test_an_alias_is_updated(
    hello: Any, change: dict[str, Any], expected: dict[str, Any]
) -> None:
    created = await hello("CreateAlias", **LIVE, FunctionVersion="1", Description="first")

    updated = await hello("UpdateAlias", **LIVE, **change, RevisionId=created["RevisionId"])

    assert {member: updated[member] for member in expected} == expected
    assert ("RoutingConfig" in updated) is ("RoutingConfig" in expected)
    assert updated["RevisionId"] != created["RevisionId"]
    assert await hello("GetAlias", **LIVE) == updated


async def test_routing_is_kept_by_an_update_that_does_not_mention_it(hello: Any) -> None:
    await hello("CreateAlias", **LIVE, FunctionVersion="1", **routed(v2=0.2))

    updated = await hello("UpdateAlias", **LIVE, Description="new")

    assert updated["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.2}}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"FunctionVersion": "10"},
            f"ResourceNotFoundException: Function not found: {ARN}:10",
        ),
        (
            {"FunctionVersion": "1", **routed(v10=0.5)},
            f"ResourceNotFoundException: Function not found: {ARN}:10",
        ),
        (
            {"FunctionName": "nobody", "FunctionVersion": "1"},
            f"ResourceNotFoundException: Function not found: {ARN.replace('hello', 'nobody')}:1",
        ),
        (
            {"FunctionVersion": "1", **routed(v1=0.5)},
            "InvalidParameterValueException: Invalid function version 1. Function version 1 is "
            "already included in routing configuration.",
        ),
        (
            {"FunctionVersion": "1", **routed(v1=0.3, v2=0.3)},
            "InvalidParameterValueException: Number of items in AdditionalVersionWeights cannot be "
            "greater than 1",
        ),
        (
            {"FunctionVersion": "$LATEST", **routed(v1=0.5)},
            "InvalidParameterValueException: $LATEST is not supported for an alias pointing to "
            "more than 1 version",
        ),
        (
            {"FunctionVersion": "1", **routed(v2=2.0)},
            "ValidationException: 1 validation error detected: Value '{2=2.0}' at "
            "'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must "
            "satisfy constraint: [Member must have value less than or equal to 1.0, Member must "
            "have value greater than or equal to 0.0, Member must not be null]",
        ),
        (
            {"FunctionVersion": "1", "Name": "TAKEN"},
            f"ResourceConflictException: Alias already exists: {ARN}:TAKEN",
        ),
        (
            {"FunctionVersion": "1", "Name": "1"},
            "ValidationException: 1 validation error detected: Value '1' at 'name' failed to "
            "satisfy constraint: Member must satisfy regular expression pattern: "
            "(?!^[0-9]+$)([a-zA-Z0-9-_]+)",
        ),
    ],
)
async def test_what_cannot_be_an_alias(hello: Any, members: dict[str, Any], message: str) -> None:
    await hello("CreateAlias", FunctionName="hello", Name="TAKEN", FunctionVersion="1")

    assert await hello.refused("CreateAlias", **LIVE | members) == message


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"Role": "arn:aws:iam::123456789012:role/other"}, "execution role"),
        (
            {"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:dead"}},
            "dead-letter queue",
        ),
    ],
)
async def test_versions_share_an_alias_that_have_much_in_common(
    hello: Any, changed: dict[str, Any], what: str
) -> None:
    await hello("UpdateFunctionConfiguration", FunctionName="hello", **changed)
    hello.settle()
    version = (await hello("PublishVersion", FunctionName="hello"))["Version"]
    weights = {"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}}}
    assert await hello.refused("CreateAlias", **LIVE, FunctionVersion=version, **weights) == (
        f"InvalidParameterValueException: The versions {version} and 1 must have the same {what}."
    )
    await hello("CreateAlias", **LIVE, FunctionVersion=version)


async def test_what_is_not_there_is_not_found(hello: Any) -> None:
    assert await hello.refused("GetAlias", **LIVE) == (
        f"ResourceNotFoundException: Cannot find alias arn: {ARN}:LIVE"
    )
    assert await hello.refused("UpdateAlias", **LIVE, FunctionVersion="2") == (
        f"ResourceNotFoundException: Alias not found: {ARN}:LIVE"
    )


async def test_an_update_of_an_older_revision_is_refused(hello: Any) -> None:
    await hello("CreateAlias", **LIVE, FunctionVersion="1")

    assert await hello.refused("UpdateAlias", **LIVE, FunctionVersion="2", RevisionId="old") == (
        "PreconditionFailedException: The Revision Id provided does not match the latest Revision "
        "Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
    )


async def test_aliases_are_listed_for_a_function_or_a_version(hello: Any) -> None:
    for name, version in [("c", "1"), ("a", "1"), ("b", "2")]:
        await hello("CreateAlias", FunctionName="hello", Name=name, FunctionVersion=version)

    async def names(**request: Any) -> list[str]:
        page = await hello("ListAliases", FunctionName="hello", **request)
        return [alias["Name"] for alias in page["Aliases"]]

    first = await hello("ListAliases", FunctionName="hello", MaxItems=2)
    assert await names() == ["a", "b", "c"]
    assert await names(FunctionVersion="1") == ["a", "c"]
    assert await names(Marker=first["NextMarker"]) == ["c"]


async def test_an_alias_is_deleted_once_or_twice(hello: Any) -> None:
    await hello("CreateAlias", **LIVE, FunctionVersion="1")

    assert await hello("DeleteAlias", **LIVE) == {}
    assert await hello("DeleteAlias", **LIVE) == {}
    assert (await hello("ListAliases", FunctionName="hello"))["Aliases"] == []


async def test_provisioned_concurrency_moves_with_its_alias(hello: Any) -> None:
    await hello("CreateAlias", **LIVE, FunctionVersion="1")
    await hello(
        "PutProvisionedConcurrencyConfig",
        FunctionName="hello",
        Qualifier="LIVE",
        ProvisionedConcurrentExecutions=3,
    )

    await hello("UpdateAlias", **LIVE, FunctionVersion="2")
    refused = await hello.refused("UpdateAlias", **LIVE, FunctionVersion="$LATEST")
    await hello("DeleteAlias", **LIVE)

    assert hello.provisioner.calls == [
        ("set", "hello", "LIVE", 3),
        ("set", "hello", "LIVE", 3),
        ("remove", "hello", "LIVE"),
    ]
    assert refused == (
        "InvalidParameterValueException: Provisioned Concurrency Configs cannot be applied to "
        "unpublished function versions."
    )
    assert hello.catalog.all_provisioned() == []
