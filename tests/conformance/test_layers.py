"""Layers and code signing configurations."""

from collections.abc import Callable

import pytest

from .table import CREATED, FUNCTION, NOTHING, SOMETHING, Call, Row, ok, refused, zipped

LAYER: Call = (
    "publish_layer_version",
    {"LayerName": "$f", "Content": {"ZipFile": zipped()}, "CompatibleRuntimes": ["python3.12"]},
)
LAYER_ARN = "arn:aws:lambda:us-east-1:123456789012:layer:$f"
SHARED: Call = (
    "add_layer_version_permission",
    {
        "LayerName": "$f",
        "VersionNumber": 1,
        "StatementId": "all",
        "Action": "lambda:GetLayerVersion",
        "Principal": "*",
    },
)
PROFILE = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/test"
SIGNING: Call = (
    "create_code_signing_config",
    {"AllowedPublishers": {"SigningProfileVersionArns": [PROFILE]}},
)
NO_SIGNING = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-00000000000000000"

TABLE = [
    ok(
        "publishes a first version",
        "publish_layer_version",
        LAYER[1],
        201,
        LayerArn=LAYER_ARN,
        LayerVersionArn=LAYER_ARN + ":1",
        Version=1,
        CompatibleRuntimes=["python3.12"],
        Content={"CodeSize": SOMETHING, "CodeSha256": SOMETHING},
        CreatedDate=SOMETHING,
    ),
    ok(
        "publishes a second version",
        "publish_layer_version",
        LAYER[1],
        201,
        given=[LAYER],
        Version=2,
    ),
    refused(
        "refuses a layer without content",
        "publish_layer_version",
        {"LayerName": "$f"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value null at 'content' failed to satisfy "
            "constraint: Member must not be null"
        ),
    ),
    refused(
        "refuses a name",
        "publish_layer_version",
        {**LAYER[1], "LayerName": "no name"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'no name' at 'layerName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            "(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{"
            "1}:\\d{12}:layer:[a-zA-Z0-9-_]{1,140}|[a-zA-Z0-9-_]{1,140})"
        ),
    ),
    refused(
        "refuses what is no zip",
        "publish_layer_version",
        {**LAYER[1], "Content": {"ZipFile": b"no zip"}},
        400,
        "InvalidParameterValueException",
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
    ),
    ok(
        "reads a version",
        "get_layer_version",
        {"LayerName": "$f", "VersionNumber": 1},
        given=[LAYER],
        LayerVersionArn=LAYER_ARN + ":1",
        Content={"Location": SOMETHING},
    ),
    refused(
        "misses a version",
        "get_layer_version",
        {"LayerName": "$f", "VersionNumber": 1},
        404,
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    ),
    refused(
        "refuses version zero",
        "get_layer_version",
        {"LayerName": "$f", "VersionNumber": 0},
        400,
        "InvalidParameterValueException",
        "Layer Version Cannot be less than 1",
        given=[LAYER],
    ),
    refused(
        "refuses a version that is no number",
        "get_layer_version",
        {"LayerName": "$f", "VersionNumber": "one"},
        400,
        "SerializationException",
        "STRING_VALUE can not be converted to a Long",
        given=[LAYER],
    ),
    ok(
        "reads a version by its ARN",
        "get_layer_version_by_arn",
        {"Arn": LAYER_ARN + ":1"},
        given=[LAYER],
        Version=1,
    ),
    refused(
        "misses a version by its ARN",
        "get_layer_version_by_arn",
        {"Arn": LAYER_ARN + ":1"},
        404,
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    ),
    refused(
        "refuses what is no ARN of a layer",
        "get_layer_version_by_arn",
        {"Arn": "layer"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'layer' at 'arn' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            "((arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d"
            "{1}:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-"
            "zA-Z0-9-_]+))"
        ),
    ),
    ok(
        "lists versions",
        "list_layer_versions",
        {"LayerName": "$f"},
        given=[LAYER, LAYER],
        LayerVersions=[{"Version": 2}, {"Version": 1}],
    ),
    ok("lists versions of nothing", "list_layer_versions", {"LayerName": "$f"}, LayerVersions=[]),
    ok(
        "lists layers of a runtime",
        "list_layers",
        {"CompatibleRuntime": "ruby3.3"},
        given=[("publish_layer_version", {**LAYER[1], "CompatibleRuntimes": ["ruby3.3"]})],
        Layers=[{"LayerName": "$f", "LatestMatchingVersion": {"Version": 1}}],
    ),
    ok(
        "deletes a version",
        "delete_layer_version",
        {"LayerName": "$f", "VersionNumber": 1},
        204,
        given=[LAYER],
    ),
    ok(
        "deletes what is not there",
        "delete_layer_version",
        {"LayerName": "$f", "VersionNumber": 1},
        204,
    ),
    ok(
        "attaches",
        "create_function",
        {**FUNCTION, "Layers": [LAYER_ARN + ":1"]},
        201,
        given=[LAYER],
        Layers=[{"Arn": LAYER_ARN + ":1", "CodeSize": SOMETHING}],
    ),
    refused(
        "refuses to attach what is not there",
        "create_function",
        {**FUNCTION, "Layers": [LAYER_ARN + ":1"]},
        400,
        "InvalidParameterValueException",
        "Layer version arn:aws:lambda:us-east-1:123456789012:layer:$f:1 does not exist.",
    ),
    refused(
        "refuses two versions of a layer",
        "create_function",
        {**FUNCTION, "Layers": [LAYER_ARN + ":1", LAYER_ARN + ":2"]},
        400,
        "InvalidParameterValueException",
        (
            "Two different versions of the same layer are not allowed to be referenced in "
            "the same function. arn:aws:lambda:us-east-1:123456789012:layer:$f:1 and "
            "arn:aws:lambda:us-east-1:123456789012:layer:$f:2 are versions of the same layer."
        ),
        given=[LAYER, LAYER],
    ),
    ok(
        "shares a version",
        "add_layer_version_permission",
        SHARED[1],
        201,
        given=[LAYER],
        Statement=SOMETHING,
        RevisionId=SOMETHING,
    ),
    refused(
        "refuses to share twice",
        "add_layer_version_permission",
        SHARED[1],
        409,
        "ResourceConflictException",
        (
            "The statement id (all) provided already exists. Please provide a new statement "
            "id, or remove the existing statement."
        ),
        given=[LAYER, SHARED],
    ),
    refused(
        "refuses to share for all actions",
        "add_layer_version_permission",
        {**SHARED[1], "Action": "lambda:*"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'lambda:*' at 'action' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            "lambda:GetLayerVersion"
        ),
        given=[LAYER],
    ),
    refused(
        "misses the version to share",
        "add_layer_version_permission",
        SHARED[1],
        404,
        "ResourceNotFoundException",
        "Layer version arn:aws:lambda:us-east-1:123456789012:layer:$f:1 does not exist.",
    ),
    ok(
        "reads the policy of a version",
        "get_layer_version_policy",
        {"LayerName": "$f", "VersionNumber": 1},
        given=[LAYER, SHARED],
        Policy=SOMETHING,
    ),
    refused(
        "misses the policy of a version",
        "get_layer_version_policy",
        {"LayerName": "$f", "VersionNumber": 1},
        404,
        "ResourceNotFoundException",
        "No policy is associated with the given resource.",
        given=[LAYER],
    ),
    ok(
        "shares no more",
        "remove_layer_version_permission",
        {"LayerName": "$f", "VersionNumber": 1, "StatementId": "all"},
        204,
        given=[LAYER, SHARED],
    ),
    refused(
        "misses the statement",
        "remove_layer_version_permission",
        {"LayerName": "$f", "VersionNumber": 1, "StatementId": "some"},
        404,
        "ResourceNotFoundException",
        "Statement some is not found in resource policy.",
        given=[LAYER, SHARED],
    ),
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
