"""How many batches of a queue are with the function at once.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html

Five at first; as long as more messages are there, 300 more a minute, up to 1,250 or to the
mapping's MaximumConcurrency. A queue that has been empty begins anew.
"""

FIRST = 5
MOST = 1250
#: How many more in a second.
GROWTH = 300 / 60


class QueueScaling:
    """The number of places for batches, and how many are taken. `time` is in seconds."""

    def __init__(self, maximum: int | None = None) -> None:
        self._most = MOST if maximum is None else maximum
        self._limit = float(min(FIRST, self._most))
        self._taken = 0
        #: Since when every place has been taken, or None.
        self._crowded_since: float | None = None

    def __repr__(self) -> str:
        return f"<QueueScaling [{self._taken} of {self.limit} in flight]>"

    @property
    def limit(self) -> int:
        """How many batches there may be."""
        return int(self._limit)

    @property
    def in_flight(self) -> int:
        """How many batches there are."""
        return self._taken

    def take(self, time: float) -> bool:
        """Take a place, if there is one."""
        if self._taken >= self.limit:
            if self._crowded_since is not None:
                grown = self._limit + (time - self._crowded_since) * GROWTH
                self._limit = min(float(self._most), grown)
            self._crowded_since = time
            if self._taken >= self.limit:
                return False
        self._taken += 1
        return True

    def give_back(self) -> None:
        """A batch is done with."""
        self._taken -= 1

    def idle(self) -> None:
        """The queue is empty."""
        self._crowded_since = None
        if not self._taken:
            self._limit = float(min(FIRST, self._most))
