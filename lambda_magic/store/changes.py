"""What can be changed in the catalog; a `Changes` exists inside a transaction only."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from lambda_magic.core.arns import LATEST
from lambda_magic.store.database import Database
from lambda_magic.store.resources import Kind
from lambda_magic.store.settings import WHOLE, Setting


class Changes:
    """The changes of one transaction on the catalog; see `Catalog.transaction`."""

    def __init__(self, database: Database) -> None:
        self._run = database.run

    def add_function(self, function_name: str, tags: Mapping[str, str]) -> None:
        """Add a function that has no version yet."""
        incarnation = uuid.uuid4().hex
        self._run(
            "add_function",
            function_name=function_name,
            incarnation=incarnation,
            tags=json.dumps(dict(tags)),
        )

    def delete_function(self, function_name: str) -> None:
        """Delete a function with everything that belongs to it."""
        self._run("delete_function", function_name=function_name)

    def set_tags(self, function_name: str, tags: Mapping[str, str]) -> None:
        """Replace all tags of a function."""
        self._run("set_tags", function_name=function_name, tags=json.dumps(dict(tags)))

    def set_reserved_concurrency(self, function_name: str, reserved: int | None) -> None:
        """Reserve concurrency for a function, or with None no longer."""
        self._run("set_reserved_concurrency", function_name=function_name, reserved=reserved)

    def put_version(
        self, function_name: str, configuration: Mapping[str, Any], *, source: str = ""
    ) -> None:
        """Add the version that `configuration` is of, or replace it.

        `source` is, for a published version, the fingerprint of the `$LATEST` it was made from.
        """
        version = configuration["Version"]
        kept = {key: value for key, value in configuration.items() if key != "FunctionArn"}
        self._run(
            "put_version",
            function_name=function_name,
            version=version,
            configuration=json.dumps(kept),
            code_sha256=configuration["CodeSha256"],
            source=source,
        )
        if version != LATEST:
            self._run("set_last_version", function_name=function_name, last_version=int(version))

    def delete_version(self, function_name: str, version: str) -> None:
        """Delete a published version, with its settings."""
        self._run("delete_version", function_name=function_name, version=version)
        self._run("delete_settings", function_name=function_name, qualifier=version)

    def put_alias(self, function_name: str, configuration: Mapping[str, Any]) -> None:
        """Add an alias, or replace it."""
        kept = {key: value for key, value in configuration.items() if key != "AliasArn"}
        self._run(
            "put_alias",
            function_name=function_name,
            name=configuration["Name"],
            configuration=json.dumps(kept),
        )

    def delete_alias(self, function_name: str, alias: str) -> None:
        """Delete an alias, if there is one, with its settings."""
        self._run("delete_alias", function_name=function_name, name=alias)
        self._run("delete_settings", function_name=function_name, qualifier=alias)

    def put_provisioned(
        self, function_name: str, qualifier: str, *, requested: int, last_modified: str
    ) -> None:
        """Provision concurrency for a version or an alias."""
        self._run(
            "put_provisioned",
            function_name=function_name,
            qualifier=qualifier,
            requested=requested,
            last_modified=last_modified,
        )

    def delete_provisioned(self, function_name: str, qualifier: str) -> None:
        """Provision concurrency no longer, if there was any."""
        self._run("delete_provisioned", function_name=function_name, qualifier=qualifier)

    # What is configured beside functions.

    def put_setting(
        self,
        kind: Setting,
        function_name: str,
        document: Mapping[str, Any],
        *,
        qualifier: str = WHOLE,
    ) -> None:
        """Add a setting, or replace it."""
        self._run(
            "put_setting",
            kind=kind,
            function_name=function_name,
            qualifier=qualifier,
            document=json.dumps(document),
        )

    def delete_setting(self, kind: Setting, function_name: str, qualifier: str = WHOLE) -> None:
        """Delete a setting, if there is one."""
        self._run("delete_setting", kind=kind, function_name=function_name, qualifier=qualifier)

    # Resources, layers.

    def put_resource(self, kind: Kind, name: str, document: Mapping[str, Any]) -> None:
        """Add a resource, or replace it; its tags stay."""
        self._run("put_resource", kind=kind, name=name, document=json.dumps(document))

    def set_resource_tags(self, kind: Kind, name: str, tags: Mapping[str, str]) -> None:
        """Replace all tags of a resource."""
        self._run("set_resource_tags", kind=kind, name=name, tags=json.dumps(dict(tags)))

    def delete_resource(self, kind: Kind, name: str) -> None:
        """Delete a resource, if there is one."""
        self._run("delete_resource", kind=kind, name=name)

    def add_layer_version(
        self, layer_name: str, version: int, configuration: Mapping[str, Any], code_sha256: str
    ) -> None:
        """Add a version of a layer; its number is new."""
        self._run(
            "add_layer_version",
            layer_name=layer_name,
            version=version,
            configuration=json.dumps(configuration),
            code_sha256=code_sha256,
        )

    def set_layer_policy(
        self, layer_name: str, version: int, policy: Mapping[str, Any] | None
    ) -> None:
        """Give a version of a layer another policy, or with None no longer any."""
        self._run(
            "set_layer_policy",
            layer_name=layer_name,
            version=version,
            policy=None if policy is None else json.dumps(policy),
        )

    def delete_layer_version(self, layer_name: str, version: int) -> None:
        """Delete a version of a layer for everybody but the functions that use it."""
        self._run("delete_layer_version", layer_name=layer_name, version=version)
