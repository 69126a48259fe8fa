"""Provisioned concurrency: which qualifiers have how much; `invocation.provisioned` provides it.

https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
"""

from collections.abc import Mapping
from typing import Any

from lambda_magic.core.arns import LATEST, FunctionReference, is_version
from lambda_magic.core.clock import Clock
from lambda_magic.core.errors import (
    InvalidParameterValueException,
    ProvisionedConcurrencyConfigNotFoundException,
    ResourceConflictException,
)
from lambda_magic.service.lookup import Lookup
from lambda_magic.service.pages import page
from lambda_magic.service.protocols import Provisioner
from lambda_magic.service.quota import Quota
from lambda_magic.service.states import timestamp
from lambda_magic.store.catalog import ProvisionedConfig

#: AWS's message where concurrency is to be provisioned for `$LATEST`.
UNPUBLISHED = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."

Request = Mapping[str, Any]
Response = dict[str, Any]


class ProvisionedConcurrency:
    """The operations on provisioned concurrency."""

    def __init__(
        self, lookup: Lookup, quota: Quota, provisioner: Provisioner, clock: Clock
    ) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog
        self._quota = quota
        self._provisioner = provisioner
        self._clock = clock

    async def put_provisioned_concurrency_config(self, request: Request) -> Response:
        """Provision concurrency for a published version or an alias."""
        reference = self._lookup.reference(request, "PutProvisionedConcurrencyConfig")
        name, qualifier = reference.name, str(reference.qualifier)
        requested = request["ProvisionedConcurrentExecutions"]
        last_modified = timestamp(self._clock)
        if qualifier == LATEST:
            raise InvalidParameterValueException(UNPUBLISHED)
        with self._catalog.transaction() as changes:
            self._check_target(name, qualifier)
            self._check_quota(name, qualifier, requested)
            changes.put_provisioned(
                name, qualifier, requested=requested, last_modified=last_modified
            )
        self._provisioner.set(name, qualifier, requested)
        return {
            "RequestedProvisionedConcurrentExecutions": requested,
            "AvailableProvisionedConcurrentExecutions": 0,
            "AllocatedProvisionedConcurrentExecutions": 0,
            "Status": "IN_PROGRESS",
            "LastModified": last_modified,
        }

    async def get_provisioned_concurrency_config(self, request: Request) -> Response:
        """What is provisioned for a qualifier, and how much of it there is."""
        reference = self._published(request, "GetProvisionedConcurrencyConfig")
        for config in self._catalog.provisioned(reference.name):
            if config.qualifier == reference.qualifier:
                return self._answer(reference.name, config)
        raise ProvisionedConcurrencyConfigNotFoundException()

    async def delete_provisioned_concurrency_config(self, request: Request) -> Response:
        """Provision nothing any more for a qualifier."""
        reference = self._published(request, "DeleteProvisionedConcurrencyConfig")
        name, qualifier = reference.name, str(reference.qualifier)
        with self._catalog.transaction() as changes:
            changes.delete_provisioned(name, qualifier)
        self._provisioner.remove(name, qualifier)
        return {}

    async def list_provisioned_concurrency_configs(self, request: Request) -> Response:
        """All that is provisioned for a function; a page at a time."""
        reference = self._lookup.reference(request, "ListProvisionedConcurrencyConfigs")
        self._lookup.function(reference)
        configs, marker = page(
            self._catalog.provisioned(reference.name), request, key=lambda one: one.qualifier
        )
        answers = [
            {"FunctionArn": self._lookup.arns.function(reference.name, config.qualifier)}
            | self._answer(reference.name, config)
            for config in configs
        ]
        return {"ProvisionedConcurrencyConfigs": answers, **marker}

    def _published(self, request: Request, operation: str) -> FunctionReference:
        """The alias or published version that a request is about; it exists."""
        reference = self._lookup.reference(request, operation)
        if reference.qualifier in (None, LATEST):
            raise InvalidParameterValueException(
                "The function resource provided must be an alias or a published version."
            )
        self._version_behind(reference.name, str(reference.qualifier))
        return reference

    def _version_behind(self, name: str, qualifier: str) -> str:
        if not is_version(qualifier):
            return str(self._lookup.alias(name, qualifier)["FunctionVersion"])
        self._lookup.version(FunctionReference(name=name, qualifier=qualifier))
        return qualifier

    def _check_target(self, name: str, qualifier: str) -> None:
        version = self._version_behind(name, qualifier)
        provisioned = self._catalog.provisioned_configs(name)
        if version == LATEST:
            raise InvalidParameterValueException(UNPUBLISHED)
        if version != qualifier and version in provisioned:
            raise ResourceConflictException(
                "Alias can't be used for Provisioned Concurrency configuration on an already "
                "Provisioned version"
            )
        if version == qualifier and any(
            alias["FunctionVersion"] == version and alias["Name"] in provisioned
            for alias in self._catalog.aliases(name)
        ):
            raise ResourceConflictException("Version is pointed by a Provisioned Concurrency alias")

    def _check_quota(self, name: str, qualifier: str, requested: int) -> None:
        others = self._quota.provisioned(name) - self._catalog.provisioned_configs(name).get(
            qualifier, 0
        )
        reserved = self._catalog.reserved_concurrency(name)
        if reserved is not None:
            if others + requested > reserved:
                raise InvalidParameterValueException(
                    "Requested Provisioned Concurrency should not be greater than the "
                    "reservedConcurrentExecution for function"
                )
            return
        left = self._quota.unreserved() + self._quota.set_aside(name) - others
        if requested > left:
            raise InvalidParameterValueException(
                "Specified ConcurrentExecutions for function is greater than account's unreserved "
                f"concurrency [{left}]."
            )
        if left - requested < self._quota.minimum_unreserved:
            raise InvalidParameterValueException(
                "Specified ConcurrentExecutions for function decreases account's "
                "UnreservedConcurrentExecution below its minimum value of "
                f"[{self._quota.minimum_unreserved}]."
            )

    def _answer(self, name: str, config: ProvisionedConfig) -> Response:
        return {
            "RequestedProvisionedConcurrentExecutions": config.requested,
            "LastModified": config.last_modified,
            **self._provisioner.status(name, config.qualifier),
        }
