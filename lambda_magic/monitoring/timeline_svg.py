"""Draws a timeline as SVG: lanes, axis, concurrency curve, counters and legend, without a script.

Text and grid take the page's own colour (`currentColor`), so light and dark pages both work; the
colours of phases are Okabe and Ito's. What is closer together than a pixel is drawn as one.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from itertools import pairwise

from lambda_magic.monitoring import source_table
from lambda_magic.monitoring.source_table import SourceRow
from lambda_magic.monitoring.timeline import Lane, Limits, Phase, Segment
from lambda_magic.monitoring.timeline_colours import (
    COLOURS,
    INVOKE_COLOURS,
    READY,
    RED,
    style,
    version_style,
)
from lambda_magic.monitoring.timeline_summary import Summary
from lambda_magic.monitoring.timeline_words import counters, title

WIDTH = 1040
_LEFT, _RIGHT = 146.0, 1016.0
_TOP, _CURVE = 92.0, 80.0
_TALLEST, _LANES_HEIGHT, _MOST_ROWS = 28.0, 420.0, 210
#: Rectangles with a text of their own, shown by the browser under the pointer.
_MOST_TITLES = 600


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """What is drawn: the lanes and segments of a span of time."""

    lanes: Sequence[Lane]
    segments: Sequence[Segment]
    #: (time, how many from then on), for the curve.
    curve: Sequence[tuple[float, int]]
    summary: Summary
    limits: Limits | None
    start: float
    end: float
    #: What goes on ends here.
    now: float
    sources: Sequence[SourceRow] = ()


@dataclass(slots=True)
class _Canvas:
    """Places on the page, and the pieces of SVG drawn so far."""

    drawing: Drawing
    row_height: float
    lanes_height: float
    rows: dict[int, int]
    pieces: list[str] = field(default_factory=list)

    def x(self, time: float) -> float:
        drawing = self.drawing
        part = (time - drawing.start) / (drawing.end - drawing.start)
        return min(max(_LEFT + part * (_RIGHT - _LEFT), _LEFT), _RIGHT)

    def y(self, row: int) -> float:
        return _TOP + row * self.row_height

    @property
    def gap(self) -> float:
        return 3.0 if self.row_height >= 14 else self.row_height * 0.08

    def text(self, x: float, y: float, text: str, **attributes: object) -> None:
        written = _attributes(attributes)
        self.pieces.append(f'<text x="{x:.1f}" y="{y:.1f}"{written}>{escape(text)}</text>')

    def line(self, x1: float, y1: float, x2: float, y2: float, **attributes: object) -> None:
        self.pieces.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
            f"{_attributes(attributes)}/>"
        )


def svg(drawing: Drawing, *, label: str) -> str:
    """The picture; `label` says in words what it shows, for those who do not see it."""
    lanes = drawing.lanes[:_MOST_ROWS]
    row_height = min(_TALLEST, _LANES_HEIGHT / max(len(lanes), 1))
    canvas = _Canvas(
        drawing,
        row_height,
        row_height * max(len(lanes), 2),
        {lane.number: row for row, lane in enumerate(lanes)},
    )
    _counters(canvas)
    _axis(canvas)
    _names(canvas, lanes)
    _lanes(canvas, lanes)
    below = _TOP + canvas.lanes_height + 26
    _concurrency(canvas, below)
    height = _legend(canvas, below + _CURVE + 30)
    omitted = len(drawing.lanes) - len(lanes)
    if omitted:
        canvas.text(24, height - 2, f"… and {omitted:,} more environments", opacity=0.7)
        height += 12
    table, height = source_table.svg(drawing.sources, height)
    body = "".join(canvas.pieces)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-label="{escape(label)}" width="100%" style="max-width:{WIDTH}px;height:auto" '
        'font-family="var(--jp-ui-font-family,system-ui,sans-serif)" font-size="11" '
        f'fill="currentColor">{body}{table}</svg>'
    )


def _counters(canvas: _Canvas) -> None:
    for number, (label, value, note, alarm) in enumerate(
        counters(canvas.drawing.summary, canvas.drawing.limits)
    ):
        x = 24 + number * (WIDTH - 48) / 6
        canvas.text(x, 26, label, opacity=0.7)
        colour: dict[str, object] = {"fill": RED} if alarm else {}
        canvas.text(x, 50, value, font_size=21, font_weight=600, **colour)
        canvas.text(x, 66, note, **(colour or {"opacity": 0.7}))


def _axis(canvas: _Canvas) -> None:
    drawing = canvas.drawing
    bottom = _TOP + canvas.lanes_height
    step = round_step((drawing.end - drawing.start) / 9)
    digits = max(0, math.ceil(-math.log10(step) - 1e-9)) if step < 1 else 0
    for number in range(int((drawing.end - drawing.start) / step) + 1):
        x = canvas.x(drawing.start + number * step)
        canvas.line(x, _TOP - 6, x, bottom + 26 + _CURVE, stroke="currentColor", opacity=0.12)
        canvas.text(
            x, bottom + 16, f"{number * step:.{digits}f} s", text_anchor="middle", opacity=0.7
        )
    began = datetime.fromtimestamp(drawing.start).strftime("%Y-%m-%d %H:%M:%S")
    canvas.text(_LEFT, _TOP - 9, f"from {began}", opacity=0.55, font_size=10)


def round_step(rough: float) -> float:
    """The next number above `rough` that is 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= rough * 0.999999)


