"""A sample: one invocation of a load, as the caller saw it and as Lambda reports it."""

from dataclasses import dataclass

from lambda_magic.monitoring.report_line import InvocationReport
from lambda_magic.monitoring.result import InvocationResult

SUCCESS, ERROR, THROTTLE = "success", "error", "throttle"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One invocation of a load."""

    #: When it was begun, in seconds after the load was.
    started: float
    #: From its beginning until its answer, as the caller saw it, in seconds.
    elapsed: float
    result: InvocationResult
    #: None where nothing ran.
    report: InvocationReport | None

    @classmethod
    def of(cls, started: float, elapsed: float, result: InvocationResult) -> "Sample":
        """The sample of a result; its REPORT is read now, as much will be asked of it."""
        try:
            report = result.report
        except LookupError:
            report = None
        return cls(started=started, elapsed=elapsed, result=result, report=report)

    @property
    def status(self) -> str:
        """ "success", "error" (of the function) or "throttle" (it did not run)."""
        if self.result.service_error is not None:
            return THROTTLE
        return SUCCESS if self.result.function_error is None else ERROR

    @property
    def error_type(self) -> str | None:
        """What a function error is called."""
        if self.result.function_error is None:
            return None
        return self.result.error_type or "Error"

    @property
    def reason(self) -> str | None:
        """Why the service turned it away: `TooManyRequestsException`'s Reason."""
        error = self.result.service_error
        return None if error is None else str(error.members.get("Reason", error.code))

    @property
    def is_cold(self) -> bool:
        """Whether it waited for an Init or a restore."""
        report = self.report
        if report is None:
            return False
        return report.init_duration_ms is not None or report.restore_duration_ms is not None

    @property
    def init_ms(self) -> float | None:
        """What it waited for an Init or a restore, in milliseconds; None if it was warm."""
        if self.report is None or not self.is_cold:
            return None
        return (self.report.init_duration_ms or 0.0) + (self.report.restore_duration_ms or 0.0)

    @property
    def elapsed_ms(self) -> float:
        """What the caller waited, in milliseconds."""
        return self.elapsed * 1000

    @property
    def environment_id(self) -> str | None:
        """The execution environment that it ran in; None if it did not, or if nobody says."""
        events = self.result.events
        return events[0].origin.environment_id if events else None

    @property
    def span(self) -> tuple[float, float]:
        """When it had its environment, from its Init on: two moments of one clock, in seconds.

        Where nobody says, it is what the caller saw, which begins earlier and ends later.
        """
        events = self.result.events
        if events:
            return events[0].time, events[-1].time
        return self.started, self.started + self.elapsed
