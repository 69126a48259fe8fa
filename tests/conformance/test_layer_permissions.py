"""The policies of layer versions: who may use them."""

from collections.abc import Callable

import pytest

from .table import SOMETHING, Call, Row, ok, refused
from .test_layers import DELETED, LAYER, MISSING

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
OLD_POLICY = (
    "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API "
    "to retrieve the latest Revision Id"
)

TABLE = [
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
        "shares with an organization",
        "add_layer_version_permission",
        {**SHARED[1], "OrganizationId": "o-1234567890"},
        201,
        given=[LAYER],
        Statement=(
            '{"Sid":"all","Effect":"Allow","Principal":"*","Action":"lambda:GetLayerVersion",'
            '"Resource":"arn:aws:lambda:us-east-1:123456789012:layer:$f:1",'
            '"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1234567890"}}}'
        ),
    ),
    ok(
        "shares with an account",
        "add_layer_version_permission",
        {**SHARED[1], "Principal": "210987654321"},
        201,
        given=[LAYER],
        Statement=(
            '{"Sid":"all","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::210987654321:root"},'
            '"Action":"lambda:GetLayerVersion",'
            '"Resource":"arn:aws:lambda:us-east-1:123456789012:layer:$f:1"}'
        ),
    ),
    refused(
        "refuses to share on an old policy",
        "add_layer_version_permission",
        {**SHARED[1], "StatementId": "more", "RevisionId": "old"},
        412,
        "PreconditionFailedException",
        OLD_POLICY,
        given=[LAYER, SHARED],
    ),
    ok(
        "shares on the policy that it knows",
        "add_layer_version_permission",
        {**SHARED[1], "StatementId": "more", "RevisionId": "$2.RevisionId"},
        201,
        given=[LAYER, SHARED],
        RevisionId=SOMETHING,
    ),
    refused(
        "refuses to share no more on an old policy",
        "remove_layer_version_permission",
        {"LayerName": "$f", "VersionNumber": 1, "StatementId": "all", "RevisionId": "old"},
        412,
        "PreconditionFailedException",
        OLD_POLICY,
        given=[LAYER, SHARED],
    ),
    refused(
        "misses the policy to take from",
        "remove_layer_version_permission",
        {"LayerName": "$f", "VersionNumber": 1, "StatementId": "all"},
        404,
        "ResourceNotFoundException",
        "No policy is associated with the given resource.",
        given=[LAYER],
    ),
    refused(
        "misses the version to share no more",
        "remove_layer_version_permission",
        {"LayerName": "$f", "VersionNumber": 1, "StatementId": "all"},
        404,
        "ResourceNotFoundException",
        MISSING,
    ),
    refused(
        "misses the policy of a deleted version",
        "get_layer_version_policy",
        {"LayerName": "$f", "VersionNumber": 1},
        404,
        "ResourceNotFoundException",
        MISSING,
        given=[LAYER, SHARED, DELETED],
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_conforms(conforms: Callable[[Row], None], row: Row) -> None:
    conforms(row)
