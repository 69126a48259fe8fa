"""A shard whose function cannot be asked is not read on in silence."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.clock import ManualClock, VirtualClock
from lambda_magic.event_sources.mapping import SourceMapping
from lambda_magic.event_sources.poller import Status
from lambda_magic.event_sources.shard_reader import ShardReader
from lambda_magic.event_sources.stream_batches import StreamBatches
from lambda_magic.event_sources.stream_records import StreamRecord
from lambda_magic.event_sources.streams import Shard
from lambda_magic.store.checkpoints import TRIM_HORIZON, Checkpoint, Checkpoints, Position

ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"


class OneRecord:
    """A stream with one record in a shard that stays open."""

    async def shards(self) -> list[Shard]:
        return [Shard("s", (), False)]

    async def iterator(self, shard_id: str, position: Position) -> str:
        return "first" if position == TRIM_HORIZON else "next"

    async def read(
        self, shard_id: str, iterator: str, limit: int
    ) -> tuple[list[StreamRecord], str | None]:
        return ([StreamRecord("1", "key", 0.0, {})] if iterator == "first" else []), "next"


class Broken:
    """Where functions are called, with a mistake in it."""

    async def invoke(self, mapping: Any, payload: bytes) -> Any:
        raise ZeroDivisionError

    def count(self, mapping: Any, metric: str, value: float = 1.0) -> None:
        """Nobody counts."""

    def measure(self, mapping: Any, metric: str, value: float) -> None:
        """Nobody counts."""


async def test_a_lane_that_fails_ends_the_reading(tmp_path: Path) -> None:
    machine = ManualClock()
    clocks: dict[str, Any] = {"clock": VirtualClock(machine), "machine": machine}
    mapping = SourceMapping(
        uuid="u", source_arn=ARN, function_name="f", qualifier=None, batch_size=1
    )
    broken: Any = Broken()
    calls: Any = None
    status = Status()
    batches = StreamBatches(mapping, "s", broken, calls, status, **clocks)
    reader = ShardReader(
        mapping,
        "s",
        OneRecord(),
        Checkpoint(TRIM_HORIZON),
        batches,
        broken,
        Checkpoints(tmp_path / "checkpoints.sqlite"),
        status,
        **clocks,
    )
    with pytest.raises(ExceptionGroup) as raised:
        async with asyncio.timeout(20):
            await reader.run()
    assert raised.group_contains(ZeroDivisionError)
