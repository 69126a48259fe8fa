"""Metrics: platform events become CloudWatch's metrics of functions, versions and aliases.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from lambda_magic.monitoring.cost import report_cost
from lambda_magic.monitoring.events import (
    EnvironmentChanged,
    Event,
    InitReport,
    Measurement,
    Origin,
    PollerState,
    Report,
    Start,
    Throttle,
)
from lambda_magic.monitoring.function_metrics import FunctionMetrics
from lambda_magic.monitoring.journal import Journal, Row
from lambda_magic.monitoring.statistics import most_at_once, statistics

PROVISIONED = "provisioned-concurrency"

#: The measurements that are no counts.
_TIMES = frozenset(
    {"AsyncEventAge", "IteratorAge", "PostRuntimeExtensionsDuration", "UrlRequestLatency"}
)


class InvocationRecord(NamedTuple):
    """One invocation as the journal keeps it. (A tuple, not a dataclass: it is a row.)"""

    start_time: float
    end_time: float
    function_name: str
    version: str
    alias: str | None
    request_id: str
    status: str
    error_type: str | None
    duration_ms: float
    billed_duration_ms: int
    init_duration_ms: float | None
    memory_size_mb: int
    max_memory_used_mb: int
    cost_usd: float
    function_concurrency: int
    account_concurrency: int
    unreserved_concurrency: int | None
    spillover: bool
    #: Busy environments of this version's provisioned concurrency, and all of them; None for an
    #: invocation that ran on demand.
    provisioned_used: int | None
    provisioned_allocated: int | None


class ThrottleRecord(NamedTuple):
    """One throttle as the journal keeps it."""

    time: float
    function_name: str
    version: str
    alias: str | None
    reason: str


class MeasurementRecord(NamedTuple):
    """One value of a metric that no environment can tell, as the journal keeps it."""

    time: float
    function_name: str
    qualifier: str | None
    metric: str
    value: float


Moment = datetime | float


class Metrics:
    """The metrics of a region: a subscriber of the bus, and the way to read what it kept.

    `flush` makes the bus deliver what was published so far; it is called before each reading,
    which therefore sees everything that had happened. Read on any thread but the loop's.
    """

    def __init__(self, journal: Journal, *, flush: Callable[[], object] = lambda: None) -> None:
        self._journal = journal
        self._flush = flush
        # What has begun and not ended: invocations by request id, and provisioned concurrency by
        # version. Changed by `receive` only.
        self._started: dict[str, tuple[Start, int | None, int | None]] = {}
        self._provisioned = _ProvisionedUse()

    def receive(self, events: Sequence[Event]) -> None:
        """Keep what a batch of events counts for; subscribed to the bus."""
        invocations: list[Row] = []
        throttles: list[Row] = []
        measurements: list[Row] = []
        for event in events:
            kind = type(event)
            if kind is Start:
                self._start(event)  # type: ignore[arg-type]  # `kind` is quicker than isinstance
            elif kind is Report:
                invocations.append(self._finish(event))  # type: ignore[arg-type]  # the same
                measurements += _post_runtime(event)  # type: ignore[arg-type]  # the same
            elif isinstance(event, Throttle):
                throttles.append(
                    ThrottleRecord(
                        event.time, event.function_name, event.version, event.alias, event.reason
                    )
                )
            elif isinstance(event, Measurement):
                measurements.append(
                    MeasurementRecord(
                        event.time, event.function_name, event.qualifier, event.metric, event.value
                    )
                )
            elif isinstance(event, PollerState):
                continue
            elif event.origin.initialization_type == PROVISIONED:
                self._provisioned.receive(event)
        if invocations or throttles or measurements:
            self._journal.append(
                invocations=invocations, throttles=throttles, measurements=measurements
            )

    def _start(self, event: Start) -> None:
        used = allocated = None
        if event.origin.initialization_type == PROVISIONED:
            used, allocated = self._provisioned.take(event.origin)
        self._started[event.request_id] = (event, used, allocated)

    def _finish(self, event: Report) -> InvocationRecord:
        start, used, allocated = self._started.pop(event.request_id, (None, None, None))
        origin = event.origin
        if origin.initialization_type == PROVISIONED:
            self._provisioned.give_back(origin)
        # Without its Start (published before anybody listened) as much is known as Report says.
        return InvocationRecord(
            start.time if start else event.time - event.duration_ms / 1000,
            event.time,
            origin.function_name,
            origin.function_version,
            event.alias,
            event.request_id,
            event.status,
            event.error_type,
            event.duration_ms,
            event.billed_duration_ms,
            event.init_duration_ms,
            event.memory_size_mb,
            event.max_memory_used_mb,
            report_cost(event),
            start.function_concurrency if start else 1,
            start.account_concurrency if start else 1,
            start.unreserved_concurrency if start else None,
            start.spillover if start else False,
            used,
            allocated,
        )

    def function(
        self,
        function_name: str,
        qualifier: str | None = None,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
    ) -> FunctionMetrics:
        """What happened to a function, or to one of its versions or aliases, in a span of time.

        A version counts however it was reached, an alias with all versions it led to.
        """
        invocations, throttles = self.records(function_name, start, end)
        measurements = self.measurements(function_name, start, end)
        if qualifier is not None:
            invocations = [one for one in invocations if qualifier in (one.version, one.alias)]
            throttles = [one for one in throttles if qualifier in (one.version, one.alias)]
            measurements = [one for one in measurements if qualifier == one.qualifier]
        name = function_name if qualifier is None else f"{function_name}:{qualifier}"
        metrics = _metrics(invocations, throttles) | _measured(measurements)
        metrics["ConcurrentExecutions"] = _maximum(
            [one.function_concurrency for one in invocations]
            if qualifier is None
            else [most_at_once((one.start_time, one.end_time) for one in invocations)]
        )
        return FunctionMetrics(name, metrics)

    def account(self, *, start: Moment | None = None, end: Moment | None = None) -> FunctionMetrics:
        """What happened in the whole region."""
        invocations, throttles = self.records(None, start, end)
        unreserved = [one.unreserved_concurrency or 0 for one in invocations]
        metrics = _metrics(invocations, throttles) | {
            "ConcurrentExecutions": _maximum([one.account_concurrency for one in invocations]),
            "UnreservedConcurrentExecutions": _maximum(unreserved),
        }
        metrics |= _measured(self.measurements(None, start, end))
        return FunctionMetrics("All functions", metrics)

    def records(
        self, function_name: str | None, start: Moment | None, end: Moment | None
    ) -> tuple[list[InvocationRecord], list[ThrottleRecord]]:
        """The invocations that began, and the throttles, in a span of time; oldest first."""
        self._flush()
        since = 0.0 if start is None else seconds(start)
        until = math.inf if end is None else seconds(end)
        invocations = self._journal.invocations(function_name, start=since, end=until)
        throttles = self._journal.throttles(function_name, start=since, end=until)
        return (
            list(map(InvocationRecord._make, invocations)),
            list(map(ThrottleRecord._make, throttles)),
        )

    def measurements(
        self, function_name: str | None, start: Moment | None, end: Moment | None
    ) -> list[MeasurementRecord]:
        """What no environment can tell; read after `records`, which has everything delivered."""
        since = 0.0 if start is None else seconds(start)
        until = math.inf if end is None else seconds(end)
        rows = self._journal.measurements(function_name, start=since, end=until)
        return list(map(MeasurementRecord._make, rows))


def _post_runtime(event: Report) -> list[MeasurementRecord]:
    """How long extensions went on after the runtime; only where there are any, as on AWS."""
    if event.runtime_ready is None:
        return []
    return [
        MeasurementRecord(
            event.time,
            event.origin.function_name,
            event.alias or event.origin.function_version,
            "PostRuntimeExtensionsDuration",
            (event.time - event.runtime_ready) * 1000,
        )
    ]


class _ProvisionedUse:
    """How many environments each version's provisioned concurrency has, and how many are busy."""

    def __init__(self) -> None:
        self._used: Counter[tuple[str, str]] = Counter()
        self._allocated: dict[tuple[str, str], set[str]] = {}

    def receive(self, event: Event) -> None:
        """Notice an environment that becomes ready, or goes."""
        if isinstance(event, InitReport) and event.status == "success":
            environments = self._allocated.setdefault(self._version(event.origin), set())
            environments.add(event.origin.environment_id)
        elif isinstance(event, EnvironmentChanged) and event.state.lower() == "terminated":
            environments = self._allocated.get(self._version(event.origin), set())
            environments.discard(event.origin.environment_id)

    def take(self, origin: Origin) -> tuple[int, int]:
        """One more is busy; returns how many are now, and how many there are."""
        version = self._version(origin)
        self._used[version] += 1
        used = self._used[version]
        return used, max(used, len(self._allocated.get(version, ())))

    def give_back(self, origin: Origin) -> None:
        """One less is busy."""
        version = self._version(origin)
        self._used[version] = max(0, self._used[version] - 1)

    @staticmethod
    def _version(origin: Origin) -> tuple[str, str]:
        return origin.function_name, origin.function_version


