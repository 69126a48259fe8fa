import base64
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pytest

from lambda_magic.core.model import enum_values
from lambda_magic.service.runtimes import supported_runtimes

ARN = "arn:aws:lambda:us-east-1:123456789012:layer:lib"
OTHERS = ARN.replace("123456789012", "210987654321")
NOT_FOUND = "ResourceNotFoundException: The resource you requested does not exist."
TOO_SMALL = "InvalidParameterValueException: Layer Version Cannot be less than 1"


async def publish(api: Any, text: str = "x = 1", **request: Any) -> Any:
    content = {"ZipFile": api.zipped(text, "python/lib.py")}
    return await api("PublishLayerVersion", **{"LayerName": "lib", "Content": content} | request)


async def numbers(api: Any, **request: Any) -> list[int]:
    found = await api("ListLayerVersions", **{"LayerName": "lib"} | request)
    return [version["Version"] for version in found["LayerVersions"]]


async def test_a_version_is_published(api: Any) -> None:
    package = api.zipped("x = 1", "python/lib.py")

    published = await publish(
        api,
        Description="a library",
        LicenseInfo="MIT",
        CompatibleRuntimes=["python3.12"],
        CompatibleArchitectures=["x86_64"],
    )

    location = published["Content"].pop("Location")
    assert Path(unquote(urlparse(location).path)).read_bytes() == package
    digest = base64.b64encode(hashlib.sha256(package).digest()).decode()
    assert published == {
        "Content": {"CodeSha256": digest, "CodeSize": len(package)},
        "LayerArn": ARN,
        "LayerVersionArn": f"{ARN}:1",
        "Version": 1,
        "Description": "a library",
        "LicenseInfo": "MIT",
        "CompatibleRuntimes": ["python3.12"],
        "CompatibleArchitectures": ["x86_64"],
        "CreatedDate": "2023-11-14T22:13:20.000+0000",
    }
    published["Content"]["Location"] = location
    for operation, request in [
        ("GetLayerVersion", {"LayerName": "lib", "VersionNumber": 1}),
        ("GetLayerVersion", {"LayerName": ARN, "VersionNumber": 1}),
        ("GetLayerVersionByArn", {"Arn": f"{ARN}:1"}),
    ]:
        assert await api(operation, **request) == published


async def test_what_is_not_said_is_not_answered(api: Any) -> None:
    published = await publish(api, CompatibleRuntimes=[])

    assert published["Description"] == ""
    assert published["CompatibleRuntimes"] == []
    assert not {"LicenseInfo", "CompatibleArchitectures"} & published.keys()


async def test_numbers_are_never_used_again(api: Any) -> None:
    for _ in range(2):
        await publish(api)
    assert await numbers(api) == [2, 1]

    for number in (1, 2, 2, 7):
        assert await api("DeleteLayerVersion", LayerName="lib", VersionNumber=number) == {}

    assert await numbers(api) == []
    assert (await api("ListLayers"))["Layers"] == []
    assert await api.refused("GetLayerVersion", LayerName="lib", VersionNumber=1) == NOT_FOUND
    assert (await publish(api))["Version"] == 3


async def test_layers_are_listed_with_their_last_version(api: Any) -> None:
    await publish(api, CompatibleRuntimes=["python3.12"])
    last = await publish(api, CompatibleRuntimes=["python3.13"])
    await publish(api, LayerName="other")
    for member in ("Content", "LayerArn"):
        del last[member]

    listed = await api("ListLayers", MaxItems=1)

    assert listed["Layers"] == [
        {"LayerName": "lib", "LayerArn": ARN, "LatestMatchingVersion": last}
    ]
    rest = await api("ListLayers", Marker=listed["NextMarker"])
    assert [layer["LayerName"] for layer in rest["Layers"]] == ["other"]
    older = await api("ListLayers", CompatibleRuntime="python3.12")
    assert [one["LatestMatchingVersion"]["Version"] for one in older["Layers"]] == [1]
    assert await numbers(api, CompatibleRuntime="python3.12") == [1]
    assert await numbers(api, CompatibleArchitecture="arm64") == []


