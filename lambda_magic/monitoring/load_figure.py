"""A load as a matplotlib figure."""

from collections.abc import Sequence
from typing import Any

from lambda_magic.core.extras import require
from lambda_magic.monitoring import display
from lambda_magic.monitoring.histogram import Histogram
from lambda_magic.monitoring.load_sample import ERROR, THROTTLE, Sample


def plot(title: str, samples: Sequence[Sample]) -> Any:
    """A `matplotlib.figure.Figure`: how waits are spread, and each invocation at its time.

    It does not belong to pyplot, so a notebook shows it once and nothing has to be closed.
    Raises `MissingExtra` without matplotlib.
    """
    figure = require("matplotlib.figure", extra="plot").Figure(
        figsize=(9, 3.4), layout="constrained"
    )
    spread, course = figure.subplots(1, 2)
    _draw_spread(spread, samples)
    _draw_course(course, samples)
    figure.suptitle(title)
    return figure


def _draw_spread(axes: Any, samples: Sequence[Sample]) -> None:
    ran = [sample for sample in samples if sample.status != THROTTLE]
    histogram = Histogram.of(
        {
            "warm": [sample.elapsed_ms for sample in ran if not sample.is_cold],
            "cold": [sample.elapsed_ms for sample in ran if sample.is_cold],
        }
    )
    below = [0] * max(len(histogram.edges) - 1, 0)
    for (name, counts), colour in zip(
        histogram.counts.items(), (display.SKY, display.ORANGE), strict=True
    ):
        if counts:
            axes.stairs(
                [low + count for low, count in zip(below, counts, strict=True)],
                histogram.edges,
                baseline=below,
                fill=True,
                color=colour,
                label=name,
            )
            below = [low + count for low, count in zip(below, counts, strict=True)]
    axes.set(xlabel="caller waited (ms)", ylabel="invocations")
    if histogram.edges:
        axes.set_xscale("log")
        axes.legend()


def _draw_course(axes: Any, samples: Sequence[Sample]) -> None:
    kinds: dict[str, tuple[str, str, list[Sample]]] = {
        "warm": (display.SKY, ".", []),
        "cold": (display.ORANGE, "^", []),
        "error": (display.VERMILLION, "x", []),
        "throttle": (display.PURPLE, "v", []),
    }
    for sample in samples:
        if sample.status in (ERROR, THROTTLE):
            kind = sample.status
        else:
            kind = "cold" if sample.is_cold else "warm"
        kinds[kind][2].append(sample)
    for name, (colour, marker, chosen) in kinds.items():
        if chosen:
            times, waits = [one.started for one in chosen], [one.elapsed_ms for one in chosen]
            axes.scatter(times, waits, s=14, c=colour, marker=marker, label=name)
    axes.set(xlabel="begun after (s)", ylabel="caller waited (ms)")
    if samples:
        axes.set_yscale("log")
        axes.legend()