def _metrics(
    invocations: list[InvocationRecord], throttles: list[ThrottleRecord]
) -> dict[str, dict[str, float]]:
    """By CloudWatch's names; used_memory_max is Lambda Insights', ColdStarts and Cost are ours."""
    # A throttled request is no invocation, and no error either.
    metrics = {
        "Invocations": _sum([1 for _ in invocations]),
        "Errors": _sum([1 for one in invocations if one.status != "success"]),
        "Throttles": _sum([1 for _ in throttles]),
        "Duration": statistics([one.duration_ms for one in invocations]),
        "ColdStarts": _sum([1 for one in invocations if one.init_duration_ms is not None]),
        "InitDuration": statistics(
            [one.init_duration_ms for one in invocations if one.init_duration_ms is not None]
        ),
        "used_memory_max": _maximum([one.max_memory_used_mb for one in invocations]),
        "Cost": _sum([one.cost_usd for one in invocations]),
    }
    return metrics | _provisioned_metrics(invocations)


def _provisioned_metrics(invocations: list[InvocationRecord]) -> dict[str, dict[str, float]]:
    """Only where there was provisioned concurrency, as on AWS."""
    uses = [
        (one.provisioned_used, one.provisioned_allocated)
        for one in invocations
        if one.provisioned_used is not None and one.provisioned_allocated is not None
    ]
    spillovers = [1 for one in invocations if one.spillover]
    if not uses and not spillovers:
        return {}
    return {
        "ProvisionedConcurrentExecutions": _maximum([used for used, _ in uses]),
        "ProvisionedConcurrencyInvocations": _sum([1 for _ in uses]),
        "ProvisionedConcurrencySpilloverInvocations": _sum(spillovers),
        "ProvisionedConcurrencyUtilization": _maximum([used / of for used, of in uses]),
    }


def _measured(measurements: list[MeasurementRecord]) -> dict[str, dict[str, float]]:
    """Only those that there were; times in statistics, counts as sums."""
    values: dict[str, list[float]] = {}
    for one in measurements:
        values.setdefault(one.metric, []).append(one.value)
    return {
        metric: statistics(some) if metric in _TIMES else _sum(some)
        for metric, some in sorted(values.items())
    }


def _sum(values: Sequence[float]) -> dict[str, float]:
    return {"Sum": sum(values)}


def _maximum(values: Sequence[float]) -> dict[str, float]:
    return {"Maximum": max(values, default=0)}


def seconds(moment: Moment) -> float:
    """A moment, in seconds since the epoch."""
    return moment.timestamp() if isinstance(moment, datetime) else moment
