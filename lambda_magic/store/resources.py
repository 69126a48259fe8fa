"""Resources with a name of their own: event source mappings, code signing configurations, ..."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lambda_magic.store.reads import Reads


class Kind(StrEnum):
    """The kinds of resources, and what their names are."""

    #: By id, `csc-...`.
    CODE_SIGNING_CONFIG = "code-signing-config"
    #: By UUID.
    EVENT_SOURCE_MAPPING = "event-source-mapping"
    #: By name.
    CAPACITY_PROVIDER = "capacity-provider"
    #: PutResourcePolicy, by the ARN of what it is about.
    RESOURCE_POLICY = "resource-policy"
    #: Of this machine and not of AWS, by UUID: see `event_sources.local_trigger`.
    LOCAL_TRIGGER = "local-trigger"


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """A resource as it is kept."""

    kind: Kind
    name: str
    #: The API's shape, without ARNs that follow from account and region.
    document: Mapping[str, Any]
    tags: Mapping[str, str]


class Resources:
    """All resources. What is read is shared: copy before changing it."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    def find(self, kind: Kind, name: str) -> Resource | None:
        """One resource."""
        return self._reads.remembered(("resource", kind, name), lambda: self._read(kind, name))

    def of_kind(self, kind: Kind) -> list[Resource]:
        """All resources of one kind, sorted by name."""
        rows = self._reads.database.all("resources", kind=kind)
        return [_resource(row) for row in rows]

    def _read(self, kind: Kind, name: str) -> Resource | None:
        row = self._reads.database.one("resource", kind=kind, name=name)
        return None if row is None else _resource(row)


def _resource(row: sqlite3.Row) -> Resource:
    return Resource(
        kind=Kind(row["kind"]),
        name=row["name"],
        document=json.loads(row["document"]),
        tags=json.loads(row["tags"]),
    )
