"""Runtime management: when a version's runtime is updated.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html

Here the runtimes are the machine's own, so nothing but the report depends on it.
"""

from collections.abc import Mapping
from typing import Any

from lambda_magic.core.arns import LATEST, FunctionReference, is_version
from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.service.lookup import Lookup
from lambda_magic.store.settings import Setting

Request = Mapping[str, Any]
Response = dict[str, Any]


class RuntimeManagement:
    """The operations on the runtime management configuration of versions."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog

    async def put_runtime_management_config(self, request: Request) -> Response:
        """Choose when a version's runtime is updated, or by Manual which one it is."""
        reference = self._version(request, "PutRuntimeManagementConfig")
        manual = request["UpdateRuntimeOn"] == "Manual"
        if manual and "RuntimeVersionArn" not in request:
            raise InvalidParameterValueException(
                "RuntimeVersionArn is required when UpdateRuntimeOn is Manual."
            )
        if not manual and "RuntimeVersionArn" in request:
            raise InvalidParameterValueException(
                "RuntimeVersionArn is only supported when UpdateRuntimeOn is Manual."
            )
        members = ("UpdateRuntimeOn", "RuntimeVersionArn")
        config = {member: request[member] for member in members if member in request}
        with self._catalog.transaction() as changes:
            self._lookup.version(reference)
            changes.put_setting(
                Setting.RUNTIME_MANAGEMENT,
                reference.name,
                config,
                qualifier=reference.qualifier or LATEST,
            )
        return self._answer(reference, config)

    async def get_runtime_management_config(self, request: Request) -> Response:
        """When a version's runtime is updated; automatically unless it says otherwise."""
        reference = self._version(request, "GetRuntimeManagementConfig")
        self._lookup.version(reference)
        config = self._catalog.settings.find(
            Setting.RUNTIME_MANAGEMENT, reference.name, reference.qualifier or LATEST
        )
        return self._answer(reference, config or {"UpdateRuntimeOn": "Auto"})

    def _version(self, request: Request, operation: str) -> FunctionReference:
        reference = self._lookup.reference(request, operation)
        if reference.qualifier is not None and not is_version(reference.qualifier):
            # An alias has no runtime.
            raise self._lookup.not_found(reference.name, reference.qualifier)
        return reference

    def _answer(self, reference: FunctionReference, config: Mapping[str, Any]) -> Response:
        arn = self._lookup.arns.function(reference.name, reference.qualifier)
        return {**config, "FunctionArn": arn}
