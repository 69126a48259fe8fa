"""The tail of a log: what has been written lately, and what is being written now."""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

from lambda_magic.monitoring import lines
from lambda_magic.monitoring.events import Event, LogRecord, PlatformEvent
from lambda_magic.monitoring.filter_patterns import Matches, compile_pattern
from lambda_magic.monitoring.log_levels import application_level
from lambda_magic.monitoring.logs import LogEvent

#: So many log events are remembered.
KEPT = 5_000

_BRACKETED = re.compile(r"\[(TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL|CRITICAL)\]")
_FAILED = re.compile(r"(INIT_)?REPORT .*\tStatus: (error|timeout)")
_FAILED_IN_JSON = re.compile(r'"status":"(error|timeout)"')
_OWN = ("INIT_START ", "START RequestId: ", "END RequestId: ", "REPORT RequestId: ", "INIT_REPORT ")
#: "2026/01/31/[12]0123456789abcdef0123456789abcdef".
_STREAM = re.compile(r"\[(?P<version>[^\]]+)\](?P<environment>\w+)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class TailEvent:
    """One log event, as a tail shows it."""

    #: In milliseconds since the epoch.
    timestamp: int
    #: One of `log_levels.LEVELS`; what says nothing of a level is INFO.
    level: str
    #: Whether Lambda wrote it, and not the function.
    is_platform: bool
    #: None during an Init.
    request_id: str | None
    log_stream: str
    message: str

    @classmethod
    def of(cls, log_event: LogEvent) -> "TailEvent":
        """The same for what is kept in the log."""
        level, is_platform = level_of(log_event.message)
        return cls(
            timestamp=log_event.timestamp,
            level=level,
            is_platform=is_platform,
            request_id=log_event.request_id,
            log_stream=log_event.log_stream,
            message=log_event.message,
        )

    def row(self) -> dict[str, object]:
        """What the script of the widget reads."""
        stream = _STREAM.search(self.log_stream)
        return {
            "timestamp": self.timestamp,
            "level": self.level,
            "platform": self.is_platform,
            "requestId": self.request_id,
            "version": stream["version"] if stream else "",
            "environment": stream["environment"] if stream else self.log_stream,
            "message": self.message.removesuffix("\n"),
        }


def level_of(message: str) -> tuple[str, bool]:
    """The level of a log event, and whether Lambda itself wrote it.

    >>> level_of("[ERROR] KeyError: 'name'")
    ('ERROR', False)
    """
    if message.startswith(_OWN):
        return ("ERROR" if _FAILED.match(message) else "INFO"), True
    if message.startswith('{"time":') and '"type":"platform.' in message:
        return ("ERROR" if _FAILED_IN_JSON.search(message) else "INFO"), True
    bracketed = _BRACKETED.match(message)
    if bracketed is None:
        return application_level(message), False
    return {"WARNING": "WARN", "CRITICAL": "FATAL"}.get(bracketed[1], bracketed[1]), False


class Tail:
    """Keeps the last log events of a function, of some of its versions, or of one invocation.

    `receive` is for the bus, on its loop thread; everything else may be called on any thread.
    """

    def __init__(
        self,
        function_name: str,
        versions: Sequence[str] | None = None,
        request_id: str | None = None,
    ) -> None:
        self._function_name = function_name
        self._versions = None if versions is None else frozenset(versions)
        self._request_id = request_id
        self._events: deque[TailEvent] = deque(maxlen=KEPT)
        self._lock = Lock()
        self._pattern = ""
        self._matches: Matches = compile_pattern("")

    @property
    def pattern(self) -> str:
        """A filter pattern of CloudWatch Logs: only what matches it is shown."""
        return self._pattern

    @pattern.setter
    def pattern(self, pattern: str) -> None:
        """Raises `InvalidParameterException`, and leaves the pattern as it was."""
        self._matches = compile_pattern(pattern)
        self._pattern = pattern

    def begin_with(self, log_events: Iterable[LogEvent]) -> None:
        """Put what the log had before; what has come in since is not taken twice."""
        with self._lock:
            live = list(self._events)
            known = {(one.log_stream, one.timestamp, one.message) for one in live}
            before = [
                TailEvent.of(one)
                for one in log_events
                if (one.log_stream, one.timestamp, one.message) not in known
            ]
            self._events.clear()
            self._events.extend(before + live)

    def receive(self, events: Sequence[Event]) -> list[TailEvent]:
        """Keep what a batch of events writes to this log; returns what is to be shown of it."""
        new = [
            one
            for event in events
            if isinstance(event, PlatformEvent) and self._is_ours(event)
            for one in _tail_events(event)
        ]
        with self._lock:
            self._events.extend(new)
        return [one for one in new if self._matches(one.message)]

    def shown(self) -> list[TailEvent]:
        """All that is kept and matches, oldest first."""
        with self._lock:
            events = list(self._events)
        return [one for one in events if self._matches(one.message)]

    def text(self) -> str:
        """The same as text."""
        return "".join(one.message for one in self.shown())

    def _is_ours(self, event: PlatformEvent) -> bool:
        origin = event.origin
        if origin.function_name != self._function_name:
            return False
        if self._request_id not in (None, getattr(event, "request_id", None)):
            return False
        return self._versions is None or origin.function_version in self._versions


def _tail_events(event: PlatformEvent) -> Iterable[TailEvent]:
    is_platform = not isinstance(event, LogRecord)
    for line in lines.lines(event):
        yield TailEvent(
            timestamp=int(event.time * 1000),
            level=level_of(line)[0],
            is_platform=is_platform,
            request_id=getattr(event, "request_id", None),
            log_stream=event.origin.log_stream,
            message=line,
        )