def _names(canvas: _Canvas, lanes: Sequence[Lane]) -> None:
    if canvas.row_height < 10:
        return
    several = len({lane.origin.function_name for lane in lanes}) > 1
    for row, lane in enumerate(lanes):
        y = canvas.y(row) + canvas.row_height / 2 + 4
        origin = lane.origin
        if several:
            name = origin.function_name
            canvas.text(12, y, name if len(name) <= 11 else name[:10] + "…")
        else:
            mono = "var(--jp-code-font-family,ui-monospace,monospace)"
            canvas.text(24, y, origin.environment_id[:6], font_family=mono)
        mark = "" if lane.is_on_demand else "◆ "
        version = f"{mark}:{origin.function_version}"
        canvas.text(_LEFT - 12, y, version, text_anchor="end", opacity=0.7)


def _lanes(canvas: _Canvas, lanes: Sequence[Lane]) -> None:
    drawing = canvas.drawing
    lives = []
    for row, lane in enumerate(lanes):
        x0, x1 = canvas.x(lane.born), canvas.x(min(lane.gone or drawing.now, drawing.end))
        lives.append(_bar(canvas, x0, x1, row))
    canvas.pieces.append(f'<path d="{"".join(lives)}" fill="{READY}"/>')
    drawn = [one for one in drawing.segments if one.lane and one.lane.number in canvas.rows]
    invocations = [one for one in drawn if one.phase is Phase.INVOKE]
    for phase, colour in COLOURS.items():
        _phase(canvas, [one for one in drawn if one.phase is phase and not one.suppressed], colour)
    for number, colour in enumerate(INVOKE_COLOURS):
        chosen = [one for one in invocations if style(one) == number]
        if len(invocations) <= _MOST_TITLES:
            canvas.pieces.extend(_titled(canvas, one, colour) for one in chosen)
        else:
            _phase(canvas, chosen, colour)
    _marks(canvas, drawn)


def _phase(canvas: _Canvas, segments: Iterable[Segment], colour: str) -> None:
    """All segments of one colour as one path, those that touch as one rectangle."""
    last: dict[int, tuple[float, float]] = {}
    bars: list[str] = []
    for one in segments:
        assert one.lane is not None
        row = canvas.rows[one.lane.number]
        x0 = canvas.x(one.start)
        x1 = max(canvas.x(one.end or canvas.drawing.now), x0 + 1)
        before = last.get(row)
        if before is not None and x0 <= before[1] + 0.7:
            last[row] = (before[0], max(before[1], x1))
            continue
        if before is not None:
            bars.append(_bar(canvas, *before, row))
        last[row] = (x0, x1)
    bars.extend(_bar(canvas, x0, x1, row) for row, (x0, x1) in last.items())
    if bars:
        canvas.pieces.append(f'<path d="{"".join(bars)}" fill="{colour}"/>')


