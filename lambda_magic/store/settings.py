"""Settings: what is configured for a function, a version or an alias beside the function itself."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from lambda_magic.store.reads import Reads

#: The qualifier of a setting of the function as a whole.
WHOLE = ""


class Setting(StrEnum):
    """The kinds of settings; a qualifier has one of each kind at most."""

    #: PutFunctionEventInvokeConfig: retries, age and destinations of asynchronous invocations.
    EVENT_INVOKE = "event-invoke-config"
    #: CreateFunctionUrlConfig; with the member `UrlId`.
    URL = "url"
    #: AddPermission: a resource policy.
    POLICY = "policy"
    #: PutRuntimeManagementConfig.
    RUNTIME_MANAGEMENT = "runtime-management"
    #: PutFunctionRecursionConfig.
    RECURSION = "recursion"
    #: PutFunctionScalingConfig.
    SCALING = "scaling"
    #: PutFunctionCodeSigningConfig: the id of a code signing configuration.
    CODE_SIGNING = "code-signing"
    #: CreateFunction and UpdateFunctionCode: ImageUri and ResolvedImageUri, by version.
    IMAGE = "image"


class FunctionSettings:
    """The settings of all functions. What is read is shared: copy before changing it."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    def find(
        self, kind: Setting, function_name: str, qualifier: str = WHOLE
    ) -> Mapping[str, Any] | None:
        """One setting."""
        return self.of_function(kind, function_name).get(qualifier)

    def of_function(self, kind: Setting, function_name: str) -> Mapping[str, Mapping[str, Any]]:
        """The settings of one kind, by qualifier."""
        return self._reads.remembered(
            ("settings", kind, function_name), lambda: self._read(kind, function_name)
        )

    def of_kind(self, kind: Setting) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        """The settings of one kind, by function name and qualifier."""
        return self._reads.remembered(("settings", kind), lambda: self._read_all(kind))

    def _read(self, kind: Setting, function_name: str) -> dict[str, Mapping[str, Any]]:
        rows = self._reads.database.all("settings", kind=kind, function_name=function_name)
        return {row["qualifier"]: json.loads(row["document"]) for row in rows}

    def _read_all(self, kind: Setting) -> dict[tuple[str, str], Mapping[str, Any]]:
        return {
            (row["function_name"], row["qualifier"]): json.loads(row["document"])
            for row in self._reads.database.all("settings_of_kind", kind=kind)
        }
