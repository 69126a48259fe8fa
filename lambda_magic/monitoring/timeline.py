"""The timeline: what every execution environment did, phase by phase.

Platform events become lanes (one per environment) and segments (one per phase or invocation).
The live monitor and the static picture both draw what is here.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from lambda_magic.monitoring.cost import report_cost
from lambda_magic.monitoring.events import (
    EnvironmentChanged,
    Event,
    InitReport,
    InitStart,
    Origin,
    PlatformEvent,
    PollerState,
    Report,
    RestoreReport,
    RestoreStart,
    RuntimeDone,
    Start,
    Throttle,
)
from lambda_magic.monitoring.poller_states import PollerStates


class Phase(IntEnum):
    """What a segment shows; the numbers are the ones that the widget's records carry."""

    EXTENSION_INIT = 0
    RUNTIME_INIT = 1
    FUNCTION_INIT = 2
    RESTORE = 3
    INVOKE = 4
    FROZEN = 5
    SHUTDOWN = 6
    #: Its processes are being killed, after a crash or a timeout.
    RESET = 7
    #: An invocation that was turned away: a moment, in no environment.
    THROTTLE = 8

    @property
    def title(self) -> str:
        """Its name in legends: "extension init"."""
        return self.name.lower().replace("_", " ")


INIT_PHASES = (Phase.EXTENSION_INIT, Phase.RUNTIME_INIT, Phase.FUNCTION_INIT)

