"""A histogram: how values are spread, on a scale that suits them, in HTML and in text."""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lambda_magic.monitoring import display

#: Where the largest value is so many times the smallest, bins widen in proportion.
_WIDE = 20.0

_BLOCKS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, kw_only=True, slots=True)
class Histogram:
    """How many values of each series lie in each bin."""

    #: The borders of the bins in ascending order: one more than there are bins.
    edges: tuple[float, ...]
    #: Series -> how many of its values lie in each bin.
    counts: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, series: Mapping[str, Sequence[float]], *, bins: int = 32) -> "Histogram":
        """The histogram of all series over common bins; without any value it has no bins."""
        values = [value for numbers in series.values() for value in numbers]
        if not values:
            return cls(edges=(), counts=dict.fromkeys(series, ()))
        edges = _edges(min(values), max(values), bins)
        counts = {}
        for name, numbers in series.items():
            counted = [0] * (len(edges) - 1)
            for number in numbers:
                counted[min(bisect_right(edges, number), len(counted)) - 1] += 1
            counts[name] = tuple(counted)
        return cls(edges=edges, counts=counts)

    @property
    def highest(self) -> int:
        """The number of values in the fullest bin, all series together."""
        return max(map(sum, zip(*self.counts.values(), strict=True)), default=0)

    def html(self, colours: Mapping[str, str], *, unit: str = "ms") -> str:
        """Bars side by side, the series stacked in their colours; empty without a value."""
        if not self.edges:
            return ""
        bars = "".join(self._bar(number, colours, unit) for number in range(len(self.edges) - 1))
        frame = "display:flex;align-items:flex-end;gap:1px;height:64px;margin:8px 0 2px"
        scale = "display:flex;justify-content:space-between;font-size:11px;opacity:.75"
        marks = (self.edges[0], self.edges[len(self.edges) // 2], self.edges[-1])
        labels = "".join(
            f"<span>{display.escape(f'{figures(mark)} {unit}')}</span>" for mark in marks
        )
        legend = display.legend([(name, colours[name]) for name in self.counts])
        return (
            f'<div style="max-width:36em"><div style="{frame}">{bars}</div>'
            f'<div style="{scale}">{labels}</div>{legend}</div>'
        )

    def text(self) -> dict[str, str]:
        """A line of blocks for each series that has values: "▁▂█▃"."""
        highest = max((max(counts, default=0) for counts in self.counts.values()), default=0)
        return {
            name: "".join(_BLOCKS[math.ceil(8 * count / highest)] for count in counts).rstrip()
            for name, counts in self.counts.items()
            if any(counts)
        }

    def _bar(self, number: int, colours: Mapping[str, str], unit: str) -> str:
        low, high = self.edges[number], self.edges[number + 1]
        here = {name: counts[number] for name, counts in self.counts.items()}
        told = ", ".join(f"{count:,} {name}" for name, count in here.items() if count)
        title = display.escape(f"{figures(low)} to {figures(high)} {unit}: {told or 'none'}")
        parts = "".join(
            # A single value among thousands is what one looks for, so it has a height too.
            f'<div style="height:{100 * count / self.highest:.1f}%;min-height:2px;'
            f'background:{colours[name]}"></div>'
            for name, count in reversed(here.items())
            if count
        )
        style = "flex:1;height:100%;display:flex;flex-direction:column;justify-content:flex-end"
        return f'<div title="{title}" style="{style}">{parts}</div>'


def figures(value: float) -> str:
    """A value of an axis: "0.0512", "51.2", "1,204"."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _edges(low: float, high: float, bins: int) -> tuple[float, ...]:
    if low == high:
        return (low, low + max(abs(low) * 0.01, 1e-9))
    if low > 0 and high / low > _WIDE:
        factor = (high / low) ** (1 / bins)
        inner = tuple(low * factor**step for step in range(1, bins))
    else:
        inner = tuple(low + (high - low) * step / bins for step in range(1, bins))
    return (low, *inner, high)
