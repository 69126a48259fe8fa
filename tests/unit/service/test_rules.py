from typing import Any

import pytest

from lambda_magic.service.runtimes import has_snapstart, supported_runtimes

ACCESS_POINT = (
    "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0"
)
VPC = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
REPORTED_VPC = VPC | {"VpcId": "vpc-92332cf9bb9bc4764", "Ipv6AllowedForDualStack": False}
QUEUE = "arn:aws:sqs:us-east-1:123456789012:queue"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
COEXIST = (
    "InvalidParameterValueException: SubnetIds and SecurityIds must coexist or be both empty list."
)


async def changed(api: Any, **members: Any) -> Any:
    updated = await api("UpdateFunctionConfiguration", FunctionName="hello", **members)
    api.settle()
    return updated


#: Members, what they are reported as, what an update makes of them, and what is reported then.
MEMBERS = [
    ("Architectures", ["arm64"], ["arm64"], None, None),
    ("TracingConfig", {"Mode": "Active"}, {"Mode": "Active"}, {}, {"Mode": "Active"}),
    ("KMSKeyArn", KEY, KEY, "", None),
    ("DeadLetterConfig", {"TargetArn": QUEUE}, {"TargetArn": QUEUE}, {"TargetArn": ""}, None),
    ("EphemeralStorage", {"Size": 1024}, {"Size": 1024}, {"Size": 512}, {"Size": 512}),
    (
        "VpcConfig",
        VPC,
        REPORTED_VPC,
        {"SubnetIds": [], "SecurityGroupIds": []},
        {
            "SubnetIds": [],
            "SecurityGroupIds": [],
            "VpcId": "",
            "Ipv6AllowedForDualStack": False,
        },
    ),
    (
        "VpcConfig",
        VPC,
        REPORTED_VPC,
        {"Ipv6AllowedForDualStack": True},
        REPORTED_VPC | {"Ipv6AllowedForDualStack": True},
    ),
    (
        "SnapStart",
        {"ApplyOn": "PublishedVersions"},
        {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"},
        {"ApplyOn": "None"},
        {"ApplyOn": "None", "OptimizationStatus": "Off"},
    ),
    (
        "TenancyConfig",
        {"TenantIsolationMode": "PER_TENANT"},
        {"TenantIsolationMode": "PER_TENANT"},
        None,
        None,
    ),
    (
        "DurableConfig",
        {"ExecutionTimeout": 60, "RetentionPeriodInDays": 1},
        {"ExecutionTimeout": 60, "RetentionPeriodInDays": 1},
        {},
        None,
    ),
    ("AcceleratorConfig", {"AcceleratorMemorySize": 4}, {"AcceleratorMemorySize": 4}, None, None),
]


@pytest.mark.parametrize(("member", "given", "reported", "update", "then"), MEMBERS)
async def test_every_member_is_kept_and_reported(
    api: Any, member: str, given: Any, reported: Any, update: Any, then: Any
) -> None:
    created = await api.create(**{member: given})

    assert created[member] == reported
    published = await api("PublishVersion", FunctionName="hello")
    if member != "SnapStart":
        assert published[member] == reported
    if update is not None:
        assert (await changed(api, **{member: update})).get(member) == then
        assert (await changed(api, Timeout=9)).get(member) == then


async def test_file_systems_are_in_a_vpc(api: Any) -> None:
    file_systems = [{"Arn": ACCESS_POINT, "LocalMountPath": "/mnt/data"}]
    refused = await api.refused(
        "CreateFunction", **api.create_request(FileSystemConfigs=file_systems)
    )
    created = await api.create(FileSystemConfigs=file_systems, VpcConfig=VPC)
    left = await api.refused(
        "UpdateFunctionConfiguration",
        FunctionName="hello",
        VpcConfig={"SubnetIds": [], "SecurityGroupIds": []},
    )

    assert created["FileSystemConfigs"] == file_systems
    assert (
        refused
        == left
        == (
            "InvalidParameterValueException: Function must be configured to execute in a VPC to "
            f"reference access point {ACCESS_POINT}"
        )
    )
    assert "FileSystemConfigs" not in await changed(api, FileSystemConfigs=[])


async def test_snapstart_is_on_for_published_versions(api: Any) -> None:
    await api.create(SnapStart={"ApplyOn": "PublishedVersions"})

    published = await api("PublishVersion", FunctionName="hello")
    latest = await api("GetFunctionConfiguration", FunctionName="hello")

    assert published["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    assert latest["SnapStart"]["OptimizationStatus"] == "Off"
    again = await api("PublishVersion", FunctionName="hello")
    assert again["Version"] == "1"


def test_the_runtimes_with_snapstart() -> None:
    having = {runtime for runtime in supported_runtimes() if has_snapstart(runtime)}

    assert having == {
        *("java11", "java17", "java21", "java25", "java11.al2023", "java17.al2023"),
        *("python3.12", "python3.13", "python3.14", "python3.15", "dotnet8", "dotnet10"),
    }


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"VpcConfig": {"SubnetIds": ["subnet-1"]}}, COEXIST),
        ({"VpcConfig": {"SecurityGroupIds": ["sg-1"]}}, COEXIST),
        (
            {"SnapStart": {"ApplyOn": "PublishedVersions"}, "Runtime": "python3.11"},
            "InvalidParameterValueException: python3.11 is not supported for SnapStart enabled "
            "functions.",
        ),
        (
            {"SnapStart": {"ApplyOn": "Always"}},
            "ValidationException: 1 validation error detected: Value 'Always' at "
            "'snapStart.applyOn' failed to satisfy constraint: Member must satisfy enum value set: "
            "[PublishedVersions, None]",
        ),
        (
            {"DeadLetterConfig": {"TargetArn": "arn:aws:s3:::bucket"}},
            "InvalidParameterValueException: Invalid dead letter ARN: arn:aws:s3:::bucket is "
            "neither an SQS queue nor an SNS topic.",
        ),
        (
            {"ImageConfig": {"Command": ["run"]}},
            "InvalidParameterValueException: Please don't provide ImageConfig when the intended "
            "function PackageType is Zip.",
        ),
        (
            {
                "RuntimeConfig": {
                    "RuntimeArn": "arn:aws:lambda:us-east-1:123456789012:runtime/mine",
                    "RuntimeAlias": "live",
                }
            },
            "NotSupportedException: lambda_magic does not support customer-managed runtimes "
            "(RuntimeConfig).",
        ),
    ],
)
async def test_what_is_refused_in_a_creation_and_in_an_update(
    api: Any, members: dict[str, Any], message: str
) -> None:
    await api.create()
    creation = api.create_request("other", **members)

    assert await api.refused("CreateFunction", **creation) == message
    assert (
        await api.refused("UpdateFunctionConfiguration", FunctionName="hello", **members) == message
    )


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"PackageType": "Image"},
            "InvalidParameterValueException: Please don't provide Handler or Runtime or Layer when "
            "the intended function PackageType is Image.",
        ),
        (
            {"PackageType": "Image", "Handler": None, "Runtime": None},
            "InvalidParameterValueException: Please provide ImageUri when creating a function with "
            "packageType Image.",
        ),
        (
            {
                "PackageType": "Image",
                "Handler": None,
                "Runtime": None,
                "Code": {"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/hello:1"},
            },
            "NotSupportedException: 123456789012.dkr.ecr.us-east-1.amazonaws.com/hello:1: this "
            "region runs no container images.",
        ),
        (
            {"Code": {"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/hello:1"}},
            "InvalidParameterValueException: Please provide a source for function code.",
        ),
        (
            {"Code": {"ZipFile": b"x", "S3Bucket": "bucket", "S3Key": "key"}},
            "InvalidParameterValueException: Please do not provide other FunctionCode parameters "
            "when providing a ZipFile.",
        ),
        (
            {"PublishTo": "LATEST_PUBLISHED"},
            "NotSupportedException: lambda_magic does not support versions for managed instances "
            "(PublishTo).",
        ),
    ],
)
async def test_what_cannot_be_created(api: Any, members: dict[str, Any], message: str) -> None:
    assert await api.refused("CreateFunction", **api.create_request(**members)) == message


@pytest.mark.parametrize(
    ("operation", "members", "message"),
    [
        (
            "UpdateFunctionCode",
            {"ImageUri": "image"},
            "InvalidParameterValueException: Please don't provide ImageUri when updating a "
            "function with packageType Zip.",
        ),
        (
            "UpdateFunctionCode",
            {},
            "InvalidParameterValueException: Please provide a source for function code.",
        ),
        (
            "UpdateFunctionCode",
            {"ZipFile": b"x", "PublishTo": "LATEST_PUBLISHED"},
            "NotSupportedException: lambda_magic does not support versions for managed instances "
            "(PublishTo).",
        ),
        (
            "PublishVersion",
            {"PublishTo": "LATEST_PUBLISHED"},
            "NotSupportedException: lambda_magic does not support versions for managed instances "
            "(PublishTo).",
        ),
    ],
)
async def test_what_code_cannot_be(
    api: Any, operation: str, members: dict[str, Any], message: str
) -> None:
    await api.create()

    assert await api.refused(operation, FunctionName="hello", **members) == message
