from typing import Any

import pytest

from lambda_magic.event_sources.permission import may_invoke

BUCKET = "arn:aws:s3:::photos"
ACCOUNT = "123456789012"


def statement(effect: str = "Allow", **members: Any) -> dict[str, Any]:
    return {
        "Effect": effect,
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:hello",
    } | members


def allowed(*statements: dict[str, Any]) -> bool:
    return may_invoke(
        {"Statement": list(statements)},
        service="s3.amazonaws.com",
        source_arn=BUCKET,
        account_id=ACCOUNT,
    )


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"Action": "lambda:*"},
        {"Action": ["lambda:GetFunction", "lambda:Invoke*"]},
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}},
        {"Condition": {"ArnLike": {"AWS:SourceArn": BUCKET}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::ph*"}}},
        {"Condition": {"StringEquals": {"AWS:SourceAccount": ACCOUNT}}},
        {
            "Condition": {
                "StringEquals": {"AWS:SourceAccount": [ACCOUNT, "210987654321"]},
                "ArnLike": {"AWS:SourceArn": BUCKET},
            }
        },
    ],
)
def test_may(members: dict[str, Any]) -> None:
    assert allowed(statement(**members))


@pytest.mark.parametrize(
    "members",
    [
        {"Action": "lambda:GetFunction"},
        {"Principal": {"Service": "sns.amazonaws.com"}},
        {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::others"}}},
        {"Condition": {"StringEquals": {"AWS:SourceAccount": "210987654321"}}},
        {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
        {"Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}},
    ],
)
def test_may_not(members: dict[str, Any]) -> None:
    assert not allowed(statement(**members))


def test_nobody_may_without_a_policy() -> None:
    assert not may_invoke(None, service="s3.amazonaws.com", source_arn=BUCKET, account_id=ACCOUNT)


def test_a_denial_outweighs() -> None:
    assert not allowed(statement(), statement("Deny"))
    assert allowed(statement(), statement("Deny", Action="lambda:GetFunction"))