def _bar(canvas: _Canvas, x0: float, x1: float, row: int) -> str:
    height = canvas.row_height - 2 * canvas.gap
    top = canvas.y(row) + canvas.gap
    return f"M{x0:.1f} {top:.1f}h{max(x1 - x0, 1):.1f}v{height:.1f}h-{max(x1 - x0, 1):.1f}z"


def _titled(canvas: _Canvas, one: Segment, colour: str) -> str:
    assert one.lane is not None
    x0 = canvas.x(one.start)
    width = max(canvas.x(one.end or canvas.drawing.now) - x0, 1)
    top = canvas.y(canvas.rows[one.lane.number]) + canvas.gap
    return (
        f'<rect x="{x0:.1f}" y="{top:.1f}" width="{width:.1f}" '
        f'height="{canvas.row_height - 2 * canvas.gap:.1f}" rx="{min(2.0, width / 2):.1f}" '
        f'fill="{colour}"><title>{escape(title(one))}</title></rect>'
    )


def _marks(canvas: _Canvas, drawn: Iterable[Segment]) -> None:
    size = 4.0 if canvas.row_height >= 10 else max(canvas.row_height / 3, 1.2)
    cold, failed = [], []
    for one in drawn:
        assert one.lane is not None
        row = canvas.rows[one.lane.number]
        middle = canvas.y(row) + canvas.row_height / 2
        if one.suppressed:
            x0, x1 = canvas.x(one.start), canvas.x(one.end or canvas.drawing.now)
            canvas.line(
                x0, middle + 6, max(x1, x0 + 1), middle + 6,
                stroke=COLOURS[Phase.FUNCTION_INIT], stroke_width=5,
            )  # fmt: skip
        if one.init_duration_ms is not None and canvas.row_height >= 10:
            x = canvas.x(one.start - one.init_duration_ms / 1000)
            top = canvas.y(row) + canvas.gap - 3
            cold.append(f"M{x - 4.5:.1f} {top:.1f}h9l-4.5 7z")
        if one.status in ("failure", "error", "timeout") and one.phase is Phase.INVOKE:
            hollow = one.status == "timeout"
            failed.append(
                f'<circle cx="{canvas.x(one.end or canvas.drawing.now) - size:.1f}" '
                f'cy="{middle:.1f}" r="{size:.1f}" fill="{"#fff" if hollow else RED}" '
                f'stroke="{RED if hollow else "#fff"}" stroke-width="{2 if hollow else 1}"/>'
            )
    if cold:
        colour = COLOURS[Phase.FUNCTION_INIT]
        canvas.pieces.append(f'<path d="{"".join(cold)}" fill="{colour}" stroke="#fff"/>')
    canvas.pieces.extend(failed)


