"""Layers as one publishes and names them: `lib`, `lib:3` or an ARN.

Only a boto3-shaped client is used, so the same code works on this machine and on an AWS account.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lambda_magic.core.errors import (
    InvalidParameterValueException,
    ResourceNotFoundException,
)
from lambda_magic.deployment.publication import Client

#: A layer's name or ARN, and the number of a version.
_REFERENCE = re.compile(
    r"(?P<layer>arn:[^:]+:lambda:[^:]*:[^:]*:layer:[^:]+|[^:]+)(:(?P<number>\d+))?"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerDefinition:
    """Everything about a layer version to be, in the API's words."""

    layer_name: str
    zip_file: bytes = field(repr=False)
    description: str = ""
    compatible_runtimes: tuple[str, ...] = ()
    compatible_architectures: tuple[str, ...] = ()

    def request(self) -> dict[str, Any]:
        """The members of PublishLayerVersion but its Content."""
        members = {
            "LayerName": self.layer_name,
            "Description": self.description,
            "CompatibleRuntimes": list(self.compatible_runtimes),
            "CompatibleArchitectures": list(self.compatible_architectures),
        }
        return {name: value for name, value in members.items() if value}


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerPublication:
    """What publishing a layer came to."""

    #: GetLayerVersion's answer.
    configuration: Mapping[str, Any]
    #: Whether there is a version more: the same content again publishes none.
    is_new_version: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerReference:
    """What a layer is called: `lib`, `lib:3`, or an ARN with or without a version."""

    #: The name or the ARN of the layer.
    layer: str
    number: int | None

    @classmethod
    def parse(cls, text: str) -> "LayerReference":
        """From what somebody types."""
        match = _REFERENCE.fullmatch(text)
        if match is None:
            raise InvalidParameterValueException(
                f"{text!r} is no layer: write NAME, NAME:VERSION or the ARN of either."
            )
        number = match["number"]
        return cls(layer=match["layer"], number=None if number is None else int(number))

    def __str__(self) -> str:
        return self.layer if self.number is None else f"{self.layer}:{self.number}"


def publish(client: Client, definition: LayerDefinition) -> LayerPublication:
    """Publish a version of a layer, unless its last one is the same already."""
    last = _last(client, definition.layer_name)
    if last is not None:
        number = last["Version"]
        configuration = client.get_layer_version(
            LayerName=definition.layer_name, VersionNumber=number
        )
        if _agrees(definition, configuration):
            return LayerPublication(configuration=configuration, is_new_version=False)
    published = client.publish_layer_version(
        **definition.request(), Content={"ZipFile": definition.zip_file}
    )
    return LayerPublication(configuration=published, is_new_version=True)


def version(client: Client, reference: LayerReference) -> Mapping[str, Any]:
    """The version that is meant, as GetLayerVersion describes it; without a number the last one.

    Raises `ResourceNotFoundException` where there is none.
    """
    number = reference.number
    if number is None:
        last = _last(client, reference.layer)
        if last is None:
            raise _missing(reference)
        number = last["Version"]
    try:
        found: Mapping[str, Any] = client.get_layer_version(
            LayerName=reference.layer, VersionNumber=number
        )
    except client.exceptions.ResourceNotFoundException:
        raise _missing(reference) from None
    return found


def delete(client: Client, reference: LayerReference) -> None:
    """Delete a version; functions that have it keep it.

    Raises `ResourceNotFoundException` where there is none, though AWS says nothing then.
    """
    number = reference.number
    if number is None:
        raise InvalidParameterValueException(
            f"Which version of {reference} is to be deleted? Write {reference}:NUMBER."
        )
    version(client, reference)
    client.delete_layer_version(LayerName=reference.layer, VersionNumber=number)


def mismatches(configuration: Mapping[str, Any], runtime: str, architecture: str) -> list[str]:
    """What speaks against a layer version in a function.

    AWS attaches it all the same: what a layer says it is compatible with is there to be listed by.
    """
    layer = configuration["LayerVersionArn"].rpartition(":layer:")[2]
    said = []
    for member, wanted in (
        ("CompatibleRuntimes", runtime),
        ("CompatibleArchitectures", architecture),
    ):
        compatible = configuration.get(member)
        if compatible and wanted not in compatible:
            said.append(f"layer {layer} is made for {', '.join(compatible)}, not for {wanted}")
    return said


def _last(client: Client, layer: str) -> Mapping[str, Any] | None:
    """The version of a layer that was published last, as it is listed."""
    listed = client.list_layer_versions(LayerName=layer, MaxItems=1)["LayerVersions"]
    return listed[0] if listed else None


def _agrees(definition: LayerDefinition, configuration: Mapping[str, Any]) -> bool:
    digest = base64.b64encode(hashlib.sha256(definition.zip_file).digest()).decode()
    return configuration["Content"]["CodeSha256"] == digest and all(
        configuration.get(member, empty) == definition.request().get(member, empty)
        for member, empty in (
            ("Description", ""),
            ("CompatibleRuntimes", []),
            ("CompatibleArchitectures", []),
        )
    )


def _missing(reference: LayerReference) -> ResourceNotFoundException:
    return ResourceNotFoundException(
        f"There is no layer {reference}: %layer lists those there are, and "
        f"%layer NAME --requirements, --path or --zip makes one."
    )