async def test_versions_are_listed_by_pages(api: Any) -> None:
    for _ in range(3):
        await publish(api)

    first = await api("ListLayerVersions", LayerName="lib", MaxItems=2)

    assert [one["Version"] for one in first["LayerVersions"]] == [3, 2]
    assert await numbers(api, Marker=first["NextMarker"]) == [1]


async def test_layers_count_for_code_storage(api: Any) -> None:
    published = await publish(api)

    usage = (await api("GetAccountSettings"))["AccountUsage"]

    assert usage == {"FunctionCount": 0, "TotalCodeSize": published["Content"]["CodeSize"]}


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        (
            "PublishLayerVersion",
            {"LayerName": "lib", "Content": {"ZipFile": b"no zip"}},
            "InvalidParameterValueException: Could not unzip uploaded file. Please check your "
            "file, then try to upload again.",
        ),
        (
            "PublishLayerVersion",
            {"LayerName": "lib", "Content": {"ZipFile": b""}, "CompatibleRuntimes": ["basic"]},
            "ValidationException: 1 validation error detected: Value '[basic]' at "
            "'compatibleRuntimes' failed to satisfy constraint: Member must satisfy enum value "
            f"set: [{', '.join(supported_runtimes())}]",
        ),
        ("GetLayerVersion", {"LayerName": "lib", "VersionNumber": 2}, NOT_FOUND),
        ("GetLayerVersion", {"LayerName": "none", "VersionNumber": 1}, NOT_FOUND),
        (
            "GetLayerVersion",
            {"LayerName": ARN.replace("us-east-1", "eu-west-1"), "VersionNumber": 1},
            NOT_FOUND,
        ),
        *(
            (
                operation,
                {"LayerName": OTHERS} | ({"VersionNumber": 1} if resource != OTHERS else {}),
                "AccessDeniedException: User: arn:aws:iam::123456789012:root is not authorized to "
                f"perform: lambda:{operation} on resource: {resource} because no resource-based "
                f"policy allows the lambda:{operation} action",
            )
            for operation, resource in (
                ("GetLayerVersion", f"{OTHERS}:1"),
                ("DeleteLayerVersion", f"{OTHERS}:1"),
                ("ListLayerVersions", OTHERS),
            )
        ),
        ("GetLayerVersion", {"LayerName": "lib", "VersionNumber": 0}, TOO_SMALL),
        ("GetLayerVersion", {"LayerName": "lib", "VersionNumber": -1}, TOO_SMALL),
        ("DeleteLayerVersion", {"LayerName": "lib", "VersionNumber": -1}, TOO_SMALL),
        ("GetLayerVersionByArn", {"Arn": f"{ARN}:2"}, NOT_FOUND),
        (
            "ListLayers",
            {"CompatibleRuntime": "basic"},
            "ValidationException: 1 validation error detected: Value 'basic' at "
            "'compatibleRuntime' failed to satisfy constraint: Member must satisfy enum value "
            f"set: [{', '.join(enum_values('Runtime'))}]",
        ),
        (
            "ListLayerVersions",
            {"LayerName": "lib", "CompatibleArchitecture": "mips"},
            "ValidationException: 1 validation error detected: Value 'mips' at "
            "'compatibleArchitecture' failed to satisfy constraint: Member must satisfy enum value "
            "set: [x86_64, arm64]",
        ),
    ],
)
async def test_what_is_refused(
    api: Any, operation: str, request_: dict[str, Any], message: str
) -> None:
    await publish(api)

    assert await api.refused(operation, **request_) == message
    assert await numbers(api) == [1]


async def test_an_arn_without_a_version_is_none_of_a_version(api: Any) -> None:
    refused = await api.refused("GetLayerVersionByArn", Arn=ARN)

    assert refused.startswith(
        f"ValidationException: 1 validation error detected: Value '{ARN}' at 'arn' failed to "
        "satisfy constraint: Member must satisfy regular expression pattern: "
    )
