"""Metrics over time: what CloudWatch has of a function, by dimensions, in periods.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Self

from lambda_magic.core.arns import LATEST
from lambda_magic.monitoring.metrics import (
    InvocationRecord,
    MeasurementRecord,
    Metrics,
    Moment,
    ThrottleRecord,
)
from lambda_magic.monitoring.statistics import percentile

NAMESPACE = "AWS/Lambda"

#: Name -> value: {"FunctionName": "hello", "Resource": "hello:LIVE"}.
Dimensions = Mapping[str, str]

_Value = Callable[[InvocationRecord], float | None]

#: What an invocation adds to each metric; None where it adds nothing.
_OF_INVOCATIONS: Mapping[str, _Value] = {
    "Invocations": lambda one: 1.0,
    "Errors": lambda one: float(one.status != "success"),
    "Duration": lambda one: one.duration_ms,
    "ConcurrentExecutions": lambda one: float(one.function_concurrency),
    "ProvisionedConcurrentExecutions": lambda one: one.provisioned_used,
    "ProvisionedConcurrencyInvocations": lambda one: None if one.provisioned_used is None else 1.0,
    "ProvisionedConcurrencySpilloverInvocations": lambda one: 1.0 if one.spillover else None,
    "ProvisionedConcurrencyUtilization": lambda one: (
        one.provisioned_used / one.provisioned_allocated
        if one.provisioned_used is not None and one.provisioned_allocated
        else None
    ),
}

#: The same for the account as a whole, which is a series without dimensions.
_OF_THE_ACCOUNT: Mapping[str, _Value] = {
    **_OF_INVOCATIONS,
    "ConcurrentExecutions": lambda one: float(one.account_concurrency),
    "UnreservedConcurrentExecutions": lambda one: one.unreserved_concurrency,
}

#: CloudWatch's units; the others are counts.
UNITS = {
    "Duration": "Milliseconds",
    "AsyncEventAge": "Milliseconds",
    "PostRuntimeExtensionsDuration": "Milliseconds",
    "IteratorAge": "Milliseconds",
    "UrlRequestLatency": "Milliseconds",
    "ProvisionedConcurrencyUtilization": "None",
}

_STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "SampleCount": len,
    "Sum": sum,
    "Average": lambda values: sum(values) / len(values),
    "Minimum": min,
    "Maximum": max,
}


class Records(NamedTuple):
    """What metrics are made of: the records of a span of time."""

    invocations: Sequence[InvocationRecord]
    throttles: Sequence[ThrottleRecord]
    measurements: Sequence[MeasurementRecord]

    @classmethod
    def read(
        cls, metrics: Metrics, function_name: str | None, start: Moment | None, end: Moment | None
    ) -> Self:
        """Those of a function, or of all."""
        invocations, throttles = metrics.records(function_name, start, end)
        return cls(invocations, throttles, metrics.measurements(function_name, start, end))


def metric_names(records: Records) -> list[tuple[str, dict[str, str]]]:
    """Every metric that has values, with the dimensions that it has them for."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], None] = {}
    for one in records.invocations:
        for dimensions in _dimensions(one):
            for name, value in _values_of(dimensions).items():
                if value(one) is not None:
                    found[name, tuple(dimensions.items())] = None
    for throttle in records.throttles:
        for dimensions in _dimensions(throttle):
            found["Throttles", tuple(dimensions.items())] = None
    for measurement in records.measurements:
        for dimensions in _measured_dimensions(measurement):
            found[measurement.metric, tuple(dimensions.items())] = None
    return [(name, dict(dimensions)) for name, dimensions in found]


def values_by_period(
    metric: str, dimensions: Dimensions, period: float, records: Records
) -> dict[float, list[float]]:
    """The values of a metric by the beginnings of the periods that they are in, ascending.

    An invocation counts when it began.
    """
    samples = [
        (one.time, one.value)
        for one in records.measurements
        if one.metric == metric and dimensions in _measured_dimensions(one)
    ]
    if metric == "Throttles":
        samples += [(one.time, 1.0) for one in records.throttles if dimensions in _dimensions(one)]
    elif (value := _values_of(dimensions).get(metric)) is not None:
        samples += [
            (one.start_time, found)
            for one in records.invocations
            if dimensions in _dimensions(one) and (found := value(one)) is not None
        ]
    periods: dict[float, list[float]] = {}
    for time, sample in sorted(samples):
        periods.setdefault(time // period * period, []).append(sample)
    return periods


def statistic(name: str, values: Sequence[float]) -> float:
    """One statistic of some values: "Sum", "Average", "p99.9". Raises `ValueError`."""
    if name in _STATISTICS:
        return float(_STATISTICS[name](values))
    percent = float(name[1:]) if name.startswith("p") else -1.0
    if not 0 <= percent <= 100:
        raise ValueError(name)
    return percentile(sorted(values), percent)


def _dimensions(record: InvocationRecord | ThrottleRecord) -> list[dict[str, str]]:
    """All series that a record belongs to: its function's, its version's or alias's."""
    qualifier = record.alias or (None if record.version == LATEST else record.version)
    series = _of_resource(record.function_name, qualifier)
    if record.alias is not None:
        series.append({**series[-1], "ExecutedVersion": record.version})
    return series


def _measured_dimensions(record: MeasurementRecord) -> list[dict[str, str]]:
    return _of_resource(record.function_name, record.qualifier)


def _of_resource(name: str, qualifier: str | None) -> list[dict[str, str]]:
    resource = name if qualifier is None else f"{name}:{qualifier}"
    return [{}, {"FunctionName": name}, {"FunctionName": name, "Resource": resource}]


def _values_of(dimensions: Dimensions) -> Mapping[str, _Value]:
    return _OF_INVOCATIONS if dimensions else _OF_THE_ACCOUNT
