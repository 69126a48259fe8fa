"""Layers: numbered versions of content that functions find in /opt."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lambda_magic.core.arns import parse_layer_version
from lambda_magic.core.errors import ServiceException
from lambda_magic.store.reads import Reads


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerVersion:
    """A version of a layer."""

    layer_name: str
    version: int
    #: As in GetLayerVersion, without Content's Location and the ARNs.
    configuration: Mapping[str, Any] = field(repr=False)
    #: As in CodeSha256; names the content in the code store.
    code_sha256: str
    #: The resource policy, or None.
    policy: Mapping[str, Any] | None = field(repr=False)
    #: Deleted for everybody but the functions that use it.
    deleted: bool


class Layers:
    """All layers. What is read is shared: copy before changing it."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    def find(self, layer_name: str, version: int) -> LayerVersion | None:
        """One version of a layer, deleted or not."""
        return self._reads.remembered(
            ("layer", layer_name, str(version)), lambda: self._read(layer_name, version)
        )

    def contents(self, arns: Iterable[str]) -> list[str]:
        """The `code_sha256` of versions that a function has, deleted or not, by their ARNs."""
        contents = []
        for arn in arns:
            named = parse_layer_version(arn)
            layer = None if named is None else self.find(named.name, named.version)
            if layer is None:
                raise ServiceException(f"The layer version {arn} is missing.")
            contents.append(layer.code_sha256)
        return contents

    def versions(self, layer_name: str) -> list[LayerVersion]:
        """The versions of a layer that are not deleted, the last one first."""
        rows = self._reads.database.all("layer_versions", layer_name=layer_name)
        return [_layer_version(row) for row in rows]

    def names(self) -> list[str]:
        """The names of the layers that have versions, sorted."""
        return [row["layer_name"] for row in self._reads.database.all("layer_names")]

    def last_number(self, layer_name: str) -> int:
        """The number of the version published last, deleted or not; 0 before the first."""
        row = self._reads.database.one("last_layer_version", layer_name=layer_name)
        return 0 if row is None else int(row["number"])

    def total_size(self) -> int:
        """The bytes of all versions' content."""
        row = self._reads.database.one("layer_sizes")
        return 0 if row is None else int(row["total"])

    def _read(self, layer_name: str, version: int) -> LayerVersion | None:
        row = self._reads.database.one("layer_version", layer_name=layer_name, version=version)
        return None if row is None else _layer_version(row)


def _layer_version(row: sqlite3.Row) -> LayerVersion:
    return LayerVersion(
        layer_name=row["layer_name"],
        version=row["version"],
        configuration=json.loads(row["configuration"]),
        code_sha256=row["code_sha256"],
        policy=None if row["policy"] is None else json.loads(row["policy"]),
        deleted=bool(row["deleted"]),
    )
