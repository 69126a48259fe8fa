"""Statistics of metric values, with CloudWatch's names."""

import math
from collections.abc import Iterable, Sequence

PERCENTILES = (50, 90, 99)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The value below which `percent` of the values lie, of values in ascending order.

    Between two values it is interpolated linearly. (CloudWatch does not say how it does it; on
    many values all ways agree.)
    """
    position = (len(ordered) - 1) * percent / 100
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def statistics(values: Iterable[float]) -> dict[str, float]:
    """All statistics of some values; of no values only that there are none."""
    ordered = sorted(values)
    if not ordered:
        return {"SampleCount": 0, "Sum": 0}
    total = sum(ordered)
    return {
        "SampleCount": len(ordered),
        "Sum": total,
        "Average": total / len(ordered),
        "Minimum": ordered[0],
        "Maximum": ordered[-1],
        **{f"p{percent}": percentile(ordered, percent) for percent in PERCENTILES},
    }


def most_at_once(spans: Iterable[tuple[float, float]]) -> int:
    """How many (start, end) spans overlap where most do; one that starts as another ends does not.

    >>> most_at_once([(0, 3), (1, 2), (2, 5)])
    2
    """
    # At equal times ends (-1) sort before starts (+1); so no span may end when it starts.
    steps = sorted(
        step
        for start, end in spans
        for step in ((start, 1), (max(end, math.nextafter(start, math.inf)), -1))
    )
    most = running = 0
    for _, change in steps:
        running += change
        most = max(most, running)
    return most
