"""Aliases: names for versions, that can move and can be split between two.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
"""

import copy
import uuid
from collections.abc import Mapping
from typing import Any

from lambda_magic.core.arns import LATEST, FunctionReference
from lambda_magic.core.errors import (
    InvalidParameterValueException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from lambda_magic.service.lookup import Lookup, check_revision
from lambda_magic.service.pages import page
from lambda_magic.service.protocols import Provisioner
from lambda_magic.service.provisioned_concurrency import UNPUBLISHED

Request = Mapping[str, Any]
Response = dict[str, Any]

#: What versions that share an alias must have in common.
_COMMON = {"Role": "execution role", "DeadLetterConfig": "dead-letter queue"}


class Aliases:
    """The operations on aliases."""

    def __init__(self, lookup: Lookup, provisioner: Provisioner) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog
        self._provisioner = provisioner

    async def create_alias(self, request: Request) -> Response:
        """Name a version."""
        function_name = self._lookup.reference(request, "CreateAlias").name
        alias = _alias(
            {"Name": request["Name"], "Description": ""},
            request,
            arn=self._lookup.arns.function(function_name, request["Name"]),
        )
        with self._catalog.transaction() as changes:
            self._check_versions(function_name, alias)
            if self._catalog.find_alias(function_name, request["Name"]) is not None:
                raise ResourceConflictException(f"Alias already exists: {alias['AliasArn']}")
            changes.put_alias(function_name, alias)
        return alias

    async def get_alias(self, request: Request) -> Response:
        """One alias."""
        function_name = self._lookup.reference(request, "GetAlias").name
        return copy.deepcopy(self._lookup.alias(function_name, request["Name"]))

    async def update_alias(self, request: Request) -> Response:
        """Move an alias to another version, or change how it is split."""
        function_name, name = self._lookup.reference(request, "UpdateAlias").name, request["Name"]
        with self._catalog.transaction() as changes:
            self._lookup.function(FunctionReference(name=function_name))
            current = self._catalog.find_alias(function_name, name)
            if current is None:
                arn = self._lookup.arns.function(function_name, name)
                raise ResourceNotFoundException(f"Alias not found: {arn}")
            check_revision(request, current["RevisionId"])
            alias = _alias(current, request, arn=current["AliasArn"])
            self._check_versions(function_name, alias)
            requested = self._catalog.provisioned_configs(function_name).get(name)
            if requested is not None and alias["FunctionVersion"] == LATEST:
                raise InvalidParameterValueException(UNPUBLISHED)
            changes.put_alias(function_name, alias)
        if requested is not None:
            self._provisioner.set(function_name, name, requested)
        return alias

    async def delete_alias(self, request: Request) -> Response:
        """Delete an alias; one that does not exist is deleted already."""
        function_name, name = self._lookup.reference(request, "DeleteAlias").name, request["Name"]
        with self._catalog.transaction() as changes:
            self._lookup.function(FunctionReference(name=function_name))
            changes.delete_alias(function_name, name)
            changes.delete_provisioned(function_name, name)
        self._provisioner.remove(function_name, name)
        return {}

    async def list_aliases(self, request: Request) -> Response:
        """All aliases of a function, or of one of its versions; a page at a time."""
        reference = self._lookup.reference(request, "ListAliases")
        self._lookup.function(reference)
        aliases = [
            alias
            for alias in self._catalog.aliases(reference.name)
            if request.get("FunctionVersion") in (None, alias["FunctionVersion"])
        ]
        aliases_page, marker = page(aliases, request, key=lambda alias: str(alias["Name"]))
        return {"Aliases": list(aliases_page), **marker}

    def _check_versions(self, function_name: str, alias: Mapping[str, Any]) -> None:
        """Refuse an alias of versions that do not exist, or cannot be together."""
        target = alias["FunctionVersion"]
        weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        if len(weights) > 1:
            raise InvalidParameterValueException(
                "Number of items in AdditionalVersionWeights cannot be greater than 1"
            )
        if target in weights:
            raise InvalidParameterValueException(
                f"Invalid function version {target}. Function version {target} is already "
                "included in routing configuration."
            )
        if weights and target == LATEST:
            raise InvalidParameterValueException(
                "$LATEST is not supported for an alias pointing to more than 1 version"
            )
        configurations = [
            self._lookup.version(
                FunctionReference(name=function_name, qualifier=version)
            ).configuration
            for version in (target, *weights)
        ]
        for member, what in _COMMON.items():
            if any(one.get(member) != configurations[0].get(member) for one in configurations):
                raise InvalidParameterValueException(
                    f"The versions {' and '.join((target, *weights))} must have the same {what}."
                )


def _alias(current: Mapping[str, Any], request: Request, *, arn: str) -> Response:
    """The alias that a request makes of the current one."""
    members = ("FunctionVersion", "Description")
    alias = {"AliasArn": arn, **copy.deepcopy(dict(current))}
    alias |= {member: request[member] for member in members if member in request}
    if "RoutingConfig" in request:
        alias.pop("RoutingConfig", None)
        if weights := request["RoutingConfig"].get("AdditionalVersionWeights"):
            shares = {version: float(weight) for version, weight in weights.items()}
            alias["RoutingConfig"] = {"AdditionalVersionWeights": shares}
    return alias | {"RevisionId": str(uuid.uuid4())}
