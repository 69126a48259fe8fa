"""How load reports are shown: one by itself, or several side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

from lambda_magic.monitoring import display
from lambda_magic.monitoring.histogram import Histogram, figures
from lambda_magic.monitoring.load_numbers import LoadNumbers

_PERCENTS = (50, 90, 99, 100)
_HEADERS = ("Milliseconds", "Count", "p50", "p90", "p99", "Max")

#: Label, measure, and whether of the cold or of the warm invocations.
_ROWS = (
    ("Duration, warm", "duration_ms", False),
    ("Duration, cold", "duration_ms", True),
    ("Init, cold", "init_ms", True),
    ("Caller waited, warm", "elapsed_ms", False),
    ("Caller waited, cold", "elapsed_ms", True),
)

_WARM, _COLD = "warm", "cold"
_COLOURS = {_WARM: display.SKY, _COLD: display.ORANGE}


def html(report: LoadNumbers) -> str:
    """A report as a card: what happened, how durations are spread, percentiles."""
    rows = _rows(report)
    return _card(report, _wide(display.table(_HEADERS, rows)) if rows else "")


def _card(report: LoadNumbers, table: str) -> str:
    notes = filter(None, [_headline(report), _interruption(report)])
    parts = [display.heading(report.title, *notes)]
    parts += [display.facts([(label, value, "")]) for label, value in _facts(report)]
    parts.append(_histogram(report).html(_COLOURS))
    parts.append(table)
    parts += [
        display.folded(f"The first {error_type}", "".join(result.error_html()))
        for error_type, result in report.first_errors.items()
    ]
    return display.card(parts, accent=_accent(report))


def text(report: LoadNumbers) -> str:
    """The same as text."""
    lines = ["  ".join(filter(None, [report.title, _headline(report), _interruption(report)]))]
    lines += [f"{label:<12} {value}" for label, value in _facts(report)]
    if rows := _rows(report):
        lines += ["", display.text_table(_HEADERS, rows)]
    histogram = _histogram(report)
    for name, blocks in histogram.text().items():
        spread = f"{figures(histogram.edges[0])} to {figures(histogram.edges[-1])} ms"
        lines.append(f"{name}  {blocks}  ({spread})")
    return "\n".join(lines)


def summary(report: LoadNumbers) -> dict[str, Any]:
    """A report as JSON has it."""
    return {
        "title": report.title,
        "plan": str(report.plan),
        "interrupted": report.was_interrupted,
        "seconds": report.seconds,
        "invocations": len(report),
        "successes": report.successes,
        "throughput": report.throughput,
        "coldStarts": report.cold_starts,
        "environments": dict(report.environments),
        "mostAtOnce": report.most_at_once,
        "versions": dict(report.versions),
        "errors": dict(report.errors),
        "throttles": dict(report.throttles),
        "costUsd": report.cost_usd,
        "milliseconds": {
            label: dict(zip(_HEADERS[2:], _percentiles(report, measure, cold), strict=True))
            for label, measure, cold in _ROWS
            if report.values(measure, cold=cold)
        },
    }


def comparison_html(reports: Sequence[LoadNumbers]) -> str:
    """Reports beside each other, and a table of what differs."""
    headers, rows = _comparison(reports)
    # The percentiles are in the table: beside each other there is no room to have them twice.
    cards = display.side_by_side(_card(report, "") for report in reports)
    return display.plain(_wide(display.table(headers, rows)) + cards)


def _wide(table: str) -> str:
    """A table that scrolls where there is no room for it."""
    return f'<div style="overflow-x:auto;white-space:nowrap">{table}</div>'


def comparison_text(reports: Sequence[LoadNumbers]) -> str:
    """The table of what differs."""
    return display.text_table(*_comparison(reports))


def _comparison(reports: Sequence[LoadNumbers]) -> tuple[list[str], list[list[str]]]:
    """The table: a column a report, and after each but the first its change from the first."""
    headers = ["", reports[0].title]
    for report in reports[1:]:
        headers += [report.title, "change"]
    measured = [_compared(report) for report in reports]
    rows = []
    for label, (first, written) in measured[0].items():
        row = [label, written]
        for other in measured[1:]:
            value, text = other[label]
            row += [text, _change(first, value)]
        rows.append(row)
    return headers, rows


def _compared(report: LoadNumbers) -> dict[str, tuple[float, str]]:
    """What reports are compared by: the label, the value and how it is written."""
    compared: dict[str, tuple[float, str]] = {
        "Invocations": (len(report), f"{len(report):,}"),
        "Seconds": (report.seconds, f"{report.seconds:.2f}"),
        "Per second": (report.throughput, f"{report.throughput:,.1f}"),
        "Errors": _count(report.errors),
        "Throttles": _count(report.throttles),
        "Cold starts": (report.cold_starts, f"{report.cold_starts:,}"),
        "Environments": (len(report.environments), f"{len(report.environments):,}"),
        "Cost": (report.cost_usd, display.dollars(report.cost_usd)),
    }
    for label, measure, cold in _ROWS:
        for percent in (50, 99):
            value = report.percentile(measure, percent, cold=cold)
            written = f"{value:,.2f}" if report.values(measure, cold=cold) else "-"
            compared[f"{label}, p{percent} (ms)"] = (value, written)
    return compared


def _count(counter: Mapping[str, int]) -> tuple[float, str]:
    total = sum(counter.values())
    return total, f"{total:,}"


def _change(before: float, after: float) -> str:
    if before == after:
        return "="
    if not before or not after:
        return ""
    ratio = after / before
    return f"{ratio:.1f}x" if ratio >= 2 else f"{round(ratio - 1, 2) or 0:+.0%}"


def _headline(report: LoadNumbers) -> str:
    rate = len(report) / report.seconds if report.seconds else 0.0
    return f"{len(report):,} invocations in {report.seconds:.2f} s ({rate:,.0f} per second)"


def _interruption(report: LoadNumbers) -> str:
    if not report.was_interrupted:
        return ""
    return f"interrupted with {report.in_flight:,} in flight"


def _facts(report: LoadNumbers) -> list[tuple[str, str]]:
    ran = sum(report.versions.values())
    environments = f"{len(report.environments):,}, at most {report.most_at_once:,} at once"
    facts = [
        ("Asked", str(report.plan)),
        ("Begun", f"{report.begun_per_second:,.1f} per second" if report.plan.rate else ""),
        ("Versions", _shares(report.versions)),
        ("Throughput", f"{report.throughput:,.1f} per second that ran"),
        ("Cold starts", f"{report.cold_starts:,}{_share(report.cold_starts, ran)}"),
        # Over the API nobody says in which environment an invocation ran.
        ("Environments", environments if report.environments else ""),
        ("Errors", _counts(report.errors)),
        ("Throttles", _counts(report.throttles)),
        ("Cost", _cost(report, ran)),
    ]
    return [(label, value) for label, value in facts if value]


def _rows(report: LoadNumbers) -> list[list[str]]:
    return [
        [label, f"{len(report.values(measure, cold=cold)):,}"]
        + [f"{value:,.2f}" for value in _percentiles(report, measure, cold)]
        for label, measure, cold in _ROWS
        if report.values(measure, cold=cold)
    ]


def _percentiles(report: LoadNumbers, measure: str, cold: bool) -> list[float]:
    return [report.percentile(measure, percent, cold=cold) for percent in _PERCENTS]


def _histogram(report: LoadNumbers) -> Histogram:
    """Of what callers waited, since that is where a cold start shows."""
    return Histogram.of(
        {
            _WARM: report.values("elapsed_ms", cold=False),
            _COLD: report.values("elapsed_ms", cold=True),
        }
    )


def _accent(report: LoadNumbers) -> str:
    return display.ORANGE if report.errors or report.throttles else display.GREEN


def _counts(counter: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counter.items()) or "0"


def _share(part: int, whole: int) -> str:
    return f" ({part / whole:.1%})" if whole else ""


def _shares(counter: Mapping[str, int]) -> str:
    total = sum(counter.values())
    return ", ".join(
        f"version {version}: {count:,}{_share(count, total)}" for version, count in counter.items()
    )


def _cost(report: LoadNumbers, ran: int) -> str:
    if not ran:
        return display.dollars(report.cost_usd)
    million = report.cost_usd / ran * 1_000_000
    return f"{display.dollars(report.cost_usd)} (${million:,.2f} for a million of them)"
