from typing import Any

import pytest

from lambda_magic.service import attached_layers

ARN = "arn:aws:lambda:us-east-1:123456789012:layer"


@pytest.fixture
async def layered(api: Any) -> Any:
    """A service with the layers `a` (of two versions) to `f`, and a function with `a`."""
    for name in "aabcdef":
        content = {"ZipFile": api.zipped(name * 10)}
        await api("PublishLayerVersion", LayerName=name, Content=content)
    await api.create(Layers=[f"{ARN}:a:1"])
    return api


async def layers(api: Any) -> Any:
    return (await api("GetFunctionConfiguration", FunctionName="hello")).get("Layers")


async def update(api: Any, *arns: str) -> Any:
    updated = await api("UpdateFunctionConfiguration", FunctionName="hello", Layers=list(arns))
    api.settle()
    return updated.get("Layers")


async def test_layers_are_reported_in_their_order(layered: Any) -> None:
    size = len(layered.zipped("a" * 10))

    assert await layers(layered) == [{"Arn": f"{ARN}:a:1", "CodeSize": size}]
    assert await update(layered, f"{ARN}:b:1", f"{ARN}:a:2") == [
        {"Arn": f"{ARN}:b:1", "CodeSize": size},
        {"Arn": f"{ARN}:a:2", "CodeSize": size},
    ]
    assert await update(layered) is None
    assert await layers(layered) is None


async def test_other_layers_are_another_version(layered: Any) -> None:
    first = await layered("PublishVersion", FunctionName="hello")
    await update(layered, f"{ARN}:a:2")

    second = await layered("PublishVersion", FunctionName="hello")

    assert (first["Version"], second["Version"]) == ("1", "2")
    assert [one["Layers"][0]["Arn"] for one in (first, second)] == [f"{ARN}:a:1", f"{ARN}:a:2"]


async def test_a_deleted_layer_stays_where_it_is_used(layered: Any) -> None:
    await layered("DeleteLayerVersion", LayerName="a", VersionNumber=1)

    await layered("UpdateFunctionConfiguration", FunctionName="hello", Timeout=9)
    layered.settle()
    await layered("UpdateFunctionCode", FunctionName="hello", ZipFile=layered.zipped("new"))
    layered.settle()

    assert [layer["Arn"] for layer in await layers(layered)] == [f"{ARN}:a:1"]
    assert layered.catalog.layers.find("a", 1).code_sha256
    assert await layered.refused(
        "UpdateFunctionConfiguration", FunctionName="hello", Layers=[f"{ARN}:a:1"]
    ) == (f"InvalidParameterValueException: Layer version {ARN}:a:1 does not exist.")


@pytest.mark.parametrize(
    ("arns", "message"),
    [
        (
            [f"{ARN}:{name}:1" for name in "abcdef"],
            "InvalidParameterValueException: Cannot reference more than 5 layers.",
        ),
        (
            [f"{ARN}:none:1"],
            f"InvalidParameterValueException: Layer version {ARN}:none:1 does not exist.",
        ),
        (
            [f"{ARN}:a:9"],
            f"InvalidParameterValueException: Layer version {ARN}:a:9 does not exist.",
        ),
        (
            ["arn:aws:lambda:::awslayer:AmazonLinux1703"],
            "InvalidParameterValueException: Layer version "
            "arn:aws:lambda:::awslayer:AmazonLinux1703 does not exist.",
        ),
        (
            [f"{ARN}:a:1", f"{ARN}:a:2"],
            "InvalidParameterValueException: Two different versions of the same layer are not "
            f"allowed to be referenced in the same function. {ARN}:a:1 and {ARN}:a:2 are versions "
            "of the same layer.",
        ),
        (
            [f"{ARN}:a:1", f"{ARN}:a:1"],
            "InvalidParameterValueException: Two different versions of the same layer are not "
            f"allowed to be referenced in the same function. {ARN}:a:1 and {ARN}:a:1 are versions "
            "of the same layer.",
        ),
        (
            [f"{ARN.replace('us-east-1', 'eu-west-1')}:a:1"],
            "InvalidParameterValueException: Layers are not in the same region as the function. "
            "Layers are expected to be in region us-east-1.",
        ),
        (
            [f"{ARN.replace('123456789012', '210987654321')}:a:1"],
            "AccessDeniedException: User: arn:aws:iam::123456789012:root is not authorized to "
            "perform: lambda:GetLayerVersion on resource: "
            "arn:aws:lambda:us-east-1:210987654321:layer:a:1 because no resource-based policy "
            "allows the lambda:GetLayerVersion action",
        ),
    ],
)
async def test_what_a_function_cannot_have(layered: Any, arns: list[str], message: str) -> None:
    request = layered.create_request("other", Layers=arns)

    assert await layered.refused("CreateFunction", **request) == message
    assert (
        await layered.refused("UpdateFunctionConfiguration", FunctionName="hello", Layers=arns)
        == message
    )


async def test_code_and_layers_have_a_greatest_size(
    layered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(limit: int, *names: str) -> Any:
        monkeypatch.setattr(attached_layers, "MAX_UNZIPPED_SIZE", limit)
        return await layered.refused(
            "UpdateFunctionConfiguration",
            FunctionName="hello",
            Layers=[f"{ARN}:{name}:1" for name in names],
        )

    assert await refused(19, "a", "b") == (
        "InvalidParameterValueException: Layers consume more than the available size of 19 bytes"
    )
    await layered("UpdateFunctionCode", FunctionName="hello", ZipFile=layered.zipped("code"))
    layered.settle()
    assert await refused(23, "a", "b") == (
        "InvalidParameterValueException: Function code combined with layers exceeds the maximum "
        "allowed size of 23 bytes. The actual size is 24 bytes."
    )
    larger = {"FunctionName": "hello", "ZipFile": layered.zipped("y" * 14)}
    assert await layered.refused("UpdateFunctionCode", **larger) == (
        "InvalidParameterValueException: Function code combined with layers exceeds the maximum "
        "allowed size of 23 bytes. The actual size is 24 bytes."
    )
