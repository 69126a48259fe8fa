import json
from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
NOTHING_THERE = "ResourceNotFoundException: The resource you requested does not exist."
DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "all",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "lambda:InvokeFunction",
            "Resource": ARN,
        }
    ],
}
RENDERED = json.dumps(DOCUMENT, separators=(",", ":"))


async def test_a_whole_policy_takes_the_place_of_the_statements(hello: Any) -> None:
    await hello(
        "AddPermission",
        FunctionName="hello",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
    )

    put = await hello("PutResourcePolicy", ResourceArn=ARN, Policy=json.dumps(DOCUMENT))

    assert put == {"Policy": RENDERED, "RevisionId": put["RevisionId"]}
    assert await hello("GetResourcePolicy", ResourceArn=ARN) == put
    assert await hello("GetPolicy", FunctionName="hello") == put
    assert hello.catalog.policy("hello", None) == DOCUMENT


async def test_a_single_statement_is_a_list_of_one(hello: Any) -> None:
    policy = json.dumps(DOCUMENT | {"Statement": DOCUMENT["Statement"][0]})

    put = await hello("PutResourcePolicy", ResourceArn=f"{ARN}:1", Policy=policy)

    assert put["Policy"] == RENDERED


async def test_a_policy_is_deleted(hello: Any) -> None:
    put = await hello("PutResourcePolicy", ResourceArn=ARN, Policy=RENDERED)
    request = {"ResourceArn": ARN, "RevisionId": put["RevisionId"]}

    assert await hello("DeleteResourcePolicy", **request) == {}

    assert await hello.refused("GetResourcePolicy", ResourceArn=ARN) == NOTHING_THERE
    assert await hello.refused("DeleteResourcePolicy", ResourceArn=ARN) == NOTHING_THERE


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            {"Policy": "{"},
            "InvalidParameterValueException: The policy is not a valid policy document.",
        ),
        (
            {"Policy": "{}"},
            "InvalidParameterValueException: The policy is not a valid policy document.",
        ),
        (
            {"Policy": '{"Statement": [1]}'},
            "InvalidParameterValueException: The policy is not a valid policy document.",
        ),
        (
            {"ResourceArn": ARN.replace("hello", "nobody")},
            f"ResourceNotFoundException: Function not found: {ARN.replace('hello', 'nobody')}",
        ),
        (
            {"ResourceArn": f"{ARN}:$LATEST"},
            "InvalidParameterValueException: We currently do not support adding policies for "
            "$LATEST.",
        ),
        (
            {"ResourceArn": ARN.replace("function:hello", "runtime/mine")},
            "NotSupportedException: Policies of customer-managed runtimes are not supported by "
            "lambda_magic.",
        ),
        (
            {"RevisionId": "00000000-0000-0000-0000-000000000000"},
            "PreconditionFailedException: The Revision Id provided does not match the latest "
            "Revision Id. Call the GetResourcePolicy API to retrieve the latest Revision Id",
        ),
    ],
)
async def test_what_is_refused(hello: Any, request_: dict[str, Any], message: str) -> None:
    request = {"ResourceArn": ARN, "Policy": RENDERED} | request_

    assert await hello.refused("PutResourcePolicy", **request) == message
    assert await hello.refused("GetResourcePolicy", ResourceArn=ARN) == NOTHING_THERE
