"""Code signing configurations."""

from collections.abc import Callable

import pytest

from .table import CREATED, NOTHING, SOMETHING, Call, Row, ok, refused

PROFILE = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/test"
SIGNING: Call = (
    "create_code_signing_config",
    {"AllowedPublishers": {"SigningProfileVersionArns": [PROFILE]}},
)
NO_SIGNING = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-00000000000000000"

TABLE = [
    ok(
        "makes a signing configuration",
        "create_code_signing_config",
        SIGNING[1],
        201,
        CodeSigningConfig={
            "CodeSigningConfigArn": SOMETHING,
            "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"},
        },
    ),
    refused(
        "refuses one without publishers",
        "create_code_signing_config",
        {},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value null at 'allowedPublishers' failed to "
            "satisfy constraint: Member must not be null"
        ),
    ),
    refused(
        "refuses a policy",
        "create_code_signing_config",
        {**SIGNING[1], "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Ignore"}},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'Ignore' at "
            "'codeSigningPolicies.untrustedArtifactOnDeployment' failed to satisfy "
            "constraint: Member must satisfy enum value set: [Warn, Enforce]"
        ),
    ),
    refused(
        "misses a signing configuration",
        "get_code_signing_config",
        {"CodeSigningConfigArn": NO_SIGNING},
        404,
        "ResourceNotFoundException",
        (
            "The Lambda code signing configuration "
            "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-00000000000000000 "
            "can not be found."
        ),
    ),
    refused(
        "deletes no signing configuration",
        "delete_code_signing_config",
        {"CodeSigningConfigArn": NO_SIGNING},
        404,
        "ResourceNotFoundException",
        (
            "The Lambda code signing configuration "
            "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-00000000000000000 "
            "can not be found."
        ),
    ),
    ok(
        "changes a signing configuration",
        "update_code_signing_config",
        {"CodeSigningConfigArn": "$1.CodeSigningConfigArn", "Description": "new"},
        given=[SIGNING],
        CodeSigningConfig={"Description": "new"},
    ),
    ok(
        "lists signing configurations",
        "list_code_signing_configs",
        {"MaxItems": 1},
        given=[SIGNING],
        CodeSigningConfigs=[SOMETHING],
    ),
    ok(
        "is signed",
        "put_function_code_signing_config",
        {"FunctionName": "$f", "CodeSigningConfigArn": "$2.CodeSigningConfigArn"},
        given=[CREATED, SIGNING],
        FunctionName="$f",
        CodeSigningConfigArn="$2.CodeSigningConfigArn",
    ),
    ok(
        "lists what it signs",
        "list_functions_by_code_signing_config",
        {"CodeSigningConfigArn": "$2.CodeSigningConfigArn"},
        given=[
            CREATED,
            SIGNING,
            (
                "put_function_code_signing_config",
                {"FunctionName": "$f", "CodeSigningConfigArn": "$2.CodeSigningConfigArn"},
            ),
        ],
        FunctionArns=["$arn"],
    ),
    ok(
        "has no signing configuration",
        "get_function_code_signing_config",
        {"FunctionName": "$f"},
        given=[CREATED],
        CodeSigningConfigArn=NOTHING,
    ),
    refused(
        "misses the function that is signed",
        "get_function_code_signing_config",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn",
    ),
    refused(
        "refuses to be signed with nothing",
        "put_function_code_signing_config",
        {"FunctionName": "$f", "CodeSigningConfigArn": NO_SIGNING},
        404,
        "CodeSigningConfigNotFoundException",
        (
            "The code signing configuration cannot be found. Check that the provided "
            "configuration is not deleted: "
            "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-00000000000000000."
        ),
        given=[CREATED],
    ),
    ok(
        "is signed no more",
        "delete_function_code_signing_config",
        {"FunctionName": "$f"},
        204,
        given=[CREATED],
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_conforms(conforms: Callable[[Row], None], row: Row) -> None:
    conforms(row)
