"""The monitor's feed: what the views of a monitor are sent, while there are any.

It subscribes to the bus when a view is shown and leaves when none is seen any more. Everything
here runs on the loop thread; `send` gets messages whose layout `static/records.mjs` reads.
"""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Protocol

from lambda_magic.core.clock import Clock, SystemClock, Timer
from lambda_magic.core.loop_thread import LoopThread
from lambda_magic.monitoring.bus import Bus
from lambda_magic.monitoring.events import Event, PollerState
from lambda_magic.monitoring.logs import Logs
from lambda_magic.monitoring.recent import Recent
from lambda_magic.monitoring.timeline import Limits, Timeline, timeline
from lambda_magic.monitoring.timeline_picture import TimelinePicture
from lambda_magic.widgets import wire

#: Called with a message and its buffers.
Send = Callable[[dict[str, Any], list[bytes]], None]

#: In the place of a view's id: the output is there, but no view has said so yet. The kernel may
#: be busy with a cell and hear of it late, so until then everything is sent again and again.
DISPLAYED = "displayed"


class Watched(Protocol):
    """What is watched: a region, or something of its shape."""

    bus: Bus
    recent: Recent
    logs: Logs
    loop_thread: LoopThread

    def limits(self, functions: Collection[str]) -> Limits:
        """What the concurrency of some functions, or of all, is held against."""

    def timeline(self, *functions: str) -> TimelinePicture:
        """What has happened, as a static picture. For any thread but the loop's."""

    def before_close(self, callback: Callable[[], object]) -> None:
        """Have `callback` called when it is about to close."""


