"""How far a shard has been processed, when its records are not done with in their order."""

from collections import deque
from collections.abc import Iterable

from lambda_magic.event_sources.stream_records import StreamRecord
from lambda_magic.store.checkpoints import Position


class Progress:
    """The records on their way, in order, and the position before which all are done with."""

    def __init__(self, position: Position) -> None:
        self.position = position
        self._on_their_way: deque[str] = deque()
        self._done: set[str] = set()

    def __repr__(self) -> str:
        return f"<Progress {self.position} [{len(self._on_their_way)} on their way]>"

    def add(self, records: Iterable[StreamRecord]) -> None:
        """Records were read."""
        self._on_their_way.extend(one.sequence_number for one in records)

    def done(self, records: Iterable[StreamRecord]) -> bool:
        """Records are done with; tells whether the position has moved."""
        self._done.update(one.sequence_number for one in records)
        last = None
        while self._on_their_way and self._on_their_way[0] in self._done:
            last = self._on_their_way.popleft()
            self._done.remove(last)
        if last is not None:
            self.position = Position("AFTER_SEQUENCE_NUMBER", last)
        return last is not None
