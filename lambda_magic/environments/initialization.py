"""One run of the Init phase: its events, and how long it took."""

from collections.abc import Iterable

from lambda_magic.environments.faults import Fault
from lambda_magic.monitoring.events import (
    InitReport,
    InitRuntimeDone,
    InitStart,
    Origin,
    PlatformEvent,
)


class Initialization:
    """Init from platform.initStart to platform.initReport.

    `phase` is "init", or "invoke" where a failed Init is run again within an invocation.
    `started` is on the monotonic clock, in seconds.
    """

    __slots__ = (
        "_is_runtime_done",
        "_origin",
        "_phase",
        "_started",
        "duration_ms",
        "events",
    )

    def __init__(self, origin: Origin, phase: str, started: float) -> None:
        self._origin = origin
        self._phase = phase
        self._started = started
        self._is_runtime_done = False
        self.duration_ms = 0.0
        #: Everything that happened in it, log records included.
        self.events: list[PlatformEvent] = []

    def start(self, runtime_version: str, time: float) -> InitStart:
        """The phase begins."""
        event = InitStart(
            time=time,
            origin=self._origin,
            phase=self._phase,
            runtime_version=runtime_version,
        )
        self.events.append(event)
        return event

    def runtime_done(self, time: float, fault: Fault | None = None) -> list[PlatformEvent]:
        """The runtime has done its part, which extensions may still do; told once."""
        if self._is_runtime_done:
            return []
        self._is_runtime_done = True
        event = InitRuntimeDone(
            time=time,
            origin=self._origin,
            phase=self._phase,
            status="success" if fault is None else fault.status,
            error_type=None if fault is None else fault.error_type,
        )
        self.events.append(event)
        return [event]

    def end(
        self,
        fault: Fault | None,
        time: float,
        now: float,
        extensions: Iterable[PlatformEvent] = (),
    ) -> list[PlatformEvent]:
        """The phase is over; with a fault it failed. `extensions` tell what became of each."""
        self.duration_ms = (now - self._started) * 1000
        done = self.runtime_done(time, fault)
        report = InitReport(
            time=time,
            origin=self._origin,
            phase=self._phase,
            status="success" if fault is None else fault.status,
            duration_ms=self.duration_ms,
            error_type=None if fault is None else fault.error_type,
        )
        ended = [*extensions, report]
        self.events.extend(ended)
        return [*done, *ended]
