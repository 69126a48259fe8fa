"""Layers: content that functions share, in numbered versions.

https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html
"""

import copy
from collections.abc import Mapping
from typing import Any

from lambda_magic.core.arns import Arns
from lambda_magic.core.clock import Clock
from lambda_magic.core.errors import (
    AccessDeniedException,
    InvalidParameterValueException,
    ResourceNotFoundException,
    ValidationException,
)
from lambda_magic.core.model import enum_values
from lambda_magic.service.lookup import Lookup
from lambda_magic.service.packages import Packages
from lambda_magic.service.pages import page
from lambda_magic.service.runtimes import supported_runtimes
from lambda_magic.service.states import timestamp
from lambda_magic.store.layers import LayerVersion

Request = Mapping[str, Any]
Response = dict[str, Any]

#: The members that a request sets, as they are.
_MEMBERS = ("Description", "LicenseInfo", "CompatibleRuntimes", "CompatibleArchitectures")

#: What a filter of the List operations asks for, and where a version says it has it.
_FILTERS = {
    "CompatibleRuntime": "CompatibleRuntimes",
    "CompatibleArchitecture": "CompatibleArchitectures",
}


class Layers:
    """The operations on layers and their versions."""

    def __init__(self, lookup: Lookup, packages: Packages, clock: Clock) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog
        self._layers = lookup.catalog.layers
        self._packages = packages
        self._clock = clock

    async def publish_layer_version(self, request: Request) -> Response:
        """Add a version to a layer, which is made with its first version."""
        _check_runtimes(request.get("CompatibleRuntimes") or [])
        name = self._name(request["LayerName"], "PublishLayerVersion")
        code = await self._packages.put(request["Content"], "PublishLayerVersion")
        with self._catalog.transaction() as changes:
            version = self._layers.last_number(name) + 1
            configuration = {
                "Content": {"CodeSha256": code.sha256, "CodeSize": code.size},
                "Description": "",
                "CreatedDate": timestamp(self._clock),
                "Version": version,
                **{member: request[member] for member in _MEMBERS if member in request},
            }
            changes.add_layer_version(name, version, configuration, code.sha256)
        return self._answer(self.found(name, version))

    async def get_layer_version(self, request: Request) -> Response:
        """One version of a layer."""
        number = check_number(request["VersionNumber"])
        name = self._name(request["LayerName"], "GetLayerVersion", number)
        return self._answer(self.found(name, number))

    async def get_layer_version_by_arn(self, request: Request) -> Response:
        """One version of a layer, by its ARN."""
        arn, _, number = request["Arn"].rpartition(":")
        name = self._name(arn, "GetLayerVersion", int(number))
        return self._answer(self.found(name, int(number)))

    async def list_layers(self, request: Request) -> Response:
        """All layers with their last versions (that satisfy the filter); a page at a time."""
        _check_runtime_filter(request)
        matching = {}
        for name in self._layers.names():
            if versions := _matching(self._layers.versions(name), request):
                matching[name] = versions[0]
        layers, marker = page(list(matching.values()), request, key=lambda one: one.layer_name)
        answers = [
            {
                "LayerName": layer.layer_name,
                "LayerArn": self._lookup.arns.resource("layer", layer.layer_name),
                "LatestMatchingVersion": self._listed(layer),
            }
            for layer in layers
        ]
        return {"Layers": answers, **marker}

    async def list_layer_versions(self, request: Request) -> Response:
        """The versions of a layer (that satisfy the filter), the last first; a page at a time."""
        _check_runtime_filter(request)
        name = self._name(request["LayerName"], "ListLayerVersions")
        found = _matching(self._layers.versions(name), request)
        versions, marker = page(found, request, key=lambda one: -one.version)
        return {"LayerVersions": [self._listed(version) for version in versions], **marker}

    async def delete_layer_version(self, request: Request) -> Response:
        """Delete a version; functions that have it keep it, and its number is used up."""
        number = check_number(request["VersionNumber"])
        name = self._name(request["LayerName"], "DeleteLayerVersion", number)
        with self._catalog.transaction() as changes:
            changes.delete_layer_version(name, number)
        return {}

    def found(self, layer_name: str, version: int) -> LayerVersion:
        """A version that is not deleted."""
        layer = self._layers.find(layer_name, version)
        if layer is None or layer.deleted:
            raise ResourceNotFoundException()
        return layer

    def _name(self, name_or_arn: str, operation: str, number: int | None = None) -> str:
        """The name of a layer; one elsewhere is not here, and somebody else's is not shared."""
        name = name_or_arn.rpartition(":")[2]
        arns = self._lookup.arns
        if name_or_arn in (name, arns.resource("layer", name)):
            return name
        if name_or_arn.split(":")[4] != arns.account_id:
            resource = name_or_arn if number is None else f"{name_or_arn}:{number}"
            raise not_shared(arns, resource, operation)
        raise ResourceNotFoundException()

    def _answer(self, layer: LayerVersion) -> Response:
        answer = copy.deepcopy(dict(layer.configuration))
        answer["Content"]["Location"] = self._packages.location(layer.code_sha256)
        answer["LayerArn"] = self._lookup.arns.resource("layer", layer.layer_name)
        return answer | {"LayerVersionArn": f"{answer['LayerArn']}:{layer.version}"}

    def _listed(self, layer: LayerVersion) -> Response:
        answer = self._answer(layer)
        return {key: answer[key] for key in answer if key not in ("Content", "LayerArn")}


def not_shared(arns: Arns, resource: str, operation: str) -> AccessDeniedException:
    """AWS's error for a layer of another account: there is none here that has shared one."""
    action = f"lambda:{operation}"
    return AccessDeniedException(
        f"User: arn:{arns.partition}:iam::{arns.account_id}:root is not authorized to perform: "
        f"{action} on resource: {resource} because no resource-based policy allows the {action} "
        "action"
    )


def check_number(number: int) -> int:
    """The number of a version, if it can be one."""
    if number < 1:
        raise InvalidParameterValueException("Layer Version Cannot be less than 1")
    return number


def _matching(versions: list[LayerVersion], request: Request) -> list[LayerVersion]:
    return [
        version
        for version in versions
        if all(
            request[member] in (version.configuration.get(where) or [])
            for member, where in _FILTERS.items()
            if member in request
        )
    ]


def _check_runtimes(runtimes: list[str]) -> None:
    if not set(runtimes) <= set(enum_values("Runtime")):
        raise ValidationException(
            f"1 validation error detected: Value '[{', '.join(runtimes)}]' at 'compatibleRuntimes' "
            "failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(supported_runtimes())}]"
        )


def _check_runtime_filter(request: Request) -> None:
    known = enum_values("Runtime")
    if request.get("CompatibleRuntime") not in (None, *known):
        raise ValidationException(
            f"1 validation error detected: Value '{request['CompatibleRuntime']}' at "
            "'compatibleRuntime' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(known)}]"
        )
