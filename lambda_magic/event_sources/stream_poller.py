"""A stream of Kinesis or DynamoDB is polled: a reader for each shard, parents first.

https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
"""

import asyncio
import logging

from botocore.exceptions import BotoCoreError, ClientError

from lambda_magic.core.clock import Clock, VirtualClock
from lambda_magic.core.errors import StoreError
from lambda_magic.event_sources.calls import Calls
from lambda_magic.event_sources.function_calls import FunctionCalls
from lambda_magic.event_sources.mapping import SourceMapping
from lambda_magic.event_sources.poller import Load, Status
from lambda_magic.event_sources.shard_reader import ShardReader
from lambda_magic.event_sources.stream_batches import StreamBatches
from lambda_magic.event_sources.streams import STREAMS, Shard
from lambda_magic.event_sources.waiting import Backoff, pause
from lambda_magic.store.checkpoints import (
    SHARD_END,
    TRIM_HORIZON,
    Checkpoint,
    Checkpoints,
    Position,
)

_log = logging.getLogger(__name__)

#: Seconds between looks for shards that were split or merged.
_LOOK_INTERVAL = 5.0


class StreamPoller:
    """Polls one stream for one mapping; used on the loop thread."""

    def __init__(
        self,
        mapping: SourceMapping,
        calls: Calls,
        functions: FunctionCalls,
        checkpoints: Checkpoints,
        *,
        clock: VirtualClock,
        machine: Clock,
    ) -> None:
        self.status = Status()
        self.status.result = "No records processed"
        self._mapping = mapping
        self._calls = calls
        self._functions = functions
        self._checkpoints = checkpoints
        self._stream = STREAMS[mapping.service](calls, mapping.source_arn)
        self._clock = clock
        self._machine = machine
        # All that changes: who reads which shard, and which have been read.
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._readers: dict[str, ShardReader] = {}
        self._batches: list[StreamBatches] = []
        self._read: set[str] = set()
        self._has_failed = False
        self._changed = asyncio.Event()
        self._polling: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<StreamPoller {self._mapping.source_arn} [{len(self._reading)} shards]>"

    @property
    def load(self) -> Load:
        """How many shards are read, and what has waited longest in any of them."""
        oldest = [one.oldest for one in self._readers.values() if one.oldest is not None]
        return Load(pollers=len(self._readers), oldest=min(oldest, default=None))

    def start(self) -> None:
        """Begin."""
        self._polling = asyncio.get_running_loop().create_task(self._run())

    async def drain(self) -> None:
        """Read nothing more, and return when what is with the function is done with."""
        await self._stop()
        if self._reading:
            await asyncio.wait(self._reading.values())

    async def close(self, grace: float) -> None:
        """End; what the function is not done with after `grace` seconds is read again."""
        await self._stop()
        if self._reading:
            await asyncio.wait(self._reading.values(), timeout=grace)
        for task in self._reading.values():
            task.cancel()
        await asyncio.gather(*self._reading.values(), return_exceptions=True)

    async def _stop(self) -> None:
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.wait([self._polling])
        for batches in self._batches:
            batches.stopping.set()

    async def _run(self) -> None:
        """Keep a reader for each shard that is to be read now."""
        backoff, failures = Backoff(longest=30.0), Backoff(longest=30.0)
        checkpoints: dict[str, Checkpoint] | None = None
        while True:
            try:
                shards = await self._stream.shards()
                if self._has_failed:
                    await pause(self._machine, failures.next())
                if checkpoints is None or self._has_failed:
                    self._has_failed = False
                    checkpoints = await self._first_checkpoints(shards)
                self.status.up()
                self._changed.clear()
                self._take_up(shards, checkpoints)
                backoff.reset()
                await pause(self._machine, _LOOK_INTERVAL, self._changed)
            except (BotoCoreError, ClientError, StoreError) as error:
                self.status.source_failed(error)
                await pause(self._machine, backoff.next())

    async def _first_checkpoints(self, shards: list[Shard]) -> dict[str, Checkpoint]:
        """Where every shard goes on; where it begins, if the mapping is new.

        That is written down at once: "the latest" would be something else after a restart.
        """
        known = await self._checkpoints.of_mapping(self._mapping.uuid)
        if not known:
            for shard in shards:
                known[shard.shard_id] = Checkpoint(self._start_of(shard))
                await self._checkpoints.put(
                    self._mapping.uuid, shard.shard_id, known[shard.shard_id]
                )
        self._read = {name for name, one in known.items() if one.position.is_end}
        return known

    def _start_of(self, shard: Shard) -> Position:
        mapping = self._mapping
        if mapping.starting_position == "TRIM_HORIZON":
            return TRIM_HORIZON
        if mapping.starting_position == "AT_TIMESTAMP" and mapping.starting_timestamp is not None:
            return Position("AT_TIMESTAMP", str(mapping.starting_timestamp))
        if shard.is_closed:
            return SHARD_END
        return Position("AT_TIMESTAMP", str(self._machine.time()))

    def _take_up(self, shards: list[Shard], checkpoints: dict[str, Checkpoint]) -> None:
        names = {shard.shard_id for shard in shards}
        for shard in shards:
            name = shard.shard_id
            # A parent that is no longer there was trimmed, so there is nothing to wait for.
            parents_left = (set(shard.parents) & names) - self._read
            if name in self._reading or name in self._read or parents_left:
                continue
            # A shard that the mapping did not begin with is read from its first record on.
            reader = self._reader(name, checkpoints.get(name, Checkpoint(TRIM_HORIZON)))
            task = asyncio.get_running_loop().create_task(reader.run())
            self._reading[name], self._readers[name] = task, reader
            task.add_done_callback(lambda done, name=name: self._ended(name, done))  # type: ignore[misc]  # a default is part of no Callable

    def _ended(self, name: str, task: "asyncio.Task[None]") -> None:
        """A shard has been read to its end, or is to be read no longer."""
        del self._reading[name], self._readers[name]
        if not task.cancelled() and (error := task.exception()) is not None:
            # A mistake of ours: it goes on from its checkpoint.
            _log.error("Shard %s could not be read", name, exc_info=error)
            self._has_failed = True
        elif not task.cancelled():
            self._read.add(name)
        self._changed.set()

    def _reader(self, name: str, checkpoint: Checkpoint) -> ShardReader:
        batches = StreamBatches(
            self._mapping,
            name,
            self._functions,
            self._calls,
            self.status,
            clock=self._clock,
            machine=self._machine,
        )
        self._batches.append(batches)
        return ShardReader(
            self._mapping,
            name,
            self._stream,
            checkpoint,
            batches,
            self._functions,
            self._checkpoints,
            self.status,
            clock=self._clock,
            machine=self._machine,
        )