#: The states of an environment (`EnvironmentChanged.state`) that are phases of their own; all
#: others end the phase before them.
_PHASES = {
    "Extension init": Phase.EXTENSION_INIT,
    "Runtime init": Phase.RUNTIME_INIT,
    "Function init": Phase.FUNCTION_INIT,
    "Frozen": Phase.FROZEN,
    "Resetting": Phase.RESET,
    "Shutdown": Phase.SHUTDOWN,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What the concurrency curve is held against."""

    #: The account's ConcurrentExecutions.
    account: int
    #: ReservedConcurrentExecutions of the one function that is shown, if it has any.
    reserved: int | None = None
    #: Provisioned concurrency of the functions that are shown, all qualifiers together.
    provisioned: int = 0


@dataclass(slots=True, eq=False)
class Lane:
    """One execution environment."""

    #: Counts up in the order of birth.
    number: int
    origin: Origin
    #: Seconds since the epoch: when it was first heard of, and when it ended.
    born: float
    gone: float | None = None

    @property
    def is_on_demand(self) -> bool:
        """Whether it was started for an invocation."""
        return self.origin.initialization_type == "on-demand"


@dataclass(slots=True, eq=False)
class Segment:
    """One phase of an environment, one invocation, or one throttle."""

    #: Counts up in the order in which segments were heard of.
    number: int
    phase: Phase
    #: Seconds since the epoch; `end` is None as long as it goes on.
    start: float
    end: float | None = None
    #: None for a throttle.
    lane: Lane | None = None
    #: "running", "success", "failure" (the handler raised), "error" or "timeout".
    status: str = "running"
    #: Whether the invocation that it is, or belongs to, counts as running meanwhile.
    concurrent: bool = False
    #: Whether it is an Init that is repeated within an invocation.
    suppressed: bool = False
    # Of an invocation, as in its REPORT line:
    request_id: str = ""
    alias: str | None = None
    spillover: bool = False
    duration_ms: float = 0.0
    billed_duration_ms: int = 0
    init_duration_ms: float | None = None
    max_memory_used_mb: int = 0
    cost_usd: float = 0.0
    #: The error's type; a throttle's Reason.
    error_type: str | None = None
    # Of a throttle, which has no lane to say it:
    function_name: str = ""
    version: str = ""


class Timeline:
    """Lanes and segments of some functions, or of all; made of events in their order.

    It keeps at least the last `capacity` segments. Changed by one thread only.
    """

    CAPACITY = 50_000

    def __init__(
        self, functions: Collection[str] | None = None, *, capacity: int = CAPACITY
    ) -> None:
        self.functions = frozenset(functions) if functions else None
        self.lanes: dict[str, Lane] = {}
        self.segments: deque[Segment] = deque()
        #: What the limits were, from when on; oldest first.
        self.limits: list[tuple[float, Limits]] = []
        self.pollers = PollerStates()
        self._capacity = capacity
        self._count = 0
        self._lane_count = 0
        # What each environment is in, and the invocations in flight.
        self._current: dict[str, Segment] = {}
        self._inits: dict[str, Segment] = {}
        self._running: dict[str, Segment] = {}
        self._changed: dict[int, Segment] = {}

    def __repr__(self) -> str:
        return f"<Timeline [{len(self.lanes):,} lanes, {len(self.segments):,} segments]>"

    def receive(self, events: Iterable[Event]) -> None:
        """Take a batch of events in."""
        functions = self.functions
        for event in events:
            handle = _HANDLERS.get(type(event))
            if handle is None:
                continue
            if functions is not None and function_name(event) not in functions:
                continue
            handle(self, event)
        self._forget()

    def note_limits(self, time: float, limits: Limits) -> bool:
        """From `time` on these are the limits; returns whether they are others than before."""
        if self.limits and self.limits[-1][1] == limits:
            return False
        self.limits.append((time, limits))
        return True

    @property
    def has_changed(self) -> bool:
        """Whether there is anything to take, segments or the pollers' states."""
        return bool(self._changed) or self.pollers.has_changed

    @property
    def is_running(self) -> bool:
        """Whether an invocation is in flight."""
        return bool(self._running)

    def take_changes(self) -> list[Segment]:
        """The segments that are new or have changed since this was last asked, in order."""
        changed, self._changed = self._changed, {}
        return [changed[number] for number in sorted(changed) if number >= self.first_number]

    @property
    def first_number(self) -> int:
        """The number of the oldest segment that is kept; all that follow are too."""
        return self._count - len(self.segments)

    # One kind of event each...

    def _environment_changed(self, event: EnvironmentChanged) -> None:
        lane = self._lane(event)
        self._end_current(lane, event.time)
        phase = _PHASES.get(event.state)
        if phase is not None:
            self._begin(lane, phase, event.time)
        elif event.state == "Terminated":
            lane.gone = event.time

    def _init_start(self, event: InitStart) -> None:
        if event.phase == "invoke":
            segment = self._begin(self._lane(event), Phase.FUNCTION_INIT, event.time)
            segment.suppressed, segment.concurrent = True, False

    def _init_report(self, event: InitReport | RestoreReport) -> None:
        lane = self._lane(event)
        if segment := self._inits.pop(lane.origin.environment_id, None):
            # One that failed is reported when the reset has already begun.
            if segment.end is None:
                self._end_current(lane, event.time)
            segment.status, segment.error_type = event.status, event.error_type
            self._changed[segment.number] = segment

    def _restore_start(self, event: RestoreStart) -> None:
        self._begin(self._lane(event), Phase.RESTORE, event.time)

    def _start(self, event: Start) -> None:
        lane = self._lane(event)
        self._end_current(lane, event.time)
        segment = self._add(Phase.INVOKE, event.time, lane)
        segment.concurrent = True
        segment.request_id = event.request_id
        segment.alias = event.alias
        segment.spillover = event.spillover
        self._running[event.request_id] = segment

    def _runtime_done(self, event: RuntimeDone) -> None:
        if segment := self._running.get(event.request_id):
            segment.duration_ms = event.duration_ms
            self._changed[segment.number] = segment

    def _report(self, event: Report) -> None:
        segment = self._running.pop(event.request_id, None)
        if segment is None:  # its Start was published before anybody listened
            start = event.time - event.duration_ms / 1000
            segment = self._add(Phase.INVOKE, start, self._lane(event))
            segment.request_id, segment.alias = event.request_id, event.alias
            segment.concurrent = True
        segment.end = event.time
        segment.status = event.status
        segment.error_type = event.error_type
        segment.duration_ms = event.duration_ms
        segment.billed_duration_ms = event.billed_duration_ms
        segment.init_duration_ms = event.init_duration_ms
        segment.max_memory_used_mb = event.max_memory_used_mb
        segment.cost_usd = report_cost(event)
        self._changed[segment.number] = segment

    def _throttle(self, event: Throttle) -> None:
        segment = self._add(Phase.THROTTLE, event.time, None)
        segment.end, segment.status = event.time, "error"
        segment.alias, segment.error_type = event.alias, event.reason
        segment.function_name, segment.version = event.function_name, event.version

    def _poller_state(self, event: PollerState) -> None:
        self.pollers.receive(event)

    # Within...

    def _lane(self, event: Any) -> Lane:
        origin = event.origin
        lane = self.lanes.get(origin.environment_id)
        if lane is None:
            lane = Lane(self._lane_count, origin, event.time)
            self._lane_count += 1
            self.lanes[origin.environment_id] = lane
        return lane

    def _add(self, phase: Phase, start: float, lane: Lane | None) -> Segment:
        segment = Segment(self._count, phase, start, lane=lane)
        self._count += 1
        self.segments.append(segment)
        self._changed[segment.number] = segment
        return segment

    def _begin(self, lane: Lane, phase: Phase, time: float) -> Segment:
        """The lane is in this phase from now on."""
        self._end_current(lane, time)
        segment = self._add(phase, time, lane)
        # An Init on demand is for an invocation, which has claimed its concurrency by then.
        segment.concurrent = lane.is_on_demand and phase <= Phase.RESTORE
        self._current[lane.origin.environment_id] = segment
        if phase <= Phase.RESTORE:
            self._inits[lane.origin.environment_id] = segment
        return segment

    def _end_current(self, lane: Lane, time: float) -> None:
        segment = self._current.pop(lane.origin.environment_id, None)
        if segment is not None:
            # The Start of an invocation is dated back to before an Init that is repeated in it.
            segment.end = max(time, segment.start)
            segment.status = "success"
            self._changed[segment.number] = segment

    def _forget(self) -> None:
        """Let the oldest segments go, and the lanes that ended before all that are left."""
        excess = len(self.segments) - self._capacity
        if excess <= self._capacity // 10:  # not for each of them
            return
        for _ in range(excess):
            self.segments.popleft()
        since = self.segments[0].start
        for key, lane in list(self.lanes.items()):
            if lane.gone is not None and lane.gone < since:
                del self.lanes[key]


def timeline(events: Sequence[Event], functions: Collection[str] | None = None) -> Timeline:
    """The timeline of some events, in the order of the bus."""
    made = Timeline(functions)
    made.receive(events)
    return made


def function_name(event: Event) -> str:
    """The function that an event is about."""
    if isinstance(event, PlatformEvent):
        return event.origin.function_name
    return event.function_name


_HANDLERS: dict[type, Callable[[Timeline, Any], None]] = {
    EnvironmentChanged: Timeline._environment_changed,
    InitStart: Timeline._init_start,
    InitReport: Timeline._init_report,
    RestoreStart: Timeline._restore_start,
    RestoreReport: Timeline._init_report,
    Start: Timeline._start,
    RuntimeDone: Timeline._runtime_done,
    Report: Timeline._report,
    Throttle: Timeline._throttle,
    PollerState: Timeline._poller_state,
}
