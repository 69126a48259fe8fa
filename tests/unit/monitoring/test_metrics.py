from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from lambda_magic.core.clock import ManualClock
from lambda_magic.monitoring.bus import Bus
from lambda_magic.monitoring.cost import invocation_cost
from lambda_magic.monitoring.events import (
    EnvironmentChanged,
    InitReport,
    Measurement,
    Throttle,
)
from lambda_magic.monitoring.metrics import Metrics
from lambda_magic.store.journal import Journal

from .conftest import make_origin, make_report, make_start

#: In the future, so that retention leaves it alone.
NOW = 4e9


@pytest.fixture
def bus() -> Bus:
    return Bus(ManualClock())


@pytest.fixture
def metrics(bus: Bus, journal: Journal) -> Metrics:
    made = Metrics(journal, flush=bus.flush)
    bus.subscribe(made.receive)
    return made


def invoke(
    bus: Bus,
    request_id: str,
    *,
    start: float = 0.0,
    seconds: float = 0.1,
    alias: str | None = None,
    version: str = "1",
    function_name: str = "hello",
    begin: dict[str, object] | None = None,
    **report: object,
) -> None:
    """Publish an invocation's Start and Report."""
    origin = make_origin(function_version=version, function_name=function_name)
    bus.publish(
        make_start(
            NOW + start,
            origin=origin,
            request_id=request_id,
            version=version,
            alias=alias,
            **(begin or {}),
        )
    )
    finish = {"duration_ms": seconds * 1000, "billed_duration_ms": round(seconds * 1000)}
    bus.publish(
        make_report(
            NOW + start + seconds,
            origin=origin,
            request_id=request_id,
            alias=alias,
            **finish | report,
        )
    )


def throttle(bus: Bus, *, alias: str | None = None, version: str = "1") -> None:
    bus.publish(
        Throttle(
            time=NOW,
            function_name="hello",
            version=version,
            alias=alias,
            reason="ReservedFunctionConcurrentInvocationLimitExceeded",
        )
    )


def test_counts_of_a_function(bus: Bus, metrics: Metrics) -> None:
    invoke(bus, "a", init_duration_ms=110.0, max_memory_used_mb=40)
    invoke(bus, "b", status="failure", error_type="ValueError")
    invoke(bus, "c", status="timeout")
    invoke(bus, "d", function_name="other")
    throttle(bus)
    throttle(bus)
    found = metrics.function("hello")
    # A throttled request is neither an invocation nor an error.
    assert found["Invocations"] == {"Sum": 3}
    assert found["Errors"] == {"Sum": 2}
    assert found["Throttles"] == {"Sum": 2}
    assert found["ColdStarts"] == {"Sum": 1}
    assert found["InitDuration"]["Average"] == 110.0
    assert found["used_memory_max"] == {"Maximum": 40}
    assert found["Cost"]["Sum"] == pytest.approx(3 * invocation_cost(100, 128))
    assert "ProvisionedConcurrencyInvocations" not in found


def test_duration_statistics(bus: Bus, metrics: Metrics) -> None:
    for number in range(1, 101):
        invoke(bus, str(number), seconds=number / 1000)
    duration = metrics.function("hello")["Duration"]
    assert duration["SampleCount"] == 100
    assert duration["Minimum"] == pytest.approx(1)
    assert duration["Maximum"] == pytest.approx(100)
    assert duration["Average"] == pytest.approx(50.5)
    assert duration["p50"] == pytest.approx(50.5)
    assert duration["p90"] == pytest.approx(90.1)
    assert duration["p99"] == pytest.approx(99.01)


def test_versions_and_aliases(bus: Bus, metrics: Metrics) -> None:
    invoke(bus, "a", version="1", alias="LIVE")
    invoke(bus, "b", version="2", alias="LIVE")
    invoke(bus, "c", version="2")
    invoke(bus, "d", version="$LATEST")
    throttle(bus, alias="LIVE", version="2")
    counts = {
        qualifier: (
            metrics.function("hello", qualifier)["Invocations"]["Sum"],
            metrics.function("hello", qualifier)["Throttles"]["Sum"],
        )
        for qualifier in (None, "LIVE", "1", "2", "$LATEST", "3")
    }
    assert counts == {
        None: (4, 1),
        "LIVE": (2, 1),
        "1": (1, 0),
        "2": (2, 1),
        "$LATEST": (1, 0),
        "3": (0, 0),
    }


def test_a_span_of_time(bus: Bus, metrics: Metrics) -> None:
    for second in range(10):
        invoke(bus, str(second), start=second)
    until = datetime.fromtimestamp(NOW + 5, UTC)
    assert metrics.function("hello", start=NOW + 2, end=until)["Invocations"]["Sum"] == 3
    assert metrics.function("hello", start=until)["Invocations"]["Sum"] == 5


def test_concurrency(bus: Bus, metrics: Metrics) -> None:
    invoke(bus, "a", start=0, seconds=3, begin={"function_concurrency": 1})
    invoke(
        bus,
        "b",
        start=1,
        seconds=3,
        alias="LIVE",
        begin={"function_concurrency": 2, "account_concurrency": 7, "unreserved_concurrency": 5},
    )
    invoke(bus, "c", start=2, seconds=3, alias="LIVE", begin={"function_concurrency": 3})
    assert metrics.function("hello")["ConcurrentExecutions"] == {"Maximum": 3}
    assert metrics.function("hello", "LIVE")["ConcurrentExecutions"] == {"Maximum": 2}
    assert metrics.function("hello", "1")["ConcurrentExecutions"] == {"Maximum": 3}
    assert metrics.account()["ConcurrentExecutions"] == {"Maximum": 7}
    assert metrics.account()["UnreservedConcurrentExecutions"] == {"Maximum": 5}


