"""How far a shard has been processed, when its records are not done with in their order."""

from collections import deque
from collections.abc import Iterable

from lambda_magic.event_sources.stream_records import StreamRecord
from lambda_magic.store.checkpoints import Position


class Progress:
    """The records on their way, in order, and the position before which all are done with."""

    def __init__(self, position: Position) -> None:
        self.position = position
        self._on_their_way: deque[StreamRecord] = deque()
        self._done: set[str] = set()

    def __repr__(self) -> str:
        return f"<Progress {self.position} [{len(self._on_their_way)} on their way]>"

    def add(self, records: Iterable[StreamRecord]) -> None:
        """Records were read."""
        self._on_their_way.extend(records)

    @property
    def oldest(self) -> float | None:
        """When the first record on its way was written; None if there is none."""
        return self._on_their_way[0].arrival if self._on_their_way else None

    def done(self, records: Iterable[StreamRecord]) -> bool:
        """Records are done with; tells whether the position has moved."""
        self._done.update(one.sequence_number for one in records)
        last = None
        while self._on_their_way and self._on_their_way[0].sequence_number in self._done:
            last = self._on_their_way.popleft().sequence_number
            self._done.remove(last)
        if last is not None:
            self.position = Position("AFTER_SEQUENCE_NUMBER", last)
        return last is not None
