"""Versions and aliases."""

from collections.abc import Callable

import pytest

from .table import ALIASED, CHANGED, CREATED, PUBLISHED, SOMETHING, Row, ok, refused

TABLE = [
    ok(
        "publishes the first",
        "publish_version",
        {"FunctionName": "$f"},
        201,
        given=[CREATED],
        Version="1",
        FunctionArn="$arn:1",
    ),
    ok(
        "publishes nothing twice",
        "publish_version",
        {"FunctionName": "$f"},
        201,
        given=[CREATED, PUBLISHED],
        Version="1",
    ),
    ok(
        "publishes what has changed",
        "publish_version",
        {"FunctionName": "$f", "Description": "second"},
        201,
        given=[CREATED, PUBLISHED, CHANGED],
        Version="2",
        Description="second",
    ),
    refused(
        "checks the code",
        "publish_version",
        {"FunctionName": "$f", "CodeSha256": "nothing like it"},
        400,
        "InvalidParameterValueException",
        (
            "CodeSHA256 (nothing like it) is different from current CodeSHA256 in $LATEST "
            "($1.CodeSha256). Please try again with the CodeSHA256 in $LATEST."
        ),
        given=[CREATED],
    ),
    refused(
        "checks the revision",
        "publish_version",
        {"FunctionName": "$f", "RevisionId": "11111111-2222-3333-4444-555555555555"},
        412,
        "PreconditionFailedException",
        (
            "The Revision Id provided does not match the latest Revision Id. Call the "
            "GetFunction/GetAlias API to retrieve the latest Revision Id"
        ),
        given=[CREATED],
    ),
    refused(
        "misses the function",
        "publish_version",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn",
    ),
    ok(
        "lists",
        "list_versions_by_function",
        {"FunctionName": "$f"},
        given=[CREATED, PUBLISHED, CHANGED, PUBLISHED],
        Versions=[
            {"Version": "$LATEST", "FunctionArn": "$arn:$LATEST"},
            {"Version": "1", "FunctionArn": "$arn:1"},
            {"Version": "2"},
        ],
    ),
    ok(
        "lists a page",
        "list_versions_by_function",
        {"FunctionName": "$f", "MaxItems": 1},
        given=[CREATED, PUBLISHED],
        Versions=[{"Version": "$LATEST"}],
        NextMarker=SOMETHING,
    ),
    refused(
        "misses the function to list",
        "list_versions_by_function",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn",
    ),
    ok(
        "refuses to change a version",
        "update_function_configuration",
        {"FunctionName": "$f:1", "Timeout": 5},
        given=[CREATED, PUBLISHED],
    ),
    ok(
        "makes an alias",
        "create_alias",
        {"FunctionName": "$f", "Name": "LIVE", "FunctionVersion": "1", "Description": "for all"},
        201,
        given=[CREATED, PUBLISHED],
        AliasArn="$arn:LIVE",
        Name="LIVE",
        FunctionVersion="1",
        Description="for all",
        RevisionId=SOMETHING,
    ),
    ok(
        "makes an alias of $LATEST",
        "create_alias",
        {"FunctionName": "$f", "Name": "DEV", "FunctionVersion": "$LATEST"},
        201,
        given=[CREATED],
        FunctionVersion="$LATEST",
    ),
    ok(
        "makes an alias with weights",
        "create_alias",
        {
            "FunctionName": "$f",
            "Name": "LIVE",
            "FunctionVersion": "1",
            "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.25}},
        },
        201,
        given=[CREATED, PUBLISHED, CHANGED, PUBLISHED],
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}},
    ),
    refused(
        "refuses a second of the name",
        "create_alias",
        {"FunctionName": "$f", "Name": "LIVE", "FunctionVersion": "1"},
        409,
        "ResourceConflictException",
        "Alias already exists: $arn:LIVE",
        given=[CREATED, PUBLISHED, ALIASED],
    ),
    refused(
        "refuses a number for a name",
        "create_alias",
        {"FunctionName": "$f", "Name": "7", "FunctionVersion": "1"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '7' at 'name' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"
        ),
        given=[CREATED, PUBLISHED],
    ),
    refused(
        "refuses a version that is not there",
        "create_alias",
        {"FunctionName": "$f", "Name": "LIVE", "FunctionVersion": "9"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn:9",
        given=[CREATED],
    ),
    refused(
        "refuses a version that is none",
        "create_alias",
        {"FunctionName": "$f", "Name": "LIVE", "FunctionVersion": "one"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'one' at 'functionVersion' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            "(\\$LATEST(\\.PUBLISHED)?|[0-9]+)"
        ),
        given=[CREATED],
    ),
    refused(
        "refuses a weight over one",
        "create_alias",
        {
            "FunctionName": "$f",
            "Name": "LIVE",
            "FunctionVersion": "1",
            "RoutingConfig": {"AdditionalVersionWeights": {"2": 1.5}},
        },
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '{2=1.5}' at "
            "'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map "
            "value must satisfy constraint: [Member must have value less than or equal to "
            "1.0, Member must have value greater than or equal to 0.0, Member must not be "
            "null]"
        ),
        given=[CREATED, PUBLISHED, CHANGED, PUBLISHED],
    ),
    refused(
        "refuses weights for two more",
        "create_alias",
        {
            "FunctionName": "$f",
            "Name": "LIVE",
            "FunctionVersion": "1",
            "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1, "3": 0.1}},
        },
        400,
        "InvalidParameterValueException",
        "Number of items in AdditionalVersionWeights cannot be greater than 1",
        given=[CREATED, PUBLISHED, CHANGED, PUBLISHED],
    ),
    refused(
        "refuses a weight for itself",
        "create_alias",
        {
            "FunctionName": "$f",
            "Name": "LIVE",
            "FunctionVersion": "1",
            "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}},
        },
        400,
        "InvalidParameterValueException",
        (
            "Invalid function version 1. Function version 1 is already included in routing "
            "configuration."
        ),
        given=[CREATED, PUBLISHED],
    ),
    refused(
        "refuses to split $LATEST",
        "create_alias",
        {
            "FunctionName": "$f",
            "Name": "LIVE",
            "FunctionVersion": "$LATEST",
            "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}},
        },
        400,
        "InvalidParameterValueException",
        "$LATEST is not supported for an alias pointing to more than 1 version",
        given=[CREATED, PUBLISHED],
    ),
    refused(
        "refuses a weight for nothing",
        "create_alias",
        {
            "FunctionName": "$f",
            "Name": "LIVE",
            "FunctionVersion": "1",
            "RoutingConfig": {"AdditionalVersionWeights": {"9": 0.5}},
        },
        404,
        "ResourceNotFoundException",
        "Function not found: $arn:9",
        given=[CREATED, PUBLISHED],
    ),
    refused(
        "misses the function",
        "create_alias",
        {"FunctionName": "$f", "Name": "LIVE", "FunctionVersion": "1"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn:1",
    ),
    ok(
        "reads",
        "get_alias",
        {"FunctionName": "$f", "Name": "LIVE"},
        given=[CREATED, PUBLISHED, ALIASED],
        AliasArn="$arn:LIVE",
        FunctionVersion="1",
    ),
    refused(
        "misses the alias",
        "get_alias",
        {"FunctionName": "$f", "Name": "NOPE"},
        404,
        "ResourceNotFoundException",
        "Cannot find alias arn: $arn:NOPE",
        given=[CREATED],
    ),
    ok(
        "moves",
        "update_alias",
        {"FunctionName": "$f", "Name": "LIVE", "FunctionVersion": "2"},
        given=[CREATED, PUBLISHED, ALIASED, CHANGED, PUBLISHED],
        FunctionVersion="2",
    ),
    refused(
        "checks the revision",
        "update_alias",
        {
            "FunctionName": "$f",
            "Name": "LIVE",
            "RevisionId": "11111111-2222-3333-4444-555555555555",
        },
        412,
        "PreconditionFailedException",
        (
            "The Revision Id provided does not match the latest Revision Id. Call the "
            "GetFunction/GetAlias API to retrieve the latest Revision Id"
        ),
        given=[CREATED, PUBLISHED, ALIASED],
    ),
    refused(
        "misses the alias to move",
        "update_alias",
        {"FunctionName": "$f", "Name": "NOPE", "FunctionVersion": "1"},
        404,
        "ResourceNotFoundException",
        "Alias not found: $arn:NOPE",
        given=[CREATED, PUBLISHED],
    ),
    ok(
        "lists those of a version",
        "list_aliases",
        {"FunctionName": "$f", "FunctionVersion": "1"},
        given=[
            CREATED,
            PUBLISHED,
            ALIASED,
            ("create_alias", {"FunctionName": "$f", "Name": "DEV", "FunctionVersion": "$LATEST"}),
        ],
        Aliases=[{"Name": "LIVE"}],
    ),
    ok(
        "lists a page",
        "list_aliases",
        {"FunctionName": "$f", "MaxItems": 1},
        given=[
            CREATED,
            PUBLISHED,
            ALIASED,
            ("create_alias", {"FunctionName": "$f", "Name": "DEV", "FunctionVersion": "$LATEST"}),
        ],
        Aliases=[{"Name": SOMETHING}],
        NextMarker=SOMETHING,
    ),
    refused(
        "misses the function of aliases",
        "list_aliases",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn",
    ),
    ok(
        "deletes",
        "delete_alias",
        {"FunctionName": "$f", "Name": "LIVE"},
        204,
        given=[CREATED, PUBLISHED, ALIASED],
    ),
    ok(
        "deletes what is not there",
        "delete_alias",
        {"FunctionName": "$f", "Name": "NOPE"},
        204,
        given=[CREATED],
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_conforms(conforms: Callable[[Row], None], row: Row) -> None:
    conforms(row)
