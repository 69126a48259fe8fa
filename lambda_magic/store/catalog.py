"""The catalog: the functions of one region, their versions, aliases and concurrency.

It finds, `Changes` writes; the rules of the API are in `service`. Reads are answered from memory,
since every invocation makes some, until anything was written here or by another kernel on this
home. What is read is shared: copy before changing it.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from lambda_magic.core.arns import LATEST, Arns
from lambda_magic.store.changes import Changes
from lambda_magic.store.database import Database, load_queries, schema_migration
from lambda_magic.store.layers import Layers
from lambda_magic.store.reads import Reads
from lambda_magic.store.resources import Resources
from lambda_magic.store.settings import WHOLE, FunctionSettings, Setting

#: Members of a FunctionConfiguration that say where the function stands, not what it is.
_CIRCUMSTANCES = frozenset(
    {
        "CodeSize",
        "FunctionArn",
        "LastModified",
        "LastUpdateStatus",
        "LastUpdateStatusReason",
        "LastUpdateStatusReasonCode",
        "RevisionId",
        "State",
        "StateReason",
        "StateReasonCode",
        "Version",
    }
)

_MIGRATIONS = (schema_migration("schema.sql"), schema_migration("schema_2.sql"))


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionRecord:
    """What is kept of a function besides its versions and aliases."""

    name: str
    #: Tells it from an earlier function of the same name.
    incarnation: str
    #: The number of the version published last, deleted or not.
    last_version: int
    #: ReservedConcurrentExecutions, or None where none is set.
    reserved_concurrency: int | None
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionVersion:
    """A published version, or `$LATEST`."""

    #: The API's FunctionConfiguration.
    configuration: Mapping[str, Any] = field(repr=False)
    #: As in CodeSha256; names the package in the code store.
    code_sha256: str
    #: Changes with code or configuration, and when the function is deleted and made anew: a
    #: running environment of another generation is stale. States and descriptions do not count.
    generation: str
    #: For a published version: the `fingerprint` that `$LATEST` had then.
    source: str = field(repr=False)

    @property
    def version(self) -> str:
        """`$LATEST` or a number."""
        return cast(str, self.configuration["Version"])

    @property
    def fingerprint(self) -> str:
        """The same for the same code and configuration; `$LATEST` changed if this did."""
        return fingerprint(self.configuration)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvisionedConfig:
    """Concurrency provisioned for a published version or an alias."""

    qualifier: str
    requested: int
    #: As in the API's LastModified.
    last_modified: str


def fingerprint(
    configuration: Mapping[str, Any], *, leave_out: frozenset[str] = frozenset()
) -> str:
    """A digest of what a function is: its code and its configuration."""
    essence = {
        member: value
        for member, value in configuration.items()
        if member not in _CIRCUMSTANCES and member not in leave_out
    }
    return hashlib.sha256(json.dumps(essence, sort_keys=True).encode()).hexdigest()[:32]


class Catalog:
    """The functions of one region, in `<home>/<region name>.sqlite`."""

    def __init__(self, home: Path, arns: Arns) -> None:
        self._arns = arns
        self._database = Database(
            home / f"{arns.region_name}.sqlite",
            migrations=_MIGRATIONS,
            queries=load_queries("queries.sql"),
        )
        self._reads = Reads(self._database)
        self._remembered = self._reads.remembered
        self.settings = FunctionSettings(self._reads)
        self.resources = Resources(self._reads)
        self.layers = Layers(self._reads)

    def __repr__(self) -> str:
        return f"<Catalog {self._database.path} [{len(self.functions())} functions]>"

    def close(self) -> None:
        """Close the store."""
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[Changes]:
        """All changes of the block or none; no other kernel writes meanwhile. It must not await.

        What is read inside the block is what the changes build on: nobody can change it first.
        """
        with self._database.transaction():
            yield Changes(self._database)

    @property
    def writes(self) -> int:
        """Goes up with everything that this kernel writes; costs next to nothing."""
        return self._database.writes

    @property
    def generation(self) -> int:
        """Goes up whenever anything in the catalog may have changed, whoever wrote it."""
        return self._reads.generation

    # What there is.

    def functions(self) -> list[str]:
        """The names of all functions, sorted."""
        rows = self._remembered(("functions",), lambda: self._database.all("functions"))
        return [row["name"] for row in rows]

    def find_function(self, function_name: str) -> FunctionRecord | None:
        """One function."""
        return self._remembered(
            ("function", function_name), lambda: self._read_function(function_name)
        )

    def find_version(self, function_name: str, version: str) -> FunctionVersion | None:
        """One version of a function: `$LATEST` or a number."""
        return self._remembered(
            ("version", function_name, version), lambda: self._read_version(function_name, version)
        )

    def versions(self, function_name: str) -> list[FunctionVersion]:
        """All versions of a function, `$LATEST` first."""
        rows = self._database.all("versions", function_name=function_name)
        return [self._version(row) for row in rows]

    def all_versions(self) -> list[tuple[str, str]]:
        """Every function name with every one of its versions."""
        return [
            (row["function_name"], row["version"]) for row in self._database.all("all_versions")
        ]

    def unsettled_versions(self) -> list[tuple[str, str]]:
        """The versions that are still being created or updated."""
        rows = self._database.all("unsettled_versions")
        return [(row["function_name"], row["version"]) for row in rows]

    def find_alias(self, function_name: str, alias: str) -> dict[str, Any] | None:
        """One alias, as the API's AliasConfiguration."""
        return self._remembered(
            ("alias", function_name, alias), lambda: self._read_alias(function_name, alias)
        )

    def aliases(self, function_name: str) -> list[dict[str, Any]]:
        """All aliases of a function, sorted by name."""
        rows = self._database.all("aliases", function_name=function_name)
        return [self._alias(function_name, row) for row in rows]

    def reserved_concurrency(self, function_name: str) -> int | None:
        """The concurrency reserved for a function, or None."""
        function = self.find_function(function_name)
        return None if function is None else function.reserved_concurrency

    def total_reserved(self) -> int:
        """The concurrency reserved for all functions together."""
        return self._remembered(("total_reserved",), lambda: self._total("total_reserved"))

    def provisioned_configs(self, function_name: str) -> dict[str, int]:
        """How much concurrency is provisioned for which qualifiers of a function."""
        return self._remembered(
            ("provisioned_configs", function_name),
            lambda: {
                config.qualifier: config.requested for config in self.provisioned(function_name)
            },
        )

    def provisioned(self, function_name: str) -> list[ProvisionedConfig]:
        """The provisioned concurrency of a function, sorted by qualifier."""
        rows = self._database.all("provisioned", function_name=function_name)
        return [
            ProvisionedConfig(
                qualifier=row["qualifier"],
                requested=row["requested"],
                last_modified=row["last_modified"],
            )
            for row in rows
        ]

    def all_provisioned(self) -> list[tuple[str, str, int]]:
        """Every (function name, qualifier, requested) there is."""
        return self._remembered(
            ("all_provisioned",),
            lambda: [tuple(row) for row in self._database.all("all_provisioned")],
        )

    def total_code_size(self) -> int:
        """The bytes of all versions' packages and of all layers, as account usage counts."""
        return self._total("code_sizes") + self.layers.total_size()

    # What is configured beside them, where invocations need it.

    def event_invoke_config(
        self, function_name: str, qualifier: str | None
    ) -> Mapping[str, Any] | None:
        """How a qualifier is invoked asynchronously: the members of PutFunctionEventInvokeConfig.

        None where nothing is configured for this very qualifier (None stands for `$LATEST`).
        """
        return self.settings.find(Setting.EVENT_INVOKE, function_name, qualifier or LATEST)

    def recursion(self, function_name: str) -> str:
        """RecursiveLoop: "Terminate" (the default) or "Allow"."""
        found = self.settings.find(Setting.RECURSION, function_name)
        return "Terminate" if found is None else str(found["RecursiveLoop"])

    def function_url(self, function_name: str, qualifier: str | None) -> Mapping[str, Any] | None:
        """The URL of a function (None) or of one of its aliases.

        The members of CreateFunctionUrlConfig (AuthType, Cors, InvokeMode), and `UrlId`.
        """
        return self.settings.find(Setting.URL, function_name, qualifier or WHOLE)

    def find_url(self, url_id: str) -> tuple[str, str | None] | None:
        """The function name, and the alias or None, that a URL's id stands for."""
        urls = self._remembered(("urls",), self._read_urls)
        return urls.get(url_id)

    def policy(self, function_name: str, qualifier: str | None) -> Mapping[str, Any] | None:
        """The resource policy of a function (None), version or alias, as in GetPolicy.

        Its members are `Version`, `Id` and `Statement`.
        """
        return self.settings.find(Setting.POLICY, function_name, qualifier or WHOLE)

    # From rows to values.

    def _total(self, query: str) -> int:
        row = self._database.one(query)
        return 0 if row is None else int(row["total"])

    def _read_urls(self) -> dict[str, tuple[str, str | None]]:
        return {
            url["UrlId"]: (function_name, qualifier or None)
            for (function_name, qualifier), url in self.settings.of_kind(Setting.URL).items()
        }

    def _read_function(self, function_name: str) -> FunctionRecord | None:
        row = self._database.one("function", function_name=function_name)
        if row is None:
            return None
        return FunctionRecord(
            name=row["name"],
            incarnation=row["incarnation"],
            last_version=row["last_version"],
            reserved_concurrency=row["reserved_concurrency"],
            tags=json.loads(row["tags"]),
        )

    def _read_version(self, function_name: str, version: str) -> FunctionVersion | None:
        row = self._database.one("version", function_name=function_name, version=version)
        return None if row is None else self._version(row)

    def _read_alias(self, function_name: str, alias: str) -> dict[str, Any] | None:
        row = self._database.one("alias", function_name=function_name, name=alias)
        return None if row is None else self._alias(function_name, row)

    def _version(self, row: sqlite3.Row) -> FunctionVersion:
        function_name, version = row["function_name"], row["version"]
        configuration = json.loads(row["configuration"])
        configuration["FunctionArn"] = self._arns.function(
            function_name, None if version == LATEST else version
        )
        essence = fingerprint(configuration, leave_out=frozenset({"Description"}))
        return FunctionVersion(
            configuration=configuration,
            code_sha256=row["code_sha256"],
            generation=f"{row['incarnation']}-{essence}",
            source=row["source"],
        )

    def _alias(self, function_name: str, row: sqlite3.Row) -> dict[str, Any]:
        configuration: dict[str, Any] = json.loads(row["configuration"])
        return {"AliasArn": self._arns.function(function_name, row["name"]), **configuration}
