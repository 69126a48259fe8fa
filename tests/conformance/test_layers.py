"""Layers and their versions, on their own and attached to functions."""

from collections.abc import Callable

import pytest

from .table import CREATED, FUNCTION, NOTHING, SOMETHING, Call, Row, ok, refused, zipped

LAYER: Call = (
    "publish_layer_version",
    {"LayerName": "$f", "Content": {"ZipFile": zipped()}, "CompatibleRuntimes": ["python3.12"]},
)
LAYER_ARN = "arn:aws:lambda:us-east-1:123456789012:layer:$f"
OTHERS_ARN = "arn:aws:lambda:us-east-1:210987654321:layer:$f"
DELETED: Call = ("delete_layer_version", {"LayerName": "$f", "VersionNumber": 1})
MISSING = "Layer version arn:aws:lambda:us-east-1:123456789012:layer:$f:1 does not exist."
NOT_SHARED = (
    "User: arn:aws:iam::123456789012:root is not authorized to perform: lambda:GetLayerVersion on "
    "resource: arn:aws:lambda:us-east-1:210987654321:layer:$f:1 because no resource-based policy "
    "allows the lambda:GetLayerVersion action"
)

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
        "describes a version by its ARN as by its number",
        "get_layer_version_by_arn",
        {"Arn": LAYER_ARN + ":1"},
        given=[("publish_layer_version", {**LAYER[1], "LicenseInfo": "MIT", "Description": "d"})],
        LayerArn=LAYER_ARN,
        LayerVersionArn=LAYER_ARN + ":1",
        Description="d",
        LicenseInfo="MIT",
        CompatibleRuntimes=["python3.12"],
        Content={"Location": SOMETHING, "CodeSha256": "$1.CodeSha256"},
    ),
    refused(
        "misses a deleted version by its ARN",
        "get_layer_version_by_arn",
        {"Arn": LAYER_ARN + ":1"},
        404,
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
        given=[LAYER, DELETED],
    ),
    refused(
        "is not allowed a version of somebody else's by its ARN",
        "get_layer_version_by_arn",
        {"Arn": OTHERS_ARN + ":1"},
        403,
        "AccessDeniedException",
        NOT_SHARED,
    ),
    ok(
        "reads a version of a layer named by its ARN",
        "get_layer_version",
        {"LayerName": LAYER_ARN, "VersionNumber": 1},
        given=[LAYER],
        Version=1,
    ),
    refused(
        "is not allowed a version of somebody else's",
        "get_layer_version",
        {"LayerName": OTHERS_ARN, "VersionNumber": 1},
        403,
        "AccessDeniedException",
        NOT_SHARED,
    ),
    ok(
        "does not give the number of a deleted version again",
        "publish_layer_version",
        LAYER[1],
        201,
        given=[LAYER, DELETED],
        Version=2,
    ),
    ok(
        "lists versions that are not deleted",
        "list_layer_versions",
        {"LayerName": "$f"},
        given=[LAYER, LAYER, DELETED],
        LayerVersions=[{"Version": 2}],
    ),
    ok(
        "lists versions of a runtime",
        "list_layer_versions",
        {"LayerName": "$f", "CompatibleRuntime": "ruby3.3"},
        given=[LAYER],
        LayerVersions=[],
    ),
    ok(
        "keeps a deleted version where it is attached",
        "get_function_configuration",
        {"FunctionName": "$f"},
        given=[LAYER, ("create_function", {**FUNCTION, "Layers": [LAYER_ARN + ":1"]}), DELETED],
        Layers=[{"Arn": LAYER_ARN + ":1"}],
    ),
    refused(
        "refuses to attach what is deleted",
        "update_function_configuration",
        {"FunctionName": "$f", "Layers": [LAYER_ARN + ":1"]},
        400,
        "InvalidParameterValueException",
        MISSING,
        given=[CREATED, LAYER, DELETED],
    ),
    ok(
        "detaches all",
        "update_function_configuration",
        {"FunctionName": "$f", "Layers": []},
        given=[LAYER, ("create_function", {**FUNCTION, "Layers": [LAYER_ARN + ":1"]})],
        Layers=NOTHING,
    ),
    refused(
        "refuses six layers",
        "create_function",
        {**FUNCTION, "Layers": [f"{LAYER_ARN}{number}:1" for number in range(6)]},
        400,
        "InvalidParameterValueException",
        "Cannot reference more than 5 layers.",
    ),
    refused(
        "refuses a layer of another region",
        "create_function",
        {**FUNCTION, "Layers": [LAYER_ARN.replace("us-east-1", "eu-west-1") + ":1"]},
        400,
        "InvalidParameterValueException",
        (
            "Layers are not in the same region as the function. Layers are expected to be in "
            "region us-east-1."
        ),
    ),
    refused(
        "is not allowed a layer of somebody else's",
        "create_function",
        {**FUNCTION, "Layers": [OTHERS_ARN + ":1"]},
        403,
        "AccessDeniedException",
        NOT_SHARED,
    ),
    ok(
        "attaches what is made for another runtime",
        "create_function",
        {**FUNCTION, "Layers": [LAYER_ARN + ":1"]},
        201,
        given=[("publish_layer_version", {**LAYER[1], "CompatibleRuntimes": ["ruby3.3"]})],
        Layers=[SOMETHING],
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_conforms(conforms: Callable[[Row], None], row: Row) -> None:
    conforms(row)
