import json
from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:123456789012:layer:lib"
VERSION = {"LayerName": "lib", "VersionNumber": 1}
ALL = VERSION | {"StatementId": "s1", "Action": "lambda:GetLayerVersion", "Principal": "*"}
STATEMENT = {
    "Sid": "s1",
    "Effect": "Allow",
    "Principal": "*",
    "Action": "lambda:GetLayerVersion",
    "Resource": f"{ARN}:1",
}
OLD_REVISION = (
    "PreconditionFailedException: The Revision Id provided does not match the latest Revision Id. "
    "Call the GetLayerPolicy API to retrieve the latest Revision Id"
)
NO_POLICY = "ResourceNotFoundException: No policy is associated with the given resource."


@pytest.fixture
async def lib(api: Any) -> Any:
    """A service with a layer of one version."""
    await api("PublishLayerVersion", LayerName="lib", Content={"ZipFile": api.zipped()})
    return api


async def test_statements_are_added_and_taken_back(lib: Any) -> None:
    first = await lib("AddLayerVersionPermission", **ALL)
    organization = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}}

    assert json.loads(first["Statement"]) == STATEMENT
    assert await lib("GetLayerVersionPolicy", **VERSION) == {
        "Policy": json.dumps(
            {"Version": "2012-10-17", "Id": "default", "Statement": [STATEMENT]},
            separators=(",", ":"),
        ),
        "RevisionId": first["RevisionId"],
    }
    second = await lib(
        "AddLayerVersionPermission",
        **ALL
        | {
            "StatementId": "s2",
            "OrganizationId": "o-1234567890",
            "RevisionId": first["RevisionId"],
        },
    )
    assert json.loads(second["Statement"]) == STATEMENT | {"Sid": "s2"} | organization
    assert second["RevisionId"] != first["RevisionId"]
    assert (
        await lib(
            "RemoveLayerVersionPermission",
            **VERSION | {"StatementId": "s2", "RevisionId": second["RevisionId"]},
        )
        == {}
    )
    found = await lib("GetLayerVersionPolicy", **VERSION)
    assert json.loads(found["Policy"])["Statement"] == [STATEMENT]
    assert found["RevisionId"] not in (first["RevisionId"], second["RevisionId"])
    await lib("RemoveLayerVersionPermission", **VERSION | {"StatementId": "s1"})
    assert await lib.refused("GetLayerVersionPolicy", **VERSION) == NO_POLICY


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        (
            "AddLayerVersionPermission",
            {},
            "ResourceConflictException: The statement id (s1) provided already exists. Please "
            "provide a new statement id, or remove the existing statement.",
        ),
        (
            "AddLayerVersionPermission",
            {"Action": "*"},
            "ValidationException: 1 validation error detected: Value '*' at 'action' failed to "
            "satisfy constraint: Member must satisfy regular expression pattern: "
            "lambda:GetLayerVersion",
        ),
        (
            "AddLayerVersionPermission",
            {"StatementId": "s2", "RevisionId": "old"},
            OLD_REVISION,
        ),
        (
            "RemoveLayerVersionPermission",
            {"RevisionId": "old"},
            OLD_REVISION,
        ),
        (
            "RemoveLayerVersionPermission",
            {"StatementId": "none"},
            "ResourceNotFoundException: Statement none is not found in resource policy.",
        ),
        *(
            (
                operation,
                {"LayerName": "none"},
                f"ResourceNotFoundException: Layer version {ARN.replace('lib', 'none')}:1 does not "
                "exist.",
            )
            for operation in (
                "AddLayerVersionPermission",
                "RemoveLayerVersionPermission",
                "GetLayerVersionPolicy",
            )
        ),
        (
            "GetLayerVersionPolicy",
            {"VersionNumber": 2},
            f"ResourceNotFoundException: Layer version {ARN}:2 does not exist.",
        ),
    ],
)
async def test_what_is_refused(
    lib: Any, operation: str, request_: dict[str, Any], message: str
) -> None:
    await lib("AddLayerVersionPermission", **ALL)
    request = ALL | request_
    if not operation.startswith("Add"):
        for member in ("Action", "Principal"):
            del request[member]

    assert await lib.refused(operation, **request) == message


async def test_a_version_without_a_policy_has_none_to_take_from(lib: Any) -> None:
    request = VERSION | {"StatementId": "s1"}

    assert await lib.refused("GetLayerVersionPolicy", **VERSION) == NO_POLICY
    assert await lib.refused("RemoveLayerVersionPermission", **request) == NO_POLICY
