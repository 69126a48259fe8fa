from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.errors import (
    InvalidParameterValueException,
    ResourceNotFoundException,
)
from lambda_magic.core.settings import Settings
from lambda_magic.deployment import layers
from lambda_magic.deployment.layers import LayerDefinition, LayerReference
from lambda_magic.deployment.package import build_zip
from lambda_magic.region import Region

ARN = "arn:aws:lambda:us-east-1:123456789012:layer:lib"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    region = Region(Settings(home=tmp_path))
    yield region.client()
    region.close()


def definition(source: str = "", **members: Any) -> LayerDefinition:
    zip_file = build_zip({"python/lib.py": source.encode()})
    return LayerDefinition(layer_name="lib", zip_file=zip_file, **members)


@pytest.mark.parametrize(
    ("text", "layer", "number"),
    [
        ("lib", "lib", None),
        ("lib:3", "lib", 3),
        (ARN, ARN, None),
        (f"{ARN}:12", ARN, 12),
    ],
)
def test_a_layer_is_called_by_name_or_arn(text: str, layer: str, number: int | None) -> None:
    reference = LayerReference.parse(text)

    assert reference == LayerReference(layer=layer, number=number)
    assert str(reference) == text


@pytest.mark.parametrize("text", ["", ":1", "lib:", "lib:new", "a:b:1", f"{ARN}:1:2"])
def test_what_is_no_layer(text: str) -> None:
    with pytest.raises(InvalidParameterValueException, match="is no layer: write NAME"):
        LayerReference.parse(text)


def test_a_version_is_published_as_it_is_defined(client: Any) -> None:
    published = layers.publish(
        client,
        definition(
            description="a library",
            compatible_runtimes=("python3.12", "python3.13"),
            compatible_architectures=("arm64",),
        ),
    )

    assert published.is_new_version
    found = client.get_layer_version(LayerName="lib", VersionNumber=1)
    assert published.configuration["LayerVersionArn"] == found["LayerVersionArn"] == f"{ARN}:1"
    assert found["Description"] == "a library"
    assert found["CompatibleRuntimes"] == ["python3.12", "python3.13"]
    assert found["CompatibleArchitectures"] == ["arm64"]


def test_the_same_again_is_no_new_version(client: Any) -> None:
    layers.publish(client, definition(compatible_runtimes=("python3.12",)))

    again = layers.publish(client, definition(compatible_runtimes=("python3.12",)))

    assert not again.is_new_version
    assert again.configuration["LayerVersionArn"] == f"{ARN}:1"


@pytest.mark.parametrize(
    "members",
    [
        {"source": "x = 1"},
        {"description": "other"},
        {"compatible_runtimes": ("python3.12",)},
        {"compatible_architectures": ("arm64",)},
    ],
)
def test_any_change_is_a_new_version(client: Any, members: dict[str, Any]) -> None:
    layers.publish(client, definition())

    changed = layers.publish(client, definition(**members))

    assert changed.is_new_version
    assert changed.configuration["Version"] == 2
    # It is the last version that counts.
    assert layers.publish(client, definition()).configuration["Version"] == 3


def test_without_a_number_the_last_version_is_meant(client: Any) -> None:
    for source in "abc":
        layers.publish(client, definition(source))
    client.delete_layer_version(LayerName="lib", VersionNumber=3)

    def number(text: str) -> int:
        return int(layers.version(client, LayerReference.parse(text))["Version"])

    assert [number(text) for text in ("lib", "lib:1", ARN, f"{ARN}:1")] == [2, 1, 2, 1]
    for text in ("lib:3", "other", f"{ARN}:9"):
        with pytest.raises(ResourceNotFoundException, match=f"There is no layer {text}: "):
            number(text)


def test_a_version_is_deleted_by_its_number(client: Any) -> None:
    layers.publish(client, definition())

    layers.delete(client, LayerReference.parse("lib:1"))

    assert client.list_layers()["Layers"] == []
    with pytest.raises(ResourceNotFoundException):
        layers.delete(client, LayerReference.parse("lib:1"))
    with pytest.raises(InvalidParameterValueException, match="Write lib:NUMBER"):
        layers.delete(client, LayerReference.parse("lib"))


@pytest.mark.parametrize(
    ("runtimes", "architectures", "remarks"),
    [
        ([], [], []),
        (["python3.11", "python3.12"], ["x86_64"], []),
        (
            ["python3.11", "python3.13"],
            [],
            ["layer lib:1 is made for python3.11, python3.13, not for python3.12"],
        ),
        (["python3.12"], ["arm64"], ["layer lib:1 is made for arm64, not for x86_64"]),
    ],
)
def test_what_speaks_against_a_layer_is_told(
    runtimes: list[str], architectures: list[str], remarks: list[str]
) -> None:
    configuration = {
        "LayerVersionArn": f"{ARN}:1",
        "CompatibleRuntimes": runtimes,
        "CompatibleArchitectures": architectures,
    }

    assert layers.mismatches(configuration, "python3.12", "x86_64") == remarks
