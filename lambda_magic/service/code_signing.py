"""Code signing configurations: whose code functions may have. Signatures are not checked here.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
"""

import copy
import secrets
from collections.abc import Mapping
from typing import Any

from lambda_magic.core.clock import Clock
from lambda_magic.core.errors import (
    CodeSigningConfigNotFoundException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from lambda_magic.service.lookup import Lookup
from lambda_magic.service.pages import page
from lambda_magic.service.states import timestamp
from lambda_magic.service.tags import check_tags
from lambda_magic.store.changes import Changes
from lambda_magic.store.resources import Kind, Resource
from lambda_magic.store.settings import Setting

Request = Mapping[str, Any]
Response = dict[str, Any]

_MEMBERS = ("Description", "AllowedPublishers", "CodeSigningPolicies")


class CodeSigning:
    """The operations on code signing configurations, and on which functions have one."""

    def __init__(self, lookup: Lookup, clock: Clock) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog
        self._clock = clock

    async def create_code_signing_config(self, request: Request) -> Response:
        """Make a configuration."""
        tags = request.get("Tags") or {}
        check_tags(tags)
        name = f"csc-{secrets.token_hex(9)[:17]}"
        config = {
            "Description": "",
            "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"},
            "LastModified": timestamp(self._clock),
        } | _given(request)
        with self._catalog.transaction() as changes:
            changes.put_resource(Kind.CODE_SIGNING_CONFIG, name, config)
            changes.set_resource_tags(Kind.CODE_SIGNING_CONFIG, name, tags)
        return {"CodeSigningConfig": self._answer(name, config)}

    async def get_code_signing_config(self, request: Request) -> Response:
        """One configuration."""
        found = self._found(request)
        return {"CodeSigningConfig": self._answer(found.name, found.document)}

    async def update_code_signing_config(self, request: Request) -> Response:
        """Change a configuration."""
        with self._catalog.transaction() as changes:
            found = self._found(request)
            modified = {"LastModified": timestamp(self._clock)}
            config = {**found.document, **_given(request), **modified}
            changes.put_resource(Kind.CODE_SIGNING_CONFIG, found.name, config)
        return {"CodeSigningConfig": self._answer(found.name, config)}

    async def delete_code_signing_config(self, request: Request) -> Response:
        """Delete a configuration that no function has."""
        with self._catalog.transaction() as changes:
            found = self._found(request)
            if functions := self._functions(found.name):
                raise ResourceConflictException(
                    "Cannot delete the code signing configuration because it is in use by the "
                    f"following functions: [{', '.join(functions)}]"
                )
            changes.delete_resource(Kind.CODE_SIGNING_CONFIG, found.name)
        return {}

    async def list_code_signing_configs(self, request: Request) -> Response:
        """All configurations; a page at a time."""
        found = self._catalog.resources.of_kind(Kind.CODE_SIGNING_CONFIG)
        configs, marker = page(found, request, key=lambda one: one.name)
        answers = [self._answer(one.name, one.document) for one in configs]
        return {"CodeSigningConfigs": answers, **marker}

    async def list_functions_by_code_signing_config(self, request: Request) -> Response:
        """The functions that have a configuration; a page at a time."""
        names, marker = page(self._functions(self._found(request).name), request, key=str)
        return {"FunctionArns": [self._lookup.arns.function(name) for name in names], **marker}

    async def put_function_code_signing_config(self, request: Request) -> Response:
        """Give a function a configuration."""
        reference = self._lookup.reference(request, "PutFunctionCodeSigningConfig")
        arn = request["CodeSigningConfigArn"]
        with self._catalog.transaction() as changes:
            self.check(arn)
            self._lookup.function(reference)
            self.attach(changes, reference.name, arn)
        return {"CodeSigningConfigArn": arn, "FunctionName": reference.name}

    async def get_function_code_signing_config(self, request: Request) -> Response:
        """The configuration that a function has, if it has one."""
        reference = self._lookup.reference(request, "GetFunctionCodeSigningConfig")
        self._lookup.function(reference)
        config = self._catalog.settings.find(Setting.CODE_SIGNING, reference.name)
        if config is None:
            return {}
        arn = self._arn(config["CodeSigningConfigId"])
        return {"CodeSigningConfigArn": arn, "FunctionName": reference.name}

    async def delete_function_code_signing_config(self, request: Request) -> Response:
        """Take a function's configuration away, if it has one."""
        reference = self._lookup.reference(request, "DeleteFunctionCodeSigningConfig")
        with self._catalog.transaction() as changes:
            self._lookup.function(reference)
            changes.delete_setting(Setting.CODE_SIGNING, reference.name)
        return {}

    def check(self, arn: str) -> None:
        """Refuse a configuration that does not exist, for a function to have."""
        if self._find(arn) is None:
            raise CodeSigningConfigNotFoundException(
                "The code signing configuration cannot be found. Check that the provided "
                f"configuration is not deleted: {arn}."
            )

    def attach(self, changes: Changes, function_name: str, arn: str) -> None:
        """Give a function a configuration; both exist."""
        config = {"CodeSigningConfigId": arn.rpartition(":")[2]}
        changes.put_setting(Setting.CODE_SIGNING, function_name, config)

    def _functions(self, name: str) -> list[str]:
        return [
            function_name
            for (function_name, _), config in self._catalog.settings.of_kind(
                Setting.CODE_SIGNING
            ).items()
            if config["CodeSigningConfigId"] == name
        ]

    def _found(self, request: Request) -> Resource:
        arn = request["CodeSigningConfigArn"]
        found = self._find(arn)
        if found is None:
            raise ResourceNotFoundException(
                f"The Lambda code signing configuration {arn} can not be found."
            )
        return found

    def _find(self, arn: str) -> Resource | None:
        name = arn.rpartition(":")[2]
        if arn != self._arn(name):
            return None  # another account's, or of another region
        return self._catalog.resources.find(Kind.CODE_SIGNING_CONFIG, name)

    def _arn(self, name: str) -> str:
        return self._lookup.arns.resource("code-signing-config", name)

    def _answer(self, name: str, config: Mapping[str, Any]) -> Response:
        return copy.deepcopy(dict(config)) | {
            "CodeSigningConfigId": name,
            "CodeSigningConfigArn": self._arn(name),
        }


def _given(request: Request) -> dict[str, Any]:
    return {member: request[member] for member in _MEMBERS if member in request}
