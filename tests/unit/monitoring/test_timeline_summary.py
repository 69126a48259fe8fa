import pytest

from lambda_magic.monitoring.timeline import Phase, Segment
from lambda_magic.monitoring.timeline_summary import curve, summary


def segment(
    start: float, end: float | None, *, phase: Phase = Phase.INVOKE, **members: object
) -> Segment:
    made = Segment(0, phase, start, end, concurrent=phase is not Phase.THROTTLE)
    made.status = "running" if end is None else "success"
    for name, value in members.items():
        setattr(made, name, value)
    return made


def test_the_counters_count_as_cloudwatch_does() -> None:
    found = summary(
        [
            segment(0, 1, phase=Phase.FUNCTION_INIT),
            segment(1, 2, duration_ms=10.0, init_duration_ms=80.0, cost_usd=0.25),
            segment(1.5, 2, duration_ms=30.0, status="failure", cost_usd=0.25),
            segment(3, None),
            segment(4, 4, phase=Phase.THROTTLE, error_type="Limit"),
            segment(4, 4, phase=Phase.THROTTLE, error_type="Limit"),
            segment(4, 4, phase=Phase.THROTTLE, error_type="Rate"),
        ]
    )

    assert (found.concurrency, found.most_concurrency) == (1, 2)
    assert (found.invocations, found.errors, found.cold_starts) == (2, 1, 1)
    assert (found.init_p50_ms, found.duration_p50_ms) == (80.0, 20.0)
    assert found.duration_p99_ms == pytest.approx(29.8)
    assert (found.throttles, found.throttle_reason, found.cost_usd) == (3, "Limit", 0.5)


def test_of_nothing_there_is_nothing() -> None:
    found = summary([])

    assert (found.invocations, found.duration_p50_ms, found.throttle_reason) == (0, None, None)


def test_the_curve_steps_where_the_number_changes() -> None:
    assert curve([segment(0, 4), segment(1, 2), segment(2, 3), segment(3.5, None)]) == [
        (0, 1), (1, 2), (3, 1), (3.5, 2), (4, 1),
    ]  # fmt: skip
