"""Policies of functions, and tags."""

from collections.abc import Callable

import pytest

from .table import ALIASED, CREATED, PUBLISHED, SOMETHING, Call, Row, ok, refused

ALLOWED: Call = (
    "add_permission",
    {
        "FunctionName": "$f",
        "StatementId": "s3",
        "Action": "lambda:InvokeFunction",
        "Principal": "s3.amazonaws.com",
    },
)

TABLE = [
    ok(
        "adds a statement",
        "add_permission",
        ALLOWED[1],
        201,
        given=[CREATED],
        Statement='{"Sid":"s3","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"$arn"}',
    ),
    ok(
        "adds a statement with a condition",
        "add_permission",
        {**ALLOWED[1], "SourceAccount": "123456789012"},
        201,
        given=[CREATED],
        Statement=SOMETHING,
    ),
    ok(
        "adds a statement to an alias",
        "add_permission",
        {**ALLOWED[1], "Qualifier": "LIVE"},
        201,
        given=[CREATED, PUBLISHED, ALIASED],
        Statement=SOMETHING,
    ),
    refused(
        "refuses the same id again",
        "add_permission",
        ALLOWED[1],
        409,
        "ResourceConflictException",
        (
            "The statement id (s3) provided already exists. Please provide a new statement "
            "id, or remove the existing statement."
        ),
        given=[CREATED, ALLOWED],
    ),
    refused(
        "refuses $LATEST",
        "add_permission",
        {**ALLOWED[1], "Qualifier": "$LATEST"},
        400,
        "InvalidParameterValueException",
        "We currently do not support adding policies for $LATEST.",
        given=[CREATED],
    ),
    refused(
        "refuses a principal",
        "add_permission",
        {**ALLOWED[1], "Principal": "everybody"},
        400,
        "InvalidParameterValueException",
        "The provided principal was invalid. Please check the principal and try again.",
        given=[CREATED],
    ),
    refused(
        "refuses an action",
        "add_permission",
        {**ALLOWED[1], "Action": "s3:GetObject"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 's3:GetObject' at 'action' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            "(lambda:[*]|lambda:[a-zA-Z]+|[*])"
        ),
        given=[CREATED],
    ),
    refused(
        "refuses an id",
        "add_permission",
        {**ALLOWED[1], "StatementId": "not an id"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'not an id' at 'statementId' failed to "
            "satisfy constraint: Member must satisfy regular expression pattern: "
            "([a-zA-Z0-9-_]+)"
        ),
        given=[CREATED],
    ),
    refused(
        "refuses an auth type for others",
        "add_permission",
        {**ALLOWED[1], "FunctionUrlAuthType": "NONE"},
        400,
        "InvalidParameterValueException",
        "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action",
        given=[CREATED],
    ),
    refused(
        "checks the revision",
        "add_permission",
        {**ALLOWED[1], "RevisionId": "nothing"},
        412,
        "PreconditionFailedException",
        (
            "The Revision Id provided does not match the latest Revision Id. Call the "
            "GetFunction/GetAlias API to retrieve the latest Revision Id"
        ),
        given=[CREATED, ("add_permission", {**ALLOWED[1], "StatementId": "first"})],
    ),
    refused(
        "misses the function",
        "add_permission",
        ALLOWED[1],
        404,
        "ResourceNotFoundException",
        "Function not found: $arn",
    ),
    ok(
        "reads the policy",
        "get_policy",
        {"FunctionName": "$f"},
        given=[CREATED, ALLOWED],
        Policy='{"Version":"2012-10-17","Id":"default","Statement":[$2.Statement]}',
        RevisionId=SOMETHING,
    ),
    refused(
        "misses the policy",
        "get_policy",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
        given=[CREATED],
    ),
    refused(
        "misses the function of the policy",
        "get_policy",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn",
    ),
    ok(
        "removes a statement",
        "remove_permission",
        {"FunctionName": "$f", "StatementId": "s3"},
        204,
        given=[CREATED, ALLOWED],
    ),
    refused(
        "misses the statement",
        "remove_permission",
        {"FunctionName": "$f", "StatementId": "other"},
        404,
        "ResourceNotFoundException",
        "Statement other is not found in resource policy.",
        given=[CREATED, ALLOWED],
    ),
    refused(
        "removes from nothing",
        "remove_permission",
        {"FunctionName": "$f", "StatementId": "s3"},
        404,
        "ResourceNotFoundException",
        "No policy is associated with the given resource.",
        given=[CREATED],
    ),
    ok(
        "tags", "tag_resource", {"Resource": "$arn", "Tags": {"team": "blue"}}, 204, given=[CREATED]
    ),
    ok(
        "reads tags",
        "list_tags",
        {"Resource": "$arn"},
        given=[CREATED, ("tag_resource", {"Resource": "$arn", "Tags": {"a": "1", "b": "2"}})],
        Tags={"a": "1", "b": "2"},
    ),
    ok(
        "removes tags",
        "untag_resource",
        {"Resource": "$arn", "TagKeys": ["a", "c"]},
        204,
        given=[CREATED, ("tag_resource", {"Resource": "$arn", "Tags": {"a": "1"}})],
    ),
    refused(
        "refuses no tags",
        "tag_resource",
        {"Resource": "$arn"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value null at 'tags' failed to satisfy constraint: "
            "Member must not be null"
        ),
        given=[CREATED],
    ),
    refused(
        "refuses a qualified ARN",
        "tag_resource",
        {"Resource": "$arn:1", "Tags": {"a": "1"}},
        400,
        "InvalidParameterValueException",
        ("Tags on function aliases and versions are not supported. Please specify a function ARN."),
        given=[CREATED, PUBLISHED],
    ),
    refused(
        "refuses a name instead of an ARN",
        "list_tags",
        {"Resource": "$f"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '$f' at 'resource' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            "arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}"
            ":\\d{12}:(function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?|code-signing-confi"
            "g:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F"
            "]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|(capacity-provider|network-connector):[a-zA-"
            "Z0-9-_]{1,64})"
        ),
    ),
    refused(
        "misses the function to tag",
        "tag_resource",
        {"Resource": "$arn", "Tags": {"a": "1"}},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn",
    ),
    refused(
        "misses the function of tags",
        "list_tags",
        {"Resource": "$arn"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn",
    ),
    refused(
        "refuses fifty-one tags",
        "tag_resource",
        {"Resource": "$arn", "Tags": {f"key-{number}": "x" for number in range(51)}},
        400,
        "InvalidParameterValueException",
        "Number of tags exceeds resource tag limit.",
        given=[CREATED],
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_conforms(conforms: Callable[[Row], None], row: Row) -> None:
    conforms(row)
