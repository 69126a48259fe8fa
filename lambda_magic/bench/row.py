"""One line of the benchmark's table."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A measured value beside its bar; ratios are against a peer measured in the same run."""

    name: str
    #: The value as a person reads it, with its unit.
    measured: str
    #: What it was measured against, with its value.
    peer: str
    #: The number that the bar is about: a ratio, or the value itself.
    figure: float
    #: "<= 1.0" or ">= 6000".
    bar: str

    @property
    def reached(self) -> bool:
        """Whether the figure is on the right side of the bar."""
        comparison, bound = self.bar.split()
        return self.figure <= float(bound) if comparison == "<=" else self.figure >= float(bound)


def as_text(rows: Sequence[Row]) -> str:
    """The table for people."""
    header = ("what", "measured", "beside", "figure", "bar", "")
    cells = [header] + [
        (
            row.name,
            row.measured,
            row.peer,
            f"{row.figure:,.2f}",
            row.bar,
            "reached" if row.reached else "missed",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def as_json(rows: Sequence[Row]) -> str:
    """The same for programs: a list of objects."""
    return json.dumps(
        [
            # JSON has no word for a figure that was never reached.
            asdict(row)
            | {"figure": row.figure if math.isfinite(row.figure) else None, "reached": row.reached}
            for row in rows
        ],
        indent=2,
    )
