"""The live monitor: a widget of what all execution environments do, and its static picture.

The picture moves while a cell runs: the loop thread sends it what happens. What the page says
comes on a comm of its own (`Controls`), because a kernel may be slow to hear a comm that another
thread publishes on; nothing depends on its being heard at once.
"""

import contextlib
import uuid
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import ipywidgets  # type: ignore[import-untyped]  # it has no types
import traitlets
from comm import DummyComm
from IPython.core.getipython import get_ipython
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import publish_display_data

from lambda_magic.monitoring.timeline_picture import TimelinePicture
from lambda_magic.widgets.feed import DISPLAYED, Feed, Watched
from lambda_magic.widgets.javascript import module, style

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class Controls(ipywidgets.Widget):  # type: ignore[misc]  # the same
    """What the page says to the kernel; it shows nothing."""


class Monitor(anywidget.AnyWidget):
    """A live picture of some functions, or with none named of all.

    >>> Monitor(lambda_magic.region(), ["hello"])

    After each cell of `shell` (IPython's, unless another is given) the static picture is renewed.

    Wherever there are no widgets, and in a saved notebook, it is a static picture. `close` ends
    it; so do unloading the extension and closing the region.
    """

    _esm = module("monitor.mjs")
    _css = style("monitor.css")

    #: The names of the functions that are shown; empty for all.
    functions = traitlets.List(traitlets.Unicode()).tag(sync=True)
    #: Names the static picture beside the live one, which hides it.
    static_name = traitlets.Unicode().tag(sync=True)
    controls = traitlets.Instance(Controls).tag(sync=True, **ipywidgets.widget_serialization)

    def __init__(
        self,
        watched: Watched,
        functions: Sequence[str] = (),
        *,
        shell: InteractiveShell | None = None,
    ) -> None:
        super().__init__(
            functions=list(functions), controls=Controls(), static_name=uuid.uuid4().hex
        )
        self._watched = watched
        self._shell = shell or get_ipython()
        self._feed = Feed(watched, functions, self._send_message)
        self._display_id: str | None = None
        self._kept = ""
        self._last: TimelinePicture | None = None
        self._closed = False
        self._undo = contextlib.ExitStack()
        self.controls.on_msg(self._hear)
        this = weakref.ref(self)
        watched.before_close(lambda: _close(this))

    def __repr__(self) -> str:
        shown = ", ".join(self.functions) or "all functions"
        return f"<Monitor of {shown} [{'closed' if self._closed else 'open'}]>"

    # What is shown...

    def picture(self) -> TimelinePicture:
        """What it shows now, or showed when it was closed, as a static picture."""
        if self._closed and self._last is not None:
            return self._last
        return self._watched.timeline(*self.functions)

    def _ipython_display_(self) -> None:
        """Show the live view where there are widgets, and beneath it keep the static picture."""
        if self._closed or isinstance(self.comm, DummyComm):
            _display(self.picture().mimebundle())
            return
        text = f"Monitor of {', '.join(self.functions) or 'all functions'}"
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        _display({_WIDGET_VIEW: view, "text/plain": text})
        self._display_id = f"lambda-magic-{self.static_name}"
        self._publish(update=False)
        self._watch_cells()
        self._watched.loop_thread.call_soon(self._feed.show, DISPLAYED)

    def _watch_cells(self) -> None:
        shell = self._shell
        if shell is None:
            return
        for name, callback in (("pre_run_cell", self._begin_cell), ("post_run_cell", self._keep)):
            if callback not in shell.events.callbacks[name]:
                shell.events.register(name, callback)
                self._undo.callback(_unregister, shell.events, name, callback)

    def _begin_cell(self, *_: object) -> None:
        self._feed.is_deaf = True

    def _keep(self, *_: object) -> None:
        """A cell has ended: have the notebook keep the picture as it is now."""
        self._feed.is_deaf = False
        if not self._closed:
            self._watched.loop_thread.call_soon(self._feed.refresh)
            self._publish(update=True)

    def _publish(self, *, update: bool) -> None:
        picture = self._last = self.picture()
        bundle = picture.mimebundle(beside=self.static_name)
        if self._display_id is None:
            return
        if not update or bundle["text/html"] != self._kept:
            self._kept = bundle["text/html"]
            _display(bundle, transient={"display_id": self._display_id}, update=update)

    # What goes back and forth...

    def _send_message(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        """Called on the loop thread; sending is thread-safe."""
        self.send(content, buffers)

    def _hear(self, _: object, content: Any, __: object) -> None:
        """The page says something: on whichever thread the kernel handles its messages."""
        if self._closed or not isinstance(content, dict):
            return
        kind, view = content.get("kind"), str(content.get("view"))
        call_soon = self._watched.loop_thread.call_soon
        if kind == "show":
            call_soon(lambda: self._feed.show(view, again=bool(content.get("again"))))
        elif kind == "hide":
            call_soon(self._feed.hide, view)
        elif kind == "log":
            self._send_log(str(content.get("request")), str(content.get("environment")))

    def _send_log(self, request_id: str, environment_id: str) -> None:
        group = self._feed.log_group(environment_id)
        text = "" if group is None else self._watched.logs.text(group, request_id=request_id)
        self.send({"kind": "log", "request": request_id, "text": text or "(no log events)"})

    def close(self) -> None:
        """End it: the kernel listens no longer, the page drops the live view."""
        if self._closed:
            return
        loop_thread = self._watched.loop_thread
        if not loop_thread.is_closed:
            self._publish(update=True)
            loop_thread.call(self._stop())
        self._closed = True
        self._undo.close()
        self.controls.close()
        super().close()

    async def _stop(self) -> None:
        self._feed.stop()


def _close(this: Callable[[], Monitor | None]) -> None:
    """Close a monitor that is still there."""
    if monitor := this():
        monitor.close()


def _display(bundle: dict[str, Any], **how: Any) -> None:
    publish_display_data(bundle, **how)  # type: ignore[no-untyped-call]  # IPython's own


def _unregister(events: Any, name: str, callback: Callable[..., object]) -> None:
    if callback in events.callbacks[name]:
        events.unregister(name, callback)
