"""A publication: a function and its new version are put in place through the Lambda API.

Only a boto3-shaped client is used, and only operations that a CI pipeline would use too, so the
same code deploys to this machine and to an AWS account.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

#: A boto3 client for Lambda, or one of its shape.
Client = Any

#: What tags are called that a cell gives its function.
TAG_PREFIX = "lambda-magic:"

Change = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageCode:
    """A function that is a container image."""

    uri: str
    #: `ImageConfig`.
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionDefinition:
    """Everything that a cell says about its function, in the API's words."""

    function_name: str
    #: Of a deployment package; an image has them in itself.
    runtime: str = ""
    handler: str = ""
    zip_file: bytes = field(default=b"", repr=False)
    #: The function is that image, and no deployment package.
    image: ImageCode | None = None
    role: str
    memory_size: int
    timeout: int
    architecture: str
    ephemeral_storage: int = 512
    description: str = ""
    environment_variables: dict[str, str] = field(default_factory=dict, repr=False)
    #: `LoggingConfig`, whole; without it the function's log is left as it is.
    logging_config: dict[str, str] = field(default_factory=dict)
    #: The ARNs of layer versions; what is in later ones comes over what is in earlier ones.
    layers: tuple[str, ...] = ()
    #: The function's tags whose keys begin with `TAG_PREFIX`; it keeps all others.
    tags: dict[str, str] = field(default_factory=dict)

    def configuration(self) -> dict[str, Any]:
        """The members that CreateFunction and UpdateFunctionConfiguration share."""
        return {
            "Role": self.role,
            "Description": self.description,
            "Timeout": self.timeout,
            "MemorySize": self.memory_size,
            "Environment": {"Variables": self.environment_variables},
            "EphemeralStorage": {"Size": self.ephemeral_storage},
            **({"LoggingConfig": self.logging_config} if self.logging_config else {}),
            **self._of_package(),
        }

    def _of_package(self) -> dict[str, Any]:
        if self.image is not None:
            return {"ImageConfig": dict(self.image.config)}
        return {"Runtime": self.runtime, "Handler": self.handler, "Layers": list(self.layers)}

    def code(self) -> dict[str, Any]:
        """FunctionCode, and the same members of UpdateFunctionCode."""
        if self.image is not None:
            return {"ImageUri": self.image.uri}
        return {"ZipFile": self.zip_file}


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """What publishing came to."""

    #: FunctionConfiguration of the published version, or of $LATEST if none was to be published.
    configuration: dict[str, Any]
    change: Change
    #: Whether the version is new: an unchanged function publishes no further version.
    is_new_version: bool


def publish(client: Client, definition: FunctionDefinition, *, version: bool) -> Publication:
    """Create or update the function, wait until it is active, and publish a version of it."""
    name = definition.function_name
    try:
        current = client.get_function_configuration(FunctionName=name)
    except client.exceptions.ResourceNotFoundException:
        change: Change = "created"
        _create(client, definition)
    else:
        change = "updated" if _update(client, definition, current) else "unchanged"
    if not version:
        latest = client.get_function_configuration(FunctionName=name)
        return Publication(configuration=latest, change=change, is_new_version=False)
    before = {item["Version"] for item in _versions(client, name)}
    published = client.publish_version(FunctionName=name, Description=definition.description)
    number = published["Version"]
    client.get_waiter("function_active_v2").wait(FunctionName=name, Qualifier=number)
    return Publication(
        configuration=client.get_function_configuration(FunctionName=name, Qualifier=number),
        change=change,
        is_new_version=number not in before,
    )


def move_alias(client: Client, function_name: str, alias: str, version: str) -> None:
    """Point the alias to the version, with all of its traffic; create it if there is none."""
    try:
        client.update_alias(
            FunctionName=function_name,
            Name=alias,
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": {}},
        )
    except client.exceptions.ResourceNotFoundException:
        client.create_alias(FunctionName=function_name, Name=alias, FunctionVersion=version)


def _create(client: Client, definition: FunctionDefinition) -> None:
    client.create_function(
        FunctionName=definition.function_name,
        Code=definition.code(),
        Architectures=[definition.architecture],
        PackageType="Zip" if definition.image is None else "Image",
        Tags=definition.tags,
        **definition.configuration(),
    )
    client.get_waiter("function_active_v2").wait(FunctionName=definition.function_name)


def _update(client: Client, definition: FunctionDefinition, current: dict[str, Any]) -> bool:
    """Make $LATEST what the definition says; whether that changed anything."""
    name = definition.function_name
    code = {
        "FunctionName": name,
        "Architectures": [definition.architecture],
        **definition.code(),
    }
    # Asked first, because code that is refused must not leave a changed configuration behind.
    checked = client.update_function_code(**code, DryRun=True)
    configuration_changed = not _agrees(definition.configuration(), current)
    code_changed = checked["CodeSha256"] != current["CodeSha256"] or current.get(
        "Architectures", ["x86_64"]
    ) != [definition.architecture]
    updated = client.get_waiter("function_updated_v2")
    if configuration_changed:
        client.update_function_configuration(FunctionName=name, **definition.configuration())
        updated.wait(FunctionName=name)
    if code_changed:
        client.update_function_code(**code)
        updated.wait(FunctionName=name)
    tags_changed = _set_tags(client, current["FunctionArn"], definition.tags)
    return configuration_changed or code_changed or tags_changed


def _set_tags(client: Client, arn: str, wanted: dict[str, str]) -> bool:
    """Make the tags of ours those that are wanted; whether that changed anything."""
    tags = client.list_tags(Resource=arn)["Tags"]
    ours = {key: value for key, value in tags.items() if key.startswith(TAG_PREFIX)}
    if ours == wanted:
        return False
    if unwanted := sorted(ours.keys() - wanted.keys()):
        client.untag_resource(Resource=arn, TagKeys=unwanted)
    if wanted:
        client.tag_resource(Resource=arn, Tags=wanted)
    return True


def _agrees(wanted: dict[str, Any], current: dict[str, Any]) -> bool:
    # Without variables, the API answers no Environment at all; of layers it says more.
    layers = [layer["Arn"] for layer in current.get("Layers", [])]
    image_config = current.get("ImageConfigResponse", {}).get("ImageConfig", {})
    usual = {"Environment": {"Variables": {}}, "ImageConfig": image_config}
    answered = {**usual, **current, "Layers": layers}
    return all(answered.get(member) == value for member, value in wanted.items())


def _versions(client: Client, function_name: str) -> list[dict[str, Any]]:
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function_name)
    return [version for page in pages for version in page["Versions"]]
