"""The event source mappings as a table: one row of words each, for live and static pictures."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from lambda_magic.monitoring.events import PollerState
from lambda_magic.monitoring.timeline_colours import RED
from lambda_magic.monitoring.timeline_words import duration


class SourceRow(NamedTuple):
    """What is said of one mapping; the fields are the columns, in order."""

    #: As `%trigger` has it: "sqs:orders".
    source: str
    #: With its qualifier, if the mapping has one.
    function: str
    state: str
    #: "5 pollers" of a queue, "2 shards" of a stream.
    pollers: str
    polled: str
    failed: str
    #: The age of the oldest record on its way, and what waits in the queue: "1.25 s, 37 waiting".
    lag: str
    #: LastProcessingResult.
    last_result: str

    @property
    def is_alarm(self) -> bool:
        """Whether something is wrong with it."""
        return self.failed != "0" or self.last_result.startswith("PROBLEM")

    def __str__(self) -> str:
        """In words: "sqs:orders → hello: Enabled, 5 pollers, 12 polled, 0 failed, lag none"."""
        text = (
            f"{self.source} → {self.function}: {self.state}, {self.pollers}, "
            f"{self.polled} polled, {self.failed} failed, lag {self.lag}"
        )
        return f"{text}, {self.last_result}" if self.last_result else text


def source_rows(states: Iterable[PollerState]) -> list[SourceRow]:
    """The rows of some mappings, by function and source."""
    return sorted(map(_row, states), key=lambda row: (row.function, row.source))


def _row(state: PollerState) -> SourceRow:
    service, name = _source(state.source_arn)
    unit = "poller" if service == "sqs" else "shard"
    lag = [duration(state.lag_ms)] if state.lag_ms else []
    if state.backlog:
        lag.append(f"{state.backlog:,} waiting")
    return SourceRow(
        source=f"{service}:{name}",
        function=":".join(filter(None, (state.function_name, state.qualifier))),
        state=state.state,
        pollers=f"{state.pollers:,} {unit}{'' if state.pollers == 1 else 's'}",
        polled=f"{state.polled:,}",
        failed=f"{state.failed:,}",
        lag=", ".join(lag) or "none",
        last_result=state.result or "",
    )


def _source(arn: str) -> tuple[str, str]:
    """The service of a source and its name; a table's for the stream of a table."""
    service, resource = arn.split(":")[2], arn.split(":", 5)[5]
    return service, resource.split("/")[1] if "/" in resource else resource


# As SVG...

#: Where the columns begin, and how many characters fit.
_COLUMNS = ((24, 30), (214, 22), (356, 10), (430, 13), (514, 10), (580, 8), (640, 22), (786, 38))
_ROW_HEIGHT = 17
#: The columns that an alarm is about.
_ALARMED = ("failed", "last_result")


def svg(rows: Sequence[SourceRow], top: float) -> tuple[str, float]:
    """The table as SVG elements, with its first line at `top`; and where it ends.

    Without rows it is nothing.
    """
    if not rows:
        return "", top
    heads = (name.replace("_", " ") for name in SourceRow._fields)
    y = top + 8
    pieces = [
        f'<text x="{x}" y="{y:.1f}" opacity="0.7">{escape(head)}</text>'
        for (x, _), head in zip(_COLUMNS, heads, strict=True)
    ]
    for row in rows:
        y += _ROW_HEIGHT
        pieces += [_cell(row, number, y) for number in range(len(row))]
    return "".join(pieces), y + 12


def _cell(row: SourceRow, number: int, y: float) -> str:
    text, (x, room) = row[number], _COLUMNS[number]
    colour = f' fill="{RED}"' if row.is_alarm and row._fields[number] in _ALARMED else ""
    whole = ""
    if len(text) > room:
        whole, text = f"<title>{escape(text)}</title>", text[: room - 1] + "…"
    return f'<text x="{x}" y="{y:.1f}"{colour}>{escape(text)}{whole}</text>'
