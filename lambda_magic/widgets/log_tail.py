"""The log tail: a log as it is written, to filter, to group by request and to pause."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets  # type: ignore[import-untyped]  # it ships no types
import traitlets

from lambda_magic.core.errors import LambdaError
from lambda_magic.monitoring import display
from lambda_magic.monitoring.events import Event
from lambda_magic.monitoring.logs import LogEvent, LogText
from lambda_magic.monitoring.tail import Tail

_STATIC = Path(__file__).parent / "static"

#: A live tail shows so many log events per second; of more, it says how many it left out.
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatchLogs_LiveTail.html
MOST_PER_SECOND = 500

#: Has batches of events delivered, and returns the way to stop it.
Subscribe = Callable[[Callable[[Sequence[Event]], None]], Callable[[], None]]


class TailControls(ipywidgets.Widget):  # type: ignore[misc]  # ipywidgets has no types
    """What the page says: apart from the log, or its messages would wait while a cell runs."""

    _model_name = traitlets.Unicode("WidgetModel").tag(sync=True)

    #: A filter pattern of CloudWatch Logs.
    pattern = traitlets.Unicode("").tag(sync=True)
    #: What is wrong with it.
    error = traitlets.Unicode("").tag(sync=True)
    #: In how many places it is shown; nothing is sent where it is in none.
    views = traitlets.Int(1).tag(sync=True)


class LogTail(anywidget.AnyWidget):
    """A widget that shows a log as it is written.

    `tail` holds what it shows, and `before` is what the log had until now. `stop` ends it.
    """

    _esm = (_STATIC / "log_tail.mjs").read_text(encoding="utf-8")
    _css = (_STATIC / "log_tail.css").read_text(encoding="utf-8")

    title = traitlets.Unicode().tag(sync=True)
    controls = traitlets.Instance(TailControls).tag(sync=True, **ipywidgets.widget_serialization)
    #: Read when a page asks for the widget's state; what comes later is sent as messages.
    events: Any = traitlets.List().tag(sync=True)

    def __init__(
        self,
        title: str,
        tail: Tail,
        subscribe: Subscribe,
        before: Callable[[], Iterable[LogEvent]] = tuple,
    ) -> None:
        self.tail = tail
        self._second = self._sent = 0
        self._is_open = self._missed = False
        # First from now on, then what was before: so nothing is lost in between.
        self._stop: Callable[[], None] | None = subscribe(self._receive)
        tail.begin_with(before())
        super().__init__(title=title, controls=TailControls(pattern=tail.pattern))
        self.controls.observe(self._filter, "pattern")
        self.controls.observe(self._shown_again, "views")
        self._is_open = True
        if self._missed:
            self._send_all()

    @property
    def is_following(self) -> bool:
        """Whether it still shows what is written."""
        return self._stop is not None

    def stop(self) -> None:
        """Follow no longer; what has been shown stays."""
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()

    def close(self) -> None:
        """Stop, and take the widget out of the page."""
        self.stop()
        self.controls.close()
        self.layout.close()
        super().close()

    def get_state(self, *arguments: Any, **keywords: Any) -> dict[str, Any]:
        """The state that a page asks for: with the log as it is then."""
        state: dict[str, Any] = super().get_state(*arguments, **keywords)
        if "events" in state:
            state["events"] = self._rows()
        return state

    def __repr__(self) -> str:
        return f"<LogTail {self.title} [{'following' if self.is_following else 'stopped'}]>"

    def _repr_mimebundle_(self, **keywords: Any) -> Any:
        """The widget, and for a page without a kernel the log as it is now."""
        bundle, metadata = super()._repr_mimebundle_(**keywords) or ({}, {})
        text = LogText(self.tail.text())
        note = "the log as it was when this was shown; run the cell to follow it"
        fixed = {
            "text/plain": f"{self.title}: {note}\n{text}".rstrip("\n"),
            "text/html": display.plain(display.heading(self.title, note) + text._repr_html_()),
        }
        return bundle | fixed, metadata

    def _rows(self) -> list[dict[str, object]]:
        return [event.row() for event in self.tail.shown()]

    def _receive(self, events: Sequence[Event]) -> None:
        """On the loop thread: keep it, and tell the page, but not more than anybody can read."""
        shown = self.tail.receive(events)
        if not self._is_open:
            self._missed = True
            return
        if not shown or not self.controls.views:
            return
        if (second := int(time.monotonic())) != self._second:
            self._second, self._sent = second, 0
        taken = shown[: max(MOST_PER_SECOND - self._sent, 0)]
        self._sent += len(taken)
        self.send(
            {
                "type": "events",
                "events": [event.row() for event in taken],
                "omitted": len(shown) - len(taken),
            }
        )

    def _filter(self, change: Any) -> None:
        try:
            self.tail.pattern = change["new"]
        except LambdaError as error:
            self.controls.error = f"{error.code}: {error.message}"
            return
        self.controls.error = ""
        self._send_all()

    def _shown_again(self, change: Any) -> None:
        if change["new"] > change["old"]:
            self._send_all()

    def _send_all(self) -> None:
        self.send({"type": "reset", "events": self._rows()})
