"""One lane of a shard: records whose order counts, in batches, one after another."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from lambda_magic.core.clock import Timer, VirtualClock
from lambda_magic.event_sources.function_calls import BATCH_LIMIT
from lambda_magic.event_sources.mapping import SourceMapping
from lambda_magic.event_sources.stream_batches import Done, StreamBatches
from lambda_magic.event_sources.stream_records import StreamRecord
from lambda_magic.event_sources.tumbling import Window
from lambda_magic.event_sources.waiting import first


class ShardLane:
    """Gathers records and has them seen through; used on the loop thread.

    A shard has as many lanes as its mapping's ParallelizationFactor. `window` is the tumbling
    window that was open when the checkpoint was made.
    """

    def __init__(
        self,
        mapping: SourceMapping,
        shard_id: str,
        batches: StreamBatches,
        done: Done,
        clock: VirtualClock,
        window: Mapping[str, Any] | None,
    ) -> None:
        self._mapping = mapping
        self._shard_id = shard_id
        self._batches = batches
        self._done = done
        self._clock = clock
        self._waiting: deque[StreamRecord] = deque()
        self._arrived = asyncio.Event()
        self._has_ended = False
        #: The tumbling window that is open, or None.
        self.window = None if window is None else Window(**window)

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, records: Iterable[StreamRecord]) -> None:
        """Records were read."""
        self._waiting.extend(records)
        self._arrived.set()

    def end(self) -> None:
        """There will be no more records."""
        self._has_ended = True
        self._arrived.set()

    async def run(self) -> None:
        """See everything through, until there is no more, or nothing is to be tried any more."""
        stopping = self._batches.stopping
        while not stopping.is_set():
            if self._mapping.tumbling_window and self._window_is_over():
                await self._close_window()
            batch = await self._gather()
            if batch:
                await self._see_through(batch)
            elif self._has_ended and not self._waiting:
                if self.window is not None:
                    await self._close_window()
                return

    async def _gather(self) -> list[StreamRecord]:
        """The next batch, complete or with its batching window over; none if the window is."""
        mapping = self._mapping
        over = asyncio.Event()
        timers: list[Timer] = []
        if self.window is not None:
            timers.append(self._clock.call_later(self._seconds_left(), over.set))
        batch: list[StreamRecord] = []
        size = 0
        try:
            while len(batch) < mapping.batch_size:
                if not self._waiting:
                    if over.is_set() or self._has_ended or (batch and not mapping.batching_window):
                        break
                    self._arrived.clear()
                    await first(self._arrived, over, self._batches.stopping)
                    if self._batches.stopping.is_set():
                        return []
                    continue
                record = self._waiting[0]
                if (batch and size + record.size > BATCH_LIMIT) or not self._fits(record):
                    break
                batch.append(self._waiting.popleft())
                size += record.size
                if len(batch) == 1 and mapping.batching_window:
                    timers.append(self._clock.call_later(mapping.batching_window, over.set))
        finally:
            for timer in timers:
                timer.cancel()
        return batch

    async def _see_through(self, batch: list[StreamRecord]) -> None:
        if self.window is None:
            await self._batches.see_through(batch, self._done)
            return
        members = self.window.members(self._shard_id, self._mapping.source_arn, final=False)
        done: list[StreamRecord] = []

        async def remember(records: Iterable[StreamRecord]) -> None:
            done.extend(records)

        result = await self._batches.see_through(batch, remember, **members)
        # The state first, then the checkpoint that it belongs to.
        if result is not None and result.function_error is None:
            self.window = self.window.after(result)
            if self.window.is_too_large:
                await self._close_window()
        await self._done(done)

    # Tumbling windows...

    def _fits(self, record: StreamRecord) -> bool:
        """Whether a record belongs to the window that is open; one that is late does."""
        length = self._mapping.tumbling_window
        if not length:
            return True
        if self.window is None:
            self.window = Window.around(record.arrival, length)
        return record.arrival < self.window.end

    def _seconds_left(self) -> float:
        return 0.0 if self.window is None else self.window.end - self._clock.time()

    def _window_is_over(self) -> bool:
        """Whether the window that is open has passed, or records of a later one wait."""
        if self.window is None:
            return False
        if self._waiting:
            return self._waiting[0].arrival >= self.window.end
        return self._seconds_left() <= 0

    async def _close_window(self) -> None:
        """Tell the function that its window is over."""
        assert self.window is not None
        members = self.window.members(self._shard_id, self._mapping.source_arn, final=True)
        await self._batches.see_through((), self._done, **members)
        if not self._batches.stopping.is_set():
            self.window = None
            await self._done(())
