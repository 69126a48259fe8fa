"""A load plan: how many invocations, how many of them at once, how often, and for how long."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadPlan:
    """What a load shall be; it ends with whichever of `count` and `duration` comes first.

    Without a `rate` the load is closed: a new invocation begins when another ends. With one it is
    open: they begin on time, however long the others take, unless `concurrency` holds them back.

    Raises `ValueError` for a plan without an end, and for what is not positive.
    """

    #: How many invocations in all.
    count: int | None = None
    #: How many at a time; None with a `rate` is as many as it takes, without one it is 1.
    concurrency: int | None = None
    #: Invocations begun per second.
    rate: float | None = None
    #: Seconds for which invocations are begun.
    duration: float | None = None

    def __post_init__(self) -> None:
        if self.count is None and self.duration is None:
            raise ValueError("a load needs an end: give a count, a duration or both")
        for name in ("count", "concurrency", "rate", "duration"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"{name} must be positive, not {value:g}")

    @property
    def most_at_once(self) -> int | None:
        """How many may be in flight; None for any number."""
        return self.concurrency or (None if self.rate else 1)

    def due(self, number: int) -> float:
        """When invocation `number`, counted from 0, shall begin: seconds after the first one."""
        return number / self.rate if self.rate else 0.0

    def is_exhausted(self, number: int, elapsed: float) -> bool:
        """Whether there is nothing left to begin after `number` invocations and so many seconds."""
        if self.count is not None and number >= self.count:
            return True
        return self.duration is not None and max(elapsed, self.due(number)) >= self.duration

    def __str__(self) -> str:
        parts = [
            f"{self.count:,} invocations" if self.count else "",
            f"{self.most_at_once:,} at a time" if self.most_at_once else "",
            f"{self.rate:g}/s" if self.rate else "",
            f"for {self.duration:g} s" if self.duration else "",
        ]
        return ", ".join(filter(None, parts))
