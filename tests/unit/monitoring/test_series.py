import pytest

from lambda_magic.monitoring import series
from lambda_magic.monitoring.metrics import InvocationRecord, MeasurementRecord, ThrottleRecord
from lambda_magic.monitoring.series import Records


def invocation(
    time: float, *, version: str = "1", alias: str | None = None, status: str = "success"
) -> InvocationRecord:
    return InvocationRecord(
        start_time=time,
        end_time=time + 0.01,
        function_name="hello",
        version=version,
        alias=alias,
        request_id=str(time),
        status=status,
        error_type=None,
        duration_ms=time % 100,
        billed_duration_ms=10,
        init_duration_ms=None,
        memory_size_mb=128,
        max_memory_used_mb=30,
        cost_usd=0.0,
        function_concurrency=2,
        account_concurrency=5,
        unreserved_concurrency=4,
        spillover=False,
        provisioned_used=None,
        provisioned_allocated=None,
    )


RECORDS = Records(
    [
        invocation(61, version="$LATEST"),
        invocation(62, alias="LIVE", status="error"),
        invocation(125),
    ],
    [ThrottleRecord(70.0, "hello", "1", "LIVE", "CallerRateLimitExceeded")],
    [MeasurementRecord(80.0, "hello", None, "AsyncEventAge", 15.0)],
)
HELLO = {"FunctionName": "hello"}


@pytest.mark.parametrize(
    ("metric", "dimensions", "expected"),
    [
        ("Invocations", HELLO, {60: [1, 1], 120: [1]}),
        ("Invocations", {}, {60: [1, 1], 120: [1]}),
        ("Invocations", HELLO | {"Resource": "hello"}, {60: [1]}),
        ("Invocations", HELLO | {"Resource": "hello:LIVE"}, {60: [1]}),
        (
            "Invocations",
            HELLO | {"Resource": "hello:LIVE", "ExecutedVersion": "1"},
            {60: [1]},
        ),
        ("Invocations", HELLO | {"Resource": "hello:1"}, {120: [1]}),
        ("Invocations", {"FunctionName": "other"}, {}),
        ("Errors", HELLO, {60: [0, 1], 120: [0]}),
        ("Duration", HELLO, {60: [61, 62], 120: [25]}),
        ("Throttles", HELLO, {60: [1]}),
        ("ConcurrentExecutions", HELLO, {60: [2, 2], 120: [2]}),
        ("ConcurrentExecutions", {}, {60: [5, 5], 120: [5]}),
        ("UnreservedConcurrentExecutions", {}, {60: [4, 4], 120: [4]}),
        ("UnreservedConcurrentExecutions", HELLO, {}),
        ("ProvisionedConcurrencyUtilization", HELLO, {}),
        ("AsyncEventAge", HELLO, {60: [15]}),
        ("Nonsense", HELLO, {}),
    ],
)
def test_values_by_period(
    metric: str, dimensions: dict[str, str], expected: dict[float, list[float]]
) -> None:
    assert series.values_by_period(metric, dimensions, 60, RECORDS) == expected


def test_only_what_has_values_is_named() -> None:
    names = series.metric_names(RECORDS)
    assert ("Throttles", HELLO | {"Resource": "hello:LIVE"}) in names
    assert ("AsyncEventAge", HELLO) in names
    assert ("UnreservedConcurrentExecutions", {}) in names
    assert not any(name.startswith("Provisioned") for name, _ in names)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SampleCount", 4),
        ("Sum", 10),
        ("Average", 2.5),
        ("Minimum", 1),
        ("Maximum", 4),
        ("p0", 1),
        ("p50", 2.5),
        ("p100", 4),
    ],
)
def test_statistics(name: str, expected: float) -> None:
    assert series.statistic(name, [4, 1, 3, 2]) == expected


@pytest.mark.parametrize("name", ["p101", "Median", "p"])
def test_no_statistic(name: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        series.statistic(name, [1])