class Feed:
    """One monitor's timeline, and the views that are kept up to date with it."""

    #: Seconds between two messages, at least.
    INTERVAL = 1 / 15
    #: Seconds after which everything is sent once more to a view that has not been heard of.
    REPEAT = 1.0
    #: Seconds after which views hear that the kernel is there, while an invocation runs.
    ALIVE = 10.0
    #: Seconds for which a view counts as there after it was last heard of; it says so thrice.
    LEASE = 65.0
    #: Segments in one message.
    MOST = 5_000

    def __init__(
        self,
        watched: Watched,
        functions: Collection[str],
        send: Send,
        *,
        clock: Clock | None = None,
    ) -> None:
        self._watched = watched
        self._functions = tuple(functions)
        self._send = send
        self._clock = clock or SystemClock()
        self._views: dict[str, float] = {}
        self._timeline: Timeline | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._timer: Timer | None = None
        #: Whether there is something to send, for which the timer runs.
        self._due = False
        self._sequence = 0
        self._repeated = 0.0
        self._asked = -math.inf
        self._sent_lanes: dict[int, float | None] = {}
        self._names = wire.Names()
        #: Whether the kernel runs a cell, and may not hear what views say.
        self.is_deaf = False

    def __repr__(self) -> str:
        return f"<Feed [{len(self._views)} views]>"

    def show(self, view: str, *, again: bool = False) -> None:
        """A view is seen; it gets everything, if it is new or asks for it `again`."""
        is_new = again or view not in self._views
        self._views[view] = self._clock.monotonic()
        if view != DISPLAYED:
            self._views.pop(DISPLAYED, None)
        if self._timeline is None:
            self._start()
        if is_new:
            self._send_everything()
        self._wait()

    def hide(self, view: str) -> None:
        """A view is out of sight, or gone."""
        self._views.pop(view, None)
        if not self._views:
            self.stop()

    def stop(self) -> None:
        """Listen no longer, and forget everything."""
        self._views.clear()
        if self._unsubscribe is not None:
            self._unsubscribe()
        if self._timer is not None:
            self._timer.cancel()
        self._unsubscribe = self._timer = self._timeline = None
        self._due = False

    def refresh(self) -> None:
        """A cell has ended: limits may have changed, and who looks can be heard again."""
        now = self._clock.monotonic()
        self._views = dict.fromkeys(self._views, now)
        self._asked = -math.inf
        if self._timeline is not None:
            self._tick()

    def log_group(self, environment_id: str) -> str | None:
        """Where an environment of the timeline logs to. May be called on any thread."""
        shown = self._timeline
        lane = None if shown is None else shown.lanes.get(environment_id)
        return None if lane is None else lane.origin.log_group

    # Within...

    def _start(self) -> None:
        # First what is pending on the bus, so that the recent past has it.
        self._unsubscribe = self._watched.bus.subscribe(self._receive)
        self._timeline = timeline(self._watched.recent.events(), self._functions)
        # Nothing of this is news: whoever comes gets all of it.
        self._asked = -math.inf
        self._sent_lanes.clear()
        self._timeline.take_changes()
        self._timeline.pollers.take()
        self._new_limits()
        self._new_lanes()

    def _receive(self, events: Sequence[Event]) -> None:
        assert self._timeline is not None
        self._timeline.receive(events)
        if not self._due and self._timeline.has_changed:
            self._due = True
            self._tick_in(self.INTERVAL)

    def _wait(self) -> None:
        """Come back, as long as somebody may have missed what was sent, or waits for more."""
        if self._due or self._timeline is None:
            return
        if DISPLAYED in self._views:
            self._tick_in(self.REPEAT)
        elif self._timeline.is_running:
            self._tick_in(self.ALIVE)

    def _tick_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.call_later(seconds, self._tick)

    def _tick(self) -> None:
        due, self._due = self._due, False
        self._drop_views()
        if self._timeline is None:
            return
        self._send_changes(alive=not due and self._timeline.is_running)
        long_ago = self._repeated + self.REPEAT <= self._clock.monotonic()
        if DISPLAYED in self._views and long_ago:
            self._send_everything()
        self._wait()

    def _drop_views(self) -> None:
        """Forget views that went without a word: their page was closed."""
        if self.is_deaf:
            return
        since = self._clock.monotonic() - self.LEASE
        for view in [view for view, heard in self._views.items() if heard < since]:
            self.hide(view)

    def _send_changes(self, *, alive: bool = False) -> None:
        """Send what is new; with `alive` a message even if nothing is."""
        assert self._timeline is not None
        changed = self._timeline.take_changes()
        limits = self._new_limits()
        lanes = self._new_lanes()
        pollers = self._timeline.pollers.take()
        if changed or limits or lanes or pollers is not None or alive:
            for start in range(0, len(changed) or 1, self.MOST):
                self._sequence += 1
                self._message("add", changed[start : start + self.MOST], lanes, limits, pollers)
                lanes, limits, pollers = [], [], None

    def _send_everything(self) -> None:
        assert self._timeline is not None
        # Whoever has missed nothing does not look at the rest.
        self._send_changes()
        self._repeated = self._clock.monotonic()
        self._sent_lanes.clear()
        limits = [_limits(time, one) for time, one in self._timeline.limits]
        segments = list(self._timeline.segments)
        self._names.forget_taken()
        pollers = self._timeline.pollers
        self._message("reset", segments[: self.MOST], self._new_lanes(), limits, pollers)
        for start in range(self.MOST, len(segments), self.MOST):
            self._sequence += 1
            self._message("add", segments[start : start + self.MOST], [], [])

    def _message(
        self,
        kind: str,
        segments: list[Any],
        lanes: list[Any],
        limits: list[Any],
        pollers: Iterable[PollerState] | None = None,
    ) -> None:
        assert self._timeline is not None
        records = wire.pack(segments, self._names)
        content = {
            "kind": kind,
            "sequence": self._sequence,
            "time": self._clock.time(),
            "first": self._timeline.first_number,
            "lanes": lanes,
            "names": self._names.take_new(),
            "limits": limits,
            "sources": None if pollers is None else wire.sources(pollers),
        }
        self._send(content, [records] if records else [])

    def _new_lanes(self) -> list[dict[str, Any]]:
        """The lanes that are new, or have ended, since they were last sent."""
        assert self._timeline is not None
        new = []
        for lane in self._timeline.lanes.values():
            if self._sent_lanes.get(lane.number, -1.0) != lane.gone:
                self._sent_lanes[lane.number] = lane.gone
                new.append(wire.lane(lane))
        return new

    def _new_limits(self) -> list[dict[str, Any]]:
        assert self._timeline is not None
        if self._clock.monotonic() - self._asked < self.REPEAT:
            return []
        self._asked = self._clock.monotonic()
        now = self._clock.time()
        limits = self._watched.limits(self._functions)
        return [_limits(now, limits)] if self._timeline.note_limits(now, limits) else []


def _limits(time: float, limits: Limits) -> dict[str, Any]:
    return {
        "time": time,
        "account": limits.account,
        "reserved": limits.reserved,
        "provisioned": limits.provisioned,
    }
