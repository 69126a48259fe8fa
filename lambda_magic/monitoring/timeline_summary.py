"""What a timeline adds up to: the concurrency curve, and the counters above the picture."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from lambda_magic.monitoring.statistics import percentile
from lambda_magic.monitoring.timeline import Phase, Segment


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """The counters. Durations are milliseconds, None where there is nothing to measure."""

    concurrency: int
    most_concurrency: int
    invocations: int
    errors: int
    cold_starts: int
    init_p50_ms: float | None
    duration_p50_ms: float | None
    duration_p99_ms: float | None
    throttles: int
    #: The Reason that most throttles have, or None.
    throttle_reason: str | None
    cost_usd: float


def summary(segments: Iterable[Segment]) -> Summary:
    """The counters of some segments; errors are counted as CloudWatch counts them."""
    segments = list(segments)
    ended = [one for one in segments if one.phase is Phase.INVOKE and one.end is not None]
    inits = [one.init_duration_ms for one in ended if one.init_duration_ms is not None]
    durations = [one.duration_ms for one in ended]
    reasons = Counter(one.error_type for one in segments if one.phase is Phase.THROTTLE)
    return Summary(
        concurrency=sum(one.concurrent and one.end is None for one in segments),
        most_concurrency=max((count for _, count in curve(segments)), default=0),
        invocations=len(ended),
        errors=sum(one.status != "success" for one in ended),
        cold_starts=len(inits),
        init_p50_ms=_percentile(inits, 50),
        duration_p50_ms=_percentile(durations, 50),
        duration_p99_ms=_percentile(durations, 99),
        throttles=reasons.total(),
        throttle_reason=max(reasons, key=reasons.__getitem__, default=None),
        cost_usd=sum(one.cost_usd for one in ended),
    )


def curve(segments: Iterable[Segment]) -> list[tuple[float, int]]:
    """How many invocations are in flight, as (time, number from then on), in order of time.

    An invocation that waits for an Init counts from the Init's beginning.
    """
    changes: Counter[float] = Counter()
    for one in segments:
        if one.concurrent:
            changes[one.start] += 1
            if one.end is not None:
                changes[one.end] -= 1
    steps = []
    count = 0
    for time in sorted(changes):
        if changes[time]:
            count += changes[time]
            steps.append((time, count))
    return steps


def _percentile(values: list[float], percent: float) -> float | None:
    return percentile(sorted(values), percent) if values else None
