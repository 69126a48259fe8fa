"""A timeline to keep: the monitor's picture as static SVG, for saved and exported notebooks."""

from pathlib import Path

from lambda_magic.monitoring.metrics import Moment, seconds
from lambda_magic.monitoring.source_table import source_rows
from lambda_magic.monitoring.timeline import Lane, Phase, Segment, Timeline
from lambda_magic.monitoring.timeline_summary import Summary, curve, summary
from lambda_magic.monitoring.timeline_svg import Drawing, svg

#: Seconds in which nothing happens that end what counts as one course of events.
_PAUSE = 60.0


class TimelinePicture:
    """What execution environments did in a span of time.

    Shown whole by every front end: it needs no script, no kernel and no network. Without `start`
    it begins after the last minute in which nothing happened.
    """

    def __init__(
        self,
        timeline: Timeline,
        *,
        now: float,
        start: Moment | None = None,
        end: Moment | None = None,
    ) -> None:
        segments = list(timeline.segments)
        latest = max((_last_moment(one, now) for one in segments), default=now)
        if not segments and start is None:
            start = now - 10
        self._end = min(latest if end is None else seconds(end), now)
        self._start = _course_start(segments, self._end, now) if start is None else seconds(start)
        self._now = now
        self._functions = timeline.functions
        self._segments = [
            one
            for one in segments
            if one.start <= self._end and (one.end is None or one.end >= self._start)
        ]
        self._lanes = _shown_lanes(timeline, self._start, self._end)
        self._limits = timeline.limits[-1][1] if timeline.limits else None
        # They are known as they are now, and no earlier.
        self._sources = source_rows(timeline.pollers) if end is None else []

    def __repr__(self) -> str:
        return f"<TimelinePicture [{len(self._lanes):,} environments]>"

    def __str__(self) -> str:
        """In words: what happened, in one line, and one more for each event source mapping."""
        found = self.summary
        name = ", ".join(sorted(self._functions)) if self._functions else "All functions"
        line = (
            f"{name}: {len(self._lanes):,} execution environments, "
            f"{found.invocations:,} invocations, {found.most_concurrency:,} at most at once, "
            f"{found.cold_starts:,} cold starts, {found.errors:,} errors, "
            f"{found.throttles:,} throttles"
        )
        return "\n".join([line, *map(str, self._sources)])

    @property
    def summary(self) -> Summary:
        """The counters above the picture."""
        return summary(self._segments)

    def svg(self) -> str:
        """The picture, as an SVG element."""
        seconds = max(self._end - self._start, 0.001)
        drawing = Drawing(
            lanes=self._lanes,
            segments=self._segments,
            curve=curve(self._segments),
            summary=self.summary,
            limits=self._limits,
            start=self._start,
            end=self._end + seconds * 0.03,
            now=min(self._now, self._end + seconds * 0.03),
            sources=self._sources,
        )
        return svg(drawing, label=str(self))

    def save(self, path: str | Path) -> None:
        """Write the picture to an SVG file."""
        Path(path).write_text(self.svg() + "\n", encoding="utf-8")

    def mimebundle(self, *, beside: str | None = None) -> dict[str, str]:
        """Its forms by MIME type.

        `beside`: the name by which a live view before it hides it, as long as there is one.
        """
        html = f"<div>{self.svg()}</div>"
        if beside is not None:
            html = f'{_rule(beside)}<div class="lambda-magic-static-{beside}">{self.svg()}</div>'
        return {"text/html": html, "text/plain": str(self)}

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return self.mimebundle()


def _rule(name: str) -> str:
    """Hides what JupyterLab writes into the place of a widget whose kernel is gone."""
    return (
        f"<style>.jp-OutputArea-child:has(+ .jp-OutputArea-child "
        f".lambda-magic-static-{name}) > .jp-OutputArea-output:not(:has(*))"
        "{display:none}</style>"
    )


def _last_moment(one: Segment, now: float) -> float:
    """When a segment last was news: an environment may stay frozen for ever."""
    if one.phase is Phase.FROZEN:
        return one.start
    return now if one.end is None else one.end


def _course_start(segments: list[Segment], end: float, now: float) -> float:
    """Where the last course of events begins, a little before its first segment."""
    earliest = end
    for one in sorted(segments, key=lambda one: _last_moment(one, now), reverse=True):
        if _last_moment(one, now) < earliest - _PAUSE:
            break
        earliest = min(earliest, one.start)
    return earliest - max(end - earliest, 0.001) * 0.02


def _shown_lanes(timeline: Timeline, start: float, end: float) -> list[Lane]:
    lanes = [
        lane
        for lane in timeline.lanes.values()
        if lane.born <= end and (lane.gone is None or lane.gone >= start)
    ]
    return sorted(lanes, key=lambda lane: (lane.origin.function_name, lane.number))