def _concurrency(canvas: _Canvas, top: float) -> None:
    drawing, limits = canvas.drawing, canvas.drawing.limits
    most = max((count for _, count in drawing.curve), default=0)
    shown = {
        "reserved": (limits.reserved if limits else None, RED, "5 4"),
        "provisioned": (limits.provisioned if limits else None, "#009E73", "2 3"),
        "account": (limits.account if limits else None, "currentColor", "8 4"),
    }
    near = [value for value, _, _ in shown.values() if value and value <= most * 4 + 8]
    highest = max([1, most, *near])
    bottom = top + _CURVE

    def y(value: float) -> float:
        return bottom - value / highest * (_CURVE - 16)

    canvas.text(24, top + 8, "concurrency", opacity=0.7)
    canvas.text(_LEFT - 8, y(max(most, 1)) + 4, f"{max(most, 1)}", text_anchor="end", opacity=0.7)
    path = _curve_path(canvas, bottom, y)
    canvas.pieces.append(
        f'<path d="{path}" fill="{INVOKE_COLOURS[0]}" fill-opacity=".18" '
        f'stroke="{INVOKE_COLOURS[0]}" stroke-width="1.5"/>'
    )
    canvas.line(_LEFT, bottom, _RIGHT, bottom, stroke="currentColor", opacity=0.5)
    for name, (value, colour, dash) in shown.items():
        if value and value <= highest:
            canvas.line(_LEFT, y(value), _RIGHT, y(value), stroke=colour, stroke_dasharray=dash)
            canvas.text(_RIGHT, y(value) - 4, f"{name} {value:,}", text_anchor="end", fill=colour)
    throttles = [one.start for one in drawing.segments if one.phase is Phase.THROTTLE]
    columns = sorted({round((canvas.x(time) - _LEFT) / 9) for time in throttles})
    crosses = "".join(f"M{_LEFT + 9 * n - 3.5:.1f} {top - 2:.1f}l7 7m0-7l-7 7" for n in columns)
    if crosses:
        canvas.pieces.append(
            f'<path d="{crosses}" stroke="{RED}" stroke-width="1.8" fill="none">'
            f"<title>{len(throttles):,} throttles</title></path>"
        )


def _curve_path(canvas: _Canvas, bottom: float, y: Callable[[float], float]) -> str:
    """The steps of the curve; of those in one column of pixels the highest."""
    drawing = canvas.drawing
    most = [0] * (int(_RIGHT - _LEFT) + 1)
    for (time, count), (until, _) in pairwise([*drawing.curve, (drawing.now, 0)]):
        if until < drawing.start or time > drawing.end or not count:
            continue
        first, last = int(canvas.x(time) - _LEFT), int(canvas.x(until) - _LEFT)
        for column in range(first, last + 1):
            most[column] = max(most[column], count)
    path = f"M{_LEFT:.0f} {bottom:.1f}"
    before = 0
    for column, count in enumerate([*most, 0]):
        if count != before:
            path += f"H{_LEFT + column:.0f}V{y(count):.1f}"
            before = count
    return path


def _legend(canvas: _Canvas, top: float) -> float:
    """Draws the legend; returns the height of the picture."""
    lanes = canvas.drawing.lanes
    versions = sorted({lane.origin.function_version for lane in lanes}, key=lambda v: (len(v), v))
    entries = [(phase.title, COLOURS[phase]) for phase in list(COLOURS)[:4]]
    for number, colour in enumerate(INVOKE_COLOURS):
        named = [f":{version}" for version in versions if version_style(version) == number]
        if named:
            entries.append((f"invoke {', '.join(named[-3:])}", colour))
    entries += [(phase.title, COLOURS[phase]) for phase in (Phase.FROZEN, Phase.SHUTDOWN)]
    swatch = '<rect x="{x:.1f}" y="{y:.1f}" width="12" height="12" rx="2" fill="{colour}"/>'
    drawn = [(text, swatch, colour) for text, colour in entries]
    cross = '<path d="M{x:.1f} {y:.1f}m2 2l8 8m0-8l-8 8" stroke="{colour}" stroke-width="2"/>'
    disc = '<circle cx="{x:.1f}" cy="{y:.1f}" r="4" transform="translate(6 6)" fill="{colour}"/>'
    flag = '<path d="M{x:.1f} {y:.1f}m1 3h10l-5 7z" fill="{colour}"/>'
    drawn += [
        ("cold start", flag, COLOURS[Phase.FUNCTION_INIT]),
        ("error", disc, RED),
        ("throttle", cross, RED),
    ]
    x = 24.0
    for text, mark, colour in drawn:
        width = 34 + 6.2 * len(text)
        if x + width > WIDTH:
            x, top = 24.0, top + 18
        canvas.pieces.append(mark.format(x=x, y=top - 10, colour=colour))
        canvas.text(x + 17, top, text)
        x += width
    return top + 16


def _attributes(attributes: dict[str, object]) -> str:
    return "".join(
        f' {name.replace("_", "-")}="{escape(str(value))}"' for name, value in attributes.items()
    )
