from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.deployment.publication import (
    FunctionDefinition,
    Publication,
    move_alias,
    publish,
)
from lambda_magic.region import Region


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    region = Region(Settings(home=tmp_path))
    yield region.client()
    region.close()


def definition(source: str = "def handler(e, c): ...", **members: Any) -> FunctionDefinition:
    defaults: dict[str, Any] = {
        "function_name": "hello",
        "runtime": "python3.12",
        "handler": "lambda_function.handler",
        "role": "arn:aws:iam::123456789012:role/mine",
        "memory_size": 128,
        "timeout": 3,
        "architecture": "x86_64",
    }
    zip_file = build_zip({"lambda_function.py": source.encode()})
    return FunctionDefinition(zip_file=zip_file, **defaults | members)


def told(publication: Publication) -> tuple[str, str, bool]:
    return publication.configuration["Version"], publication.change, publication.is_new_version


def test_a_new_function_is_created_and_published(client: Any) -> None:
    publication = publish(client, definition(description="first"), version=True)
    assert told(publication) == ("1", "created", True)
    assert publication.configuration["State"] == "Active"
    assert publication.configuration["Description"] == "first"


def test_the_same_again_changes_nothing(client: Any) -> None:
    first = publish(client, definition(), version=True)
    again = publish(client, definition(), version=True)
    assert told(again) == ("1", "unchanged", False)
    latest = client.get_function_configuration(FunctionName="hello")
    assert again.configuration["CodeSha256"] == first.configuration["CodeSha256"]
    assert latest["LastModified"] <= again.configuration["LastModified"]


@pytest.mark.parametrize(
    "change",
    [
        {"source": "def handler(e, c): return 1"},
        {"handler": "lambda_function.other"},
        {"memory_size": 256},
        {"timeout": 4},
        {"runtime": "python3.13"},
        {"role": "arn:aws:iam::123456789012:role/other"},
        {"environment_variables": {"ONE": "1"}},
        {"ephemeral_storage": 1024},
        {"architecture": "arm64"},
        {"description": "other"},
    ],
)
def test_every_change_is_a_new_version(client: Any, change: dict[str, Any]) -> None:
    publish(client, definition(), version=True)
    assert told(publish(client, definition(**change), version=True)) == ("2", "updated", True)
    assert told(publish(client, definition(**change), version=True)) == ("2", "unchanged", False)


def test_a_version_can_wait(client: Any) -> None:
    assert told(publish(client, definition(), version=False)) == ("$LATEST", "created", False)
    assert told(publish(client, definition(), version=True)) == ("1", "unchanged", True)


def test_code_that_is_refused_leaves_the_configuration_as_it_was(client: Any) -> None:
    publish(client, definition(), version=True)
    broken = replace(definition(memory_size=512), zip_file=b"no zip")
    with pytest.raises(client.exceptions.ClientError):
        publish(client, broken, version=True)
    assert client.get_function_configuration(FunctionName="hello")["MemorySize"] == 128


def test_an_alias_is_created_then_moved_with_all_of_its_traffic(client: Any) -> None:
    publish(client, definition(), version=True)
    publish(client, definition("x = 1"), version=True)
    move_alias(client, "hello", "LIVE", "1")
    client.update_alias(
        FunctionName="hello",
        Name="LIVE",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )
    move_alias(client, "hello", "LIVE", "2")
    alias = client.get_alias(FunctionName="hello", Name="LIVE")
    assert alias["FunctionVersion"] == "2"
    assert not alias.get("RoutingConfig", {}).get("AdditionalVersionWeights")


def test_layers_are_part_of_what_is_published(client: Any) -> None:
    arns = []
    for name in ("one", "two"):
        content = {"ZipFile": build_zip({f"python/{name}.py": b""})}
        layer = client.publish_layer_version(LayerName=name, Content=content)
        arns.append(layer["LayerVersionArn"])

    def published(*layers: str) -> Publication:
        return publish(client, definition(layers=layers), version=True)

    first = published(*arns)
    assert [layer["Arn"] for layer in first.configuration["Layers"]] == arns
    assert told(published(*arns)) == ("1", "unchanged", False)
    assert told(published(*reversed(arns))) == ("2", "updated", True)
    assert told(published()) == ("3", "updated", True)
    assert "Layers" not in published().configuration
