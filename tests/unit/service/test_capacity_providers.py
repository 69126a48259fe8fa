from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:123456789012:capacity-provider:fleet"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:hello"
REQUEST = {
    "CapacityProviderName": "fleet",
    "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    "PermissionsConfig": {
        "CapacityProviderOperatorRoleArn": "arn:aws:iam::123456789012:role/operator"
    },
}
PROVIDER = {
    "CapacityProviderArn": ARN,
    "State": "Active",
    "VpcConfig": REQUEST["VpcConfig"],
    "PermissionsConfig": REQUEST["PermissionsConfig"],
    "LastModified": "2023-11-14T22:13:20.000+0000",
}
NOT_FOUND = f"ResourceNotFoundException: Capacity provider not found: {ARN}"


async def test_a_provider_is_made_changed_and_deleted(api: Any) -> None:
    assert await api("CreateCapacityProvider", **REQUEST) == {
        "CapacityProvider": PROVIDER | {"State": "Pending"}
    }
    for name in ("fleet", ARN):
        assert await api("GetCapacityProvider", CapacityProviderName=name) == {
            "CapacityProvider": PROVIDER
        }
    scaling = {"MaxVCpuCount": 10}
    updated = await api(
        "UpdateCapacityProvider",
        CapacityProviderName="fleet",
        CapacityProviderScalingConfig=scaling,
    )
    changed = PROVIDER | {"CapacityProviderScalingConfig": scaling}
    assert updated == {"CapacityProvider": changed}
    assert await api("ListCapacityProviders") == {"CapacityProviders": [changed]}
    assert await api("ListCapacityProviders", State="Failed") == {"CapacityProviders": []}
    assert await api("DeleteCapacityProvider", CapacityProviderName="fleet") == {
        "CapacityProvider": changed | {"State": "Deleting"}
    }
    assert await api("ListCapacityProviders") == {"CapacityProviders": []}


async def test_functions_name_a_provider(api: Any) -> None:
    config = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": ARN}}
    with_provider = api.create_request(CapacityProviderConfig=config)
    assert await api.refused("CreateFunction", **with_provider) == (
        f"InvalidParameterValueException: Capacity provider {ARN} does not exist."
    )
    await api("CreateCapacityProvider", **REQUEST)

    created = await api.create(CapacityProviderConfig=config, Publish=True)

    assert created["CapacityProviderConfig"] == config
    versions = await api(
        "ListFunctionVersionsByCapacityProvider", CapacityProviderName="fleet", MaxItems=50
    )
    assert versions == {
        "CapacityProviderArn": ARN,
        "FunctionVersions": [
            {"FunctionArn": f"{FUNCTION}:$LATEST", "State": "Active"},
            {"FunctionArn": f"{FUNCTION}:1", "State": "Active"},
        ],
    }
    assert await api.refused("DeleteCapacityProvider", CapacityProviderName="fleet") == (
        "ResourceConflictException: Capacity provider fleet is in use by function versions."
    )


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        (
            "CreateCapacityProvider",
            REQUEST,
            "ResourceConflictException: Capacity provider already exists: fleet",
        ),
        (
            "GetCapacityProvider",
            {"CapacityProviderName": "none"},
            NOT_FOUND.replace("fleet", "none"),
        ),
        (
            "UpdateCapacityProvider",
            {"CapacityProviderName": "none"},
            NOT_FOUND.replace("fleet", "none"),
        ),
        (
            "DeleteCapacityProvider",
            {"CapacityProviderName": ARN.replace("us-east-1", "eu-west-1")},
            NOT_FOUND,
        ),
        (
            "ListFunctionVersionsByCapacityProvider",
            {"CapacityProviderName": "none"},
            NOT_FOUND.replace("fleet", "none"),
        ),
    ],
)
async def test_what_is_refused(
    api: Any, operation: str, request_: dict[str, Any], message: str
) -> None:
    await api("CreateCapacityProvider", **REQUEST)

    assert await api.refused(operation, **request_) == message
