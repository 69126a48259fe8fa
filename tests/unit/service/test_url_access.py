"""Who may use a function URL: both actions, for everybody, under conditions that hold."""

from typing import Any

import pytest

from lambda_magic.service.url_access import is_denied, is_public


def allow(action: Any, effect: str = "Allow", principal: Any = "*", **condition: Any) -> Any:
    made = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "arn"}
    return made | ({"Condition": condition} if condition else {})


URL = allow("lambda:InvokeFunctionUrl", StringEquals={"lambda:FunctionUrlAuthType": "NONE"})
INVOKE = allow("lambda:InvokeFunction", Bool={"lambda:InvokedViaFunctionUrl": "true"})


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([URL, INVOKE], True),
        ([URL], False),
        ([INVOKE], False),
        ([], False),
        ([allow("lambda:*")], True),
        ([allow(["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"])], True),
        ([URL, allow("lambda:InvokeFunction")], True),
        ([allow("lambda:*", principal={"AWS": "*"})], True),
        ([allow("lambda:*", principal={"AWS": "arn:aws:iam::123456789012:root"})], False),
        ([allow("lambda:*", principal={"Service": "s3.amazonaws.com"})], False),
        ([allow("lambda:*", StringEquals={"aws:PrincipalOrgID": "o-1"})], False),
        ([allow("lambda:*", StringEquals={"lambda:FunctionUrlAuthType": "AWS_IAM"})], False),
        ([allow("lambda:*", Bool={"lambda:InvokedViaFunctionUrl": "false"})], False),
        ([allow("lambda:*", Bool={"lambda:InvokedViaFunctionUrl": True})], True),
        ([allow("lambda:*", StringLike={"lambda:FunctionUrlAuthType": ["N*"]})], True),
        ([URL, INVOKE, allow("lambda:InvokeFunction", "Deny")], False),
        (
            [
                URL,
                INVOKE,
                allow("*", "Deny", StringNotEquals={"lambda:FunctionUrlAuthType": "AWS_IAM"}),
            ],
            False,
        ),
        (
            [
                URL,
                INVOKE,
                allow("*", "Deny", StringNotEquals={"lambda:FunctionUrlAuthType": "NONE"}),
            ],
            True,
        ),
    ],
)
def test_public(statements: list[Any], expected: bool) -> None:
    assert is_public({"Statement": statements}, "NONE") is expected


def test_no_policy_is_for_nobody_from_outside() -> None:
    assert not is_public(None, "NONE")
    assert not is_denied(None, "AWS_IAM")


def test_a_policy_can_keep_signed_requests_out() -> None:
    assert is_denied({"Statement": [allow("lambda:InvokeFunctionUrl", "Deny")]}, "AWS_IAM")
    assert not is_denied({"Statement": [URL, INVOKE]}, "AWS_IAM")
