import json
from typing import Any

import pytest

from lambda_magic.service import policies

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
OLD_REVISION = (
    "PreconditionFailedException: The Revision Id provided does not match the latest Revision Id. "
    "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
)
NOTHING_THERE = "ResourceNotFoundException: The resource you requested does not exist."
S3 = {
    "FunctionName": "hello",
    "StatementId": "s3",
    "Action": "lambda:InvokeFunction",
    "Principal": "s3.amazonaws.com",
}
STATEMENT = {
    "Sid": "s3",
    "Effect": "Allow",
    "Principal": {"Service": "s3.amazonaws.com"},
    "Action": "lambda:InvokeFunction",
    "Resource": ARN,
}


async def policy(api: Any, **request: Any) -> Any:
    return await api("GetPolicy", **{"FunctionName": "hello"} | request)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, {}),
        (
            {"SourceArn": "arn:aws:s3:::bucket"},
            {"Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"}}},
        ),
        (
            {"SourceAccount": "123456789012", "EventSourceToken": "token"},
            {
                "Condition": {
                    "StringEquals": {
                        "AWS:SourceAccount": "123456789012",
                        "lambda:EventSourceToken": "token",
                    }
                }
            },
        ),
        (
            {
                "Principal": "*",
                "Action": "lambda:InvokeFunctionUrl",
                "FunctionUrlAuthType": "NONE",
            },
            {
                "Principal": "*",
                "Action": "lambda:InvokeFunctionUrl",
                "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
            },
        ),
        (
            {"Principal": "*", "InvokedViaFunctionUrl": True},
            {
                "Principal": "*",
                "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
            },
        ),
        (
            {"Principal": "*", "PrincipalOrgID": "o-1234567890"},
            {
                "Principal": "*",
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}},
            },
        ),
        (
            {"Principal": "210987654321"},
            {"Principal": {"AWS": "arn:aws:iam::210987654321:root"}},
        ),
        (
            {"Principal": "arn:aws:iam::210987654321:user/ada"},
            {"Principal": {"AWS": "arn:aws:iam::210987654321:user/ada"}},
        ),
        (
            {"Principal": "alexa-appkit.amazon.com"},
            {"Principal": {"Service": "alexa-appkit.amazon.com"}},
        ),
    ],
)
async def test_a_permission_is_a_statement(
    hello: Any, members: dict[str, Any], expected: dict[str, Any]
) -> None:
    added = await hello("AddPermission", **S3 | members)

    statement = STATEMENT | expected
    # The text itself, so its order, too, is AWS's.
    assert added == {"Statement": json.dumps(statement, separators=(",", ":"))}
    found = await policy(hello)
    assert json.loads(found["Policy"]) == {
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": [statement],
    }


async def test_a_policy_changes_the_revision_of_what_has_it(hello: Any) -> None:
    async def revision(**request: str) -> Any:
        found = await hello("GetFunctionConfiguration", FunctionName="hello", **request)
        return found["RevisionId"]

    before = await revision()
    await hello("AddPermission", **S3 | {"RevisionId": before})
    after = await revision()
    await hello("AddPermission", **S3 | {"Qualifier": "1"})

    assert after != before
    assert (await policy(hello))["RevisionId"] == after == await revision()
    assert (await policy(hello, Qualifier="1"))["RevisionId"] == await revision(Qualifier="1")
    await hello("RemovePermission", FunctionName="hello", StatementId="s3", RevisionId=after)
    assert await revision() != after


async def test_each_qualifier_has_its_own_policy(hello: Any) -> None:
    await hello("CreateAlias", FunctionName="hello", Name="LIVE", FunctionVersion="1")
    alias = await hello("GetAlias", FunctionName="hello", Name="LIVE")
    for qualifier in ("1", "LIVE"):
        await hello("AddPermission", **S3 | {"Qualifier": qualifier})

    for qualifier in ("1", "LIVE"):
        found = json.loads((await policy(hello, Qualifier=qualifier))["Policy"])
        assert found["Statement"] == [STATEMENT | {"Resource": f"{ARN}:{qualifier}"}]
        assert hello.catalog.policy("hello", qualifier) == found
    changed = await hello("GetAlias", FunctionName="hello", Name="LIVE")
    assert changed == alias | {"RevisionId": changed["RevisionId"]}
    assert await hello.refused("GetPolicy", FunctionName="hello") == NOTHING_THERE


