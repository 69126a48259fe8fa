"""A shard is read, and its records are handed to lanes; what is done with is noted."""

import asyncio
import logging
import zlib
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from lambda_magic.core.clock import Clock, VirtualClock
from lambda_magic.core.errors import StoreError
from lambda_magic.event_sources.function_calls import FunctionCalls
from lambda_magic.event_sources.mapping import SourceMapping
from lambda_magic.event_sources.poller import Status
from lambda_magic.event_sources.progress import Progress
from lambda_magic.event_sources.shard_lane import ShardLane
from lambda_magic.event_sources.stream_batches import StreamBatches
from lambda_magic.event_sources.stream_records import StreamRecord
from lambda_magic.event_sources.streams import Stream
from lambda_magic.event_sources.waiting import Backoff, first, pause
from lambda_magic.store.checkpoints import SHARD_END, Checkpoint, Checkpoints, Position

#: Seconds between requests for records of a shard that has none: AWS's four a second.
_INTERVAL = 0.25
#: Records of a shard that are read ahead.
_AHEAD = 1000

_log = logging.getLogger(__name__)


class ShardReader:
    """Reads one shard for one mapping, from a checkpoint on; used on the loop thread."""

    def __init__(
        self,
        mapping: SourceMapping,
        shard_id: str,
        stream: Stream,
        checkpoint: Checkpoint,
        batches: StreamBatches,
        functions: FunctionCalls,
        checkpoints: Checkpoints,
        status: Status,
        *,
        clock: VirtualClock,
        machine: Clock,
    ) -> None:
        self._mapping = mapping
        self._shard_id = shard_id
        self._stream = stream
        self._batches = batches
        self._functions = functions
        self._checkpoints = checkpoints
        self._status = status
        self._machine = machine
        self._progress = Progress(checkpoint.position)
        self._read_to = checkpoint.position
        self._room = asyncio.Event()
        windows = checkpoint.windows
        self._lanes = [
            ShardLane(mapping, shard_id, batches, self._done, clock, windows.get(str(number)))
            for number in range(mapping.parallelization)
        ]

    def __repr__(self) -> str:
        return f"<ShardReader {self._shard_id} {self._progress!r}>"

    @property
    def oldest(self) -> float | None:
        """When the oldest record that is not done with was written; None if there is none."""
        return self._progress.oldest

    async def run(self) -> None:
        """Read to the end of the shard, or until nothing is to be tried any more."""
        # A lane that fails ends all: records would pile up behind it, and nobody would know.
        async with asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(lane.run())
            await self._read()
            for lane in self._lanes:
                lane.end()
        if not self._batches.stopping.is_set():
            await self._put(SHARD_END)

    async def _read(self) -> None:
        stopping = self._batches.stopping
        backoff = Backoff(longest=30.0)
        iterator: str | None = None
        while not stopping.is_set():
            try:
                if iterator is None:
                    iterator = await self._stream.iterator(self._shard_id, self._read_to)
                records, iterator = await self._stream.read(self._shard_id, iterator, _AHEAD)
            except (BotoCoreError, ClientError) as error:
                self._status.source_failed(error)
                iterator = None
                await pause(self._machine, backoff.next(), stopping)
                continue
            self._status.up()
            backoff.reset()
            await self._hand_out(records)
            if iterator is None:
                return
            if not records:
                await pause(self._machine, _INTERVAL, stopping)

    async def _hand_out(self, records: Sequence[StreamRecord]) -> None:
        """Give records to their lanes, and wait until there is room for more."""
        if not records:
            return
        mapping, functions = self._mapping, self._functions
        functions.count(mapping, "PolledEventCount", len(records))
        self._read_to = Position("AFTER_SEQUENCE_NUMBER", records[-1].sequence_number)
        self._progress.add(records)
        if mapping.wanted is not None:
            unwanted = [one for one in records if not mapping.wanted(one.record)]
            functions.count(mapping, "FilteredOutEventCount", len(unwanted))
            left_out = {one.sequence_number for one in unwanted}
            records = [one for one in records if one.sequence_number not in left_out]
            await self._done(unwanted)
        for number, lane in enumerate(self._lanes):
            lane.add(one for one in records if self._lane_of(one) == number)
        while sum(map(len, self._lanes)) >= _AHEAD and not self._batches.stopping.is_set():
            self._room.clear()
            await first(self._room, self._batches.stopping)

    def _lane_of(self, record: StreamRecord) -> int:
        return zlib.crc32(record.key.encode()) % len(self._lanes)

    async def _done(self, records: Sequence[StreamRecord]) -> None:
        """Records are done with, or a window is."""
        self._room.set()
        moved = self._progress.done(records)
        if moved or not records:
            await self._put(self._progress.position)

    async def _put(self, position: Position) -> None:
        windows = {
            str(number): lane.window.kept()
            for number, lane in enumerate(self._lanes)
            if lane.window is not None
        }
        checkpoint = Checkpoint(position, windows)
        try:
            await self._checkpoints.put(self._mapping.uuid, self._shard_id, checkpoint)
        except StoreError as error:
            # Should this process end before the next one is written, some records come twice.
            _log.warning("A checkpoint could not be written down: %s", error)
