"""Capacity providers: kept and reported. Functions run on this machine all the same.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html
"""

import copy
from collections.abc import Mapping
from typing import Any

from lambda_magic.core.clock import Clock
from lambda_magic.core.errors import ResourceConflictException, ResourceNotFoundException
from lambda_magic.service.lookup import Lookup
from lambda_magic.service.pages import page
from lambda_magic.service.states import timestamp
from lambda_magic.service.tags import check_tags
from lambda_magic.store.resources import Kind, Resource

Request = Mapping[str, Any]
Response = dict[str, Any]

#: What a request sets that is neither the name nor the tags.
_MEMBERS = (
    "VpcConfig",
    "PermissionsConfig",
    "InstanceRequirements",
    "CapacityProviderScalingConfig",
    "KmsKeyArn",
    "PropagateTags",
    "TelemetryConfig",
)


class CapacityProviders:
    """The operations on capacity providers."""

    def __init__(self, lookup: Lookup, clock: Clock) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog
        self._clock = clock

    async def create_capacity_provider(self, request: Request) -> Response:
        """Make a capacity provider; it is active right after."""
        tags = request.get("Tags") or {}
        check_tags(tags)
        name = request["CapacityProviderName"].rpartition(":")[2]
        config = _given(request) | {"LastModified": timestamp(self._clock)}
        with self._catalog.transaction() as changes:
            if self._catalog.resources.find(Kind.CAPACITY_PROVIDER, name) is not None:
                raise ResourceConflictException(f"Capacity provider already exists: {name}")
            changes.put_resource(Kind.CAPACITY_PROVIDER, name, config)
            changes.set_resource_tags(Kind.CAPACITY_PROVIDER, name, tags)
        return {"CapacityProvider": self._answer(name, config, state="Pending")}

    async def get_capacity_provider(self, request: Request) -> Response:
        """One capacity provider."""
        found = self._found(request)
        return {"CapacityProvider": self._answer(found.name, found.document)}

    async def update_capacity_provider(self, request: Request) -> Response:
        """Change a capacity provider."""
        with self._catalog.transaction() as changes:
            found = self._found(request)
            modified = {"LastModified": timestamp(self._clock)}
            config = {**found.document, **_given(request), **modified}
            changes.put_resource(Kind.CAPACITY_PROVIDER, found.name, config)
        return {"CapacityProvider": self._answer(found.name, config)}

    async def delete_capacity_provider(self, request: Request) -> Response:
        """Delete a capacity provider that no function uses."""
        with self._catalog.transaction() as changes:
            found = self._found(request)
            if self._functions(self._arn(found.name)):
                raise ResourceConflictException(
                    f"Capacity provider {found.name} is in use by function versions."
                )
            changes.delete_resource(Kind.CAPACITY_PROVIDER, found.name)
        return {"CapacityProvider": self._answer(found.name, found.document, state="Deleting")}

    async def list_capacity_providers(self, request: Request) -> Response:
        """All capacity providers (in a state); a page at a time."""
        wanted = request.get("State") in (None, "Active")
        found = self._catalog.resources.of_kind(Kind.CAPACITY_PROVIDER) if wanted else []
        providers, marker = page(found, request, key=lambda one: one.name)
        answers = [self._answer(one.name, one.document) for one in providers]
        return {"CapacityProviders": answers, **marker}

    async def list_function_versions_by_capacity_provider(self, request: Request) -> Response:
        """The versions of functions that name a capacity provider; a page at a time."""
        arn = self._arn(self._found(request).name)
        versions, marker = page(
            self._functions(arn), request, key=lambda one: str(one["FunctionArn"])
        )
        return {"CapacityProviderArn": arn, "FunctionVersions": list(versions), **marker}

    def exists(self, arn: str) -> bool:
        """Whether there is a capacity provider of this ARN."""
        name = arn.rpartition(":")[2]
        found = self._catalog.resources.find(Kind.CAPACITY_PROVIDER, name)
        return found is not None and arn == self._arn(name)

    def _functions(self, arn: str) -> list[dict[str, Any]]:
        found = []
        for name, number in self._catalog.all_versions():
            version = self._catalog.find_version(name, number)
            if version is not None and _provider(version.configuration) == arn:
                function_arn = self._lookup.arns.function(name, number)
                state = version.configuration["State"]
                found.append({"FunctionArn": function_arn, "State": state})
        return sorted(found, key=lambda one: str(one["FunctionArn"]))

    def _found(self, request: Request) -> Resource:
        name = request["CapacityProviderName"].rpartition(":")[2]
        found = self._catalog.resources.find(Kind.CAPACITY_PROVIDER, name)
        if found is None or request["CapacityProviderName"] not in (name, self._arn(name)):
            raise ResourceNotFoundException(f"Capacity provider not found: {self._arn(name)}")
        return found

    def _arn(self, name: str) -> str:
        return self._lookup.arns.resource("capacity-provider", name)

    def _answer(self, name: str, config: Mapping[str, Any], *, state: str = "Active") -> Response:
        return copy.deepcopy(dict(config)) | {
            "CapacityProviderArn": self._arn(name),
            "State": state,
        }


def _provider(configuration: Mapping[str, Any]) -> str | None:
    config = configuration.get("CapacityProviderConfig") or {}
    found: str | None = config.get("LambdaManagedInstancesCapacityProviderConfig", {}).get(
        "CapacityProviderArn"
    )
    return found


def _given(request: Request) -> dict[str, Any]:
    return {member: request[member] for member in _MEMBERS if member in request}