async def test_statements_are_taken_back_one_by_one(hello: Any) -> None:
    await hello("AddPermission", **S3)
    await hello("AddPermission", **S3 | {"StatementId": "second"})

    assert await hello("RemovePermission", FunctionName="hello", StatementId="s3") == {}
    left = json.loads((await policy(hello, Qualifier="$LATEST"))["Policy"])
    assert [one["Sid"] for one in left["Statement"]] == ["second"]
    await hello("RemovePermission", FunctionName="hello", StatementId="second")
    assert await hello.refused("GetPolicy", FunctionName="hello") == NOTHING_THERE


async def test_a_policy_has_a_greatest_size(hello: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "MAX_POLICY_SIZE", 300)
    await hello("AddPermission", **S3)
    size = len((await policy(hello))["Policy"])
    another = len(json.dumps(STATEMENT, separators=(",", ":"))) + len(",")

    assert await hello.refused("AddPermission", **S3 | {"StatementId": "s4"}) == (
        f"PolicyLengthExceededException: The final policy size ({size + another}) is bigger than "
        "the limit (300)."
    )


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        (
            "AddPermission",
            S3,
            "ResourceConflictException: The statement id (s3) provided already exists. Please "
            "provide a new statement id, or remove the existing statement.",
        ),
        (
            "AddPermission",
            S3 | {"StatementId": "example.com"},
            "ValidationException: 1 validation error detected: Value 'example.com' at "
            "'statementId' failed to satisfy constraint: Member must satisfy regular expression "
            "pattern: ([a-zA-Z0-9-_]+)",
        ),
        (
            "AddPermission",
            S3 | {"StatementId": "x", "Principal": "invalid.nonaws.com"},
            "InvalidParameterValueException: The provided principal was invalid. Please check the "
            "principal and try again.",
        ),
        (
            "AddPermission",
            S3 | {"Qualifier": "$LATEST"},
            "InvalidParameterValueException: We currently do not support adding policies for "
            "$LATEST.",
        ),
        (
            "AddPermission",
            S3 | {"StatementId": "x", "FunctionUrlAuthType": "NONE"},
            "InvalidParameterValueException: FunctionUrlAuthType is only supported for "
            "lambda:InvokeFunctionUrl action",
        ),
        (
            "AddPermission",
            S3 | {"FunctionName": "nobody"},
            f"ResourceNotFoundException: Function not found: {ARN.replace('hello', 'nobody')}",
        ),
        (
            "AddPermission",
            S3 | {"Qualifier": "42"},
            f"ResourceNotFoundException: Function not found: {ARN}:42",
        ),
        (
            "AddPermission",
            S3 | {"Qualifier": "with-$-in-it"},
            f"ResourceNotFoundException: Function not found: {ARN}:with-$-in-it",
        ),
        (
            "AddPermission",
            S3 | {"Qualifier": "NONE"},
            f"ResourceNotFoundException: Cannot find alias arn: {ARN}:NONE",
        ),
        ("AddPermission", S3 | {"StatementId": "x", "RevisionId": "old"}, OLD_REVISION),
        (
            "GetPolicy",
            {"FunctionName": "nobody"},
            f"ResourceNotFoundException: Function not found: {ARN.replace('hello', 'nobody')}",
        ),
        ("GetPolicy", {"FunctionName": "hello", "Qualifier": "42"}, NOTHING_THERE),
        (
            "RemovePermission",
            {"FunctionName": "nobody", "StatementId": "s3"},
            f"ResourceNotFoundException: No policy found for: {ARN.replace('hello', 'nobody')}",
        ),
        (
            "RemovePermission",
            {"FunctionName": "hello", "Qualifier": "NONE", "StatementId": "s3"},
            f"ResourceNotFoundException: Cannot find alias arn: {ARN}:NONE",
        ),
        (
            "RemovePermission",
            {"FunctionName": "hello", "Qualifier": "1", "StatementId": "s3"},
            "ResourceNotFoundException: No policy is associated with the given resource.",
        ),
        (
            "RemovePermission",
            {"FunctionName": "hello", "StatementId": "none"},
            "ResourceNotFoundException: Statement none is not found in resource policy.",
        ),
        (
            "RemovePermission",
            {"FunctionName": "hello", "StatementId": "s3", "RevisionId": "old"},
            OLD_REVISION,
        ),
    ],
)
async def test_what_is_refused(
    hello: Any, operation: str, request_: dict[str, Any], message: str
) -> None:
    await hello("AddPermission", **S3)
    before = await policy(hello)

    assert await hello.refused(operation, **request_) == message
    assert await policy(hello) == before
