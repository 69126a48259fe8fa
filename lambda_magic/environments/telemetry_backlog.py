"""What waits to be sent to a subscriber of telemetry: never more than so much.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html#telemetry-api-buffering
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

#: What waits may be so many batches.
ROOM = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss:
    """What was dropped."""

    records: int = 0
    #: In bytes.
    size: int = 0

    def __add__(self, other: "Loss") -> "Loss":
        return Loss(records=self.records + other.records, size=self.size + other.size)

    def __bool__(self) -> bool:
        return self.records > 0

    @classmethod
    def of(cls, records: Iterable[bytes]) -> "Loss":
        """All of these."""
        sizes = [len(record) for record in records]
        return cls(records=len(sizes), size=sum(sizes))


class Backlog:
    """Records, each one JSON document, in the order in which they came.

    A batch has at most `max_items`, and no more than one of them beyond `max_bytes`. Of what is too
    much the oldest goes: what a subscriber waits for, `platform.runtimeDone`, comes last.
    """

    def __init__(self, max_items: int, max_bytes: int) -> None:
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._records: deque[bytes] = deque()
        self._size = 0
        self._loss = Loss()

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        return f"<Backlog [{len(self)} records, {self._size} bytes]>"

    @property
    def has_batch(self) -> bool:
        """Whether there is enough for a batch."""
        return len(self._records) >= self._max_items or self._size >= self._max_bytes

    def add(self, record: bytes) -> None:
        """One more."""
        self._records.append(record)
        self._size += len(record)
        while len(self._records) > 1 and (
            len(self._records) > ROOM * self._max_items or self._size > ROOM * self._max_bytes
        ):
            self._loss += Loss.of([self._pop()])

    def take_batch(self) -> list[bytes]:
        """The oldest ones, as many as may be sent at once."""
        batch: list[bytes] = []
        rest = self._max_bytes
        while self._records and len(batch) < self._max_items and rest > 0:
            batch.append(self._pop())
            rest -= len(batch[-1])
        return batch

    def take_loss(self) -> Loss:
        """What was too much since this was last asked."""
        loss, self._loss = self._loss, Loss()
        return loss

    def clear(self) -> None:
        """Nothing is wanted any more."""
        self._records.clear()
        self._size = 0

    def _pop(self) -> bytes:
        record = self._records.popleft()
        self._size -= len(record)
        return record