def test_provisioned_concurrency(bus: Bus, metrics: Metrics) -> None:
    origins = [
        make_origin(environment_id=str(n), initialization_type="provisioned-concurrency")
        for n in range(4)
    ]
    for origin in origins:
        bus.publish(
            InitReport(time=NOW, origin=origin, phase="init", status="success", duration_ms=9.0)
        )
    for origin in origins[:3]:
        bus.publish(make_start(NOW, origin=origin, request_id=origin.environment_id))
    for origin in origins[:3]:
        bus.publish(make_report(NOW + 1, origin=origin, request_id=origin.environment_id))
    invoke(bus, "spilled", begin={"spillover": True})
    found = metrics.function("hello")
    assert found["Invocations"] == {"Sum": 4}
    assert found["ProvisionedConcurrencyInvocations"] == {"Sum": 3}
    assert found["ProvisionedConcurrencySpilloverInvocations"] == {"Sum": 1}
    assert found["ProvisionedConcurrentExecutions"] == {"Maximum": 3}
    assert found["ProvisionedConcurrencyUtilization"] == {"Maximum": 0.75}
    cost = 3 * invocation_cost(4, 128, provisioned=True) + invocation_cost(100, 128)
    assert found["Cost"]["Sum"] == pytest.approx(cost)

    # Two environments go; the next invocation uses half of what is left.
    for origin in origins[:2]:
        bus.publish(EnvironmentChanged(time=NOW + 2, origin=origin, state="TERMINATED"))
    bus.publish(make_start(NOW + 3, origin=origins[2], request_id="later"))
    bus.publish(make_report(NOW + 4, origin=origins[2], request_id="later"))
    later = metrics.function("hello", start=NOW + 3)
    assert later["ProvisionedConcurrencyUtilization"] == {"Maximum": 0.5}


def test_a_report_without_its_start_still_counts(bus: Bus, metrics: Metrics) -> None:
    bus.publish(make_report(NOW, duration_ms=500.0))
    assert metrics.function("hello", end=NOW)["Invocations"] == {"Sum": 1}
    assert metrics.function("hello", start=NOW)["Invocations"] == {"Sum": 0}


def test_metrics_survive_a_restart_and_are_shared(
    bus: Bus, open_journal: Callable[[], Journal]
) -> None:
    first = open_journal()
    bus.subscribe(Metrics(first).receive)
    invoke(bus, "a")
    bus.flush()
    first.close()
    mine, theirs = open_journal(), open_journal()
    for request_id, journal in (("b", mine), ("c", theirs)):
        kernel = Bus(ManualClock())
        kernel.subscribe(Metrics(journal).receive)
        invoke(kernel, request_id)
        kernel.flush()
        journal.flush()
    assert Metrics(mine).function("hello")["Invocations"] == {"Sum": 3}
    assert Metrics(theirs).function("hello")["Invocations"] == {"Sum": 3}


def test_nothing_happened(metrics: Metrics) -> None:
    found = metrics.function("hello")
    assert found["Invocations"] == {"Sum": 0}
    assert found["Duration"] == {"SampleCount": 0, "Sum": 0}
    assert found["ConcurrentExecutions"] == {"Maximum": 0}


def measure(bus: Bus, metric: str, value: float = 1.0, **members: Any) -> None:
    described = {"time": NOW, "function_name": "hello", "qualifier": None} | members
    bus.publish(Measurement(metric=metric, value=value, **described))


def test_what_no_environment_can_tell(bus: Bus, metrics: Metrics) -> None:
    measure(bus, "AsyncEventsReceived")
    measure(bus, "AsyncEventsReceived", qualifier="LIVE")
    measure(bus, "AsyncEventsReceived", function_name="other")
    measure(bus, "AsyncEventAge", 20.0)
    measure(bus, "AsyncEventAge", 60_040.0, qualifier="LIVE")
    measure(bus, "AsyncEventsDropped", time=NOW + 10)

    hello = metrics.function("hello", end=NOW + 1)
    assert hello["AsyncEventsReceived"] == {"Sum": 2.0}
    assert hello["AsyncEventAge"]["Average"] == 30_030.0
    assert "AsyncEventsDropped" not in hello
    assert metrics.function("hello", "LIVE")["AsyncEventsReceived"] == {"Sum": 1.0}
    assert metrics.account()["AsyncEventsReceived"] == {"Sum": 3.0}
    assert "AsyncEventAge (ms)" in str(hello)


def test_the_time_of_extensions_counts_where_there_are_any(bus: Bus, metrics: Metrics) -> None:
    invoke(bus, "r-1", start=0)
    assert "PostRuntimeExtensionsDuration" not in metrics.function("hello")

    invoke(bus, "r-2", start=1, seconds=0.5, runtime_ready=NOW + 1.25)
    invoke(bus, "r-3", start=2, seconds=0.5, runtime_ready=NOW + 2.5, alias="LIVE")

    hello = metrics.function("hello")
    assert hello["PostRuntimeExtensionsDuration"]["Sum"] == pytest.approx(250)
    assert hello["PostRuntimeExtensionsDuration"]["SampleCount"] == 2
    live = metrics.function("hello", "LIVE")["PostRuntimeExtensionsDuration"]
    assert live["Maximum"] == pytest.approx(0)
