"""Logs: platform events become log events in log groups and streams, as in CloudWatch Logs."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from lambda_magic.monitoring import display, lines
from lambda_magic.monitoring.events import Event, PlatformEvent
from lambda_magic.monitoring.journal import Journal, Row


class LogEvent(NamedTuple):
    """One event of a log stream. (A tuple, not a dataclass: a log has a great many of them.)"""

    log_stream: str
    #: When it happened, in milliseconds since the epoch.
    timestamp: int
    #: When it was written to the journal.
    ingestion_time: int
    #: Ends in a newline, and may have others.
    message: str
    #: The invocation that it belongs to; None for Init's.
    request_id: str | None


class LogText(str):
    """The text of a log, which shows itself as text and not as a string literal."""

    __slots__ = ()

    @classmethod
    def of(cls, events: Iterable[LogEvent]) -> "LogText":
        """The messages of some log events, one after the other."""
        return cls("".join([event.message for event in events]))

    def _repr_pretty_(self, printer: display.PrettyPrinter, cycle: bool) -> None:
        printer.text(self.removesuffix("\n") or "(no log events)")

    def _repr_html_(self) -> str:
        return display.log(self) if self else display.heading("No log events")


class Logs:
    """The log groups of a region: a subscriber of the bus, and the way to read what it kept.

    `flush` makes the bus deliver what was published so far; it is called before each reading,
    which therefore sees everything that had happened. Read on any thread but the loop's.
    """

    def __init__(self, journal: Journal, *, flush: Callable[[], object] = lambda: None) -> None:
        self._journal = journal
        self._flush = flush

    def receive(self, events: Sequence[Event]) -> None:
        """Keep the log lines of a batch of events; subscribed to the bus."""
        rows: list[Row] = []
        for event in events:
            if not isinstance(event, PlatformEvent):
                continue
            if messages := lines.lines(event):
                origin, timestamp = event.origin, int(event.time * 1000)
                request_id = getattr(event, "request_id", None)  # Init's events have none
                for message in messages:
                    rows.append(
                        (origin.log_group, origin.log_stream, timestamp, message, request_id)
                    )
        if rows:
            self._journal.append(log_events=rows)

    def groups(self) -> list[dict[str, Any]]:
        """The log groups, by name, with the members of DescribeLogGroups."""
        self._flush()
        names = ("logGroupName", "creationTime", "storedBytes")
        return [dict(zip(names, row, strict=True)) for row in self._journal.log_groups()]

    def streams(self, group: str) -> list[dict[str, Any]]:
        """A group's log streams, newest first, with the members of DescribeLogStreams."""
        self._flush()
        names = (
            "logStreamName",
            "creationTime",
            "firstEventTimestamp",
            "lastEventTimestamp",
            "lastIngestionTime",
        )
        return [dict(zip(names, row, strict=True)) for row in self._journal.log_streams(group)]

    def function_streams(
        self, group: str, function_name: str, versions: Sequence[str] | None = None
    ) -> list[str] | None:
        """The names of a function's streams in its log group, or of some versions' only.

        None is all streams of the group: without versions, if nobody else writes to it. A stream's
        name has the version in brackets, and before it the function's in a group that is not its
        own: "2026/01/31/hello[1]0123456789abcdef0123456789abcdef".
        """
        prefix = "" if group == own_group(function_name) else function_name
        if versions is None and not prefix:
            return None
        wanted = None if versions is None else {f"{prefix}[{version}" for version in versions}
        names = [stream["logStreamName"] for stream in self.streams(group)]
        return [name for name in names if _is_of(name, f"{prefix}[", wanted)]

    def events(
        self,
        group: str,
        *,
        streams: Sequence[str] | None = None,
        request_id: str | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
        limit: int | None = None,
        tail: bool = False,
    ) -> list[LogEvent]:
        """Log events by timestamp, and in the order of writing where it is the same.

        From `start_ms` to `end_ms`, both included, as FilterLogEvents has it. Of more than `limit`
        the first ones, or with `tail` the last ones.
        """
        self._flush()
        rows = self._journal.log_events(
            group,
            streams=streams,
            request_id=request_id,
            start_ms=start_ms,
            end_ms=end_ms,
            limit=limit,
            tail=tail,
        )
        return list(map(LogEvent._make, rows))

    def text(self, group: str, **filters: Any) -> LogText:
        """The same as text; `filters` are those of `events`."""
        return LogText.of(self.events(group, **filters))


def own_group(function_name: str) -> str:
    """The log group that a function has unless it is told otherwise."""
    return f"/aws/lambda/{function_name}"


def _is_of(stream: str, prefix: str, wanted: set[str] | None) -> bool:
    what = stream.rpartition("/")[2]
    return what.startswith(prefix) and (wanted is None or what.rpartition("]")[0] in wanted)
