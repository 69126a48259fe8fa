"""Checkpoints: how far each shard of a stream has been read for an event source mapping.

A file of its own, as the event queue's, since it is written for every batch: every write to the
catalog makes each kernel read that anew.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

from lambda_magic.store.database import Database, load_queries, schema_migration

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading a shard goes on; kept as `KIND` or `KIND:VALUE`."""

    #: "TRIM_HORIZON", "AT_TIMESTAMP" (seconds since the epoch), "AFTER_SEQUENCE_NUMBER", or
    #: "SHARD_END", where there is nothing more.
    kind: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}" if self.value else self.kind

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `str` has written."""
        kind, _, value = text.partition(":")
        return cls(kind, value)

    @property
    def is_end(self) -> bool:
        """Whether the shard has been read."""
        return self.kind == "SHARD_END"


TRIM_HORIZON = Position("TRIM_HORIZON")
SHARD_END = Position("SHARD_END")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything before the position is done with."""

    position: Position
    #: The tumbling windows that are open: their state, by the number of their lane.
    windows: Mapping[str, Any] = field(default_factory=dict)


class Checkpoints:
    """The checkpoints of one region; written in threads, awaited on the loop thread.

    The file is made when there is something to keep. Every method raises `StoreError`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: Database | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Checkpoints {self._path}>"

    async def of_mapping(self, mapping: str) -> dict[str, Checkpoint]:
        """The checkpoints of a mapping, by shard; none before it was polled first."""
        rows = await self._run(lambda database: database.all("checkpoints", mapping=mapping))
        return {
            row["shard"]: Checkpoint(Position.parse(row["position"]), json.loads(row["windows"]))
            for row in rows
        }

    async def put(self, mapping: str, shard: str, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; when it returns it is committed."""
        await self._run(
            lambda database: database.run(
                "put_checkpoint",
                mapping=mapping,
                shard=shard,
                position=str(checkpoint.position),
                windows=json.dumps(checkpoint.windows),
            )
        )

    def forget(self, mapping: str) -> None:
        """A mapping is gone."""
        with self._lock:
            if self._opened is not None or self._path.exists():
                self._database().run("forget_checkpoints", mapping=mapping)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()

    async def _run(self, statement: Callable[[Database], _T]) -> _T:
        def locked() -> _T:
            with self._lock:
                return statement(self._database())

        return await asyncio.to_thread(locked)

    def _database(self) -> Database:
        if self._opened is None:
            self._opened = Database(
                self._path,
                migrations=[schema_migration("sources_schema.sql")],
                queries=load_queries("sources_queries.sql"),
            )
        return self._opened
