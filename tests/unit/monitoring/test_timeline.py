from typing import Any

from lambda_magic.monitoring.events import (
    EnvironmentChanged,
    Event,
    InitReport,
    InitStart,
    Measurement,
    Origin,
    RestoreReport,
    RestoreStart,
    RuntimeDone,
    Throttle,
)
from lambda_magic.monitoring.timeline import Limits, Phase, Segment, Timeline, timeline

from .conftest import REQUEST_ID, make_origin, make_report, make_start


def changed(time: float, state: str, origin: Origin | None = None) -> EnvironmentChanged:
    return EnvironmentChanged(time=time, origin=origin or make_origin(), state=state)


def init_report(time: float, status: str = "success", phase: str = "init") -> InitReport:
    return InitReport(
        time=time,
        origin=make_origin(),
        phase=phase,
        status=status,
        duration_ms=3000.0,
        error_type=None if status == "success" else "Runtime.ExitError",
    )


def init_start(time: float, phase: str = "init") -> InitStart:
    return InitStart(time=time, origin=make_origin(), phase=phase, runtime_version="python:3.12.v1")


def throttle(time: float, **changes: Any) -> Throttle:
    members = {"function_name": "hello", "version": "1", "alias": None, "reason": "Limit"} | changes
    return Throttle(time=time, **members)


def spans(segments: Any) -> list[tuple[str, float, float | None]]:
    return [(one.phase.title, one.start, one.end) for one in segments]


COLD_START: list[Event] = [
    changed(10.0, "Extension init"),
    init_start(10.0),
    changed(11.0, "Runtime init"),
    changed(12.0, "Function init"),
    init_report(13.0),
    make_start(13.0),
    make_report(15.0, duration_ms=2000.0, init_duration_ms=3000.0),
    changed(16.0, "Frozen"),
]


def test_a_cold_start_is_three_parts_of_init_and_an_invocation() -> None:
    shown = timeline(COLD_START)

    assert spans(shown.segments) == [
        ("extension init", 10.0, 11.0),
        ("runtime init", 11.0, 12.0),
        ("function init", 12.0, 13.0),
        ("invoke", 13.0, 15.0),
        ("frozen", 16.0, None),
    ]
    assert [one.concurrent for one in shown.segments] == [True] * 4 + [False]
    assert repr(shown) == "<Timeline [1 lanes, 5 segments]>"


def test_an_invocation_has_what_its_report_says() -> None:
    shown = timeline([make_start(13.0, alias="LIVE", spillover=True), make_report(15.0)])
    (one,) = shown.segments

    assert (one.request_id, one.alias, one.status, one.spillover) == (
        REQUEST_ID, "LIVE", "success", True,
    )  # fmt: skip
    assert (one.duration_ms, one.billed_duration_ms, one.max_memory_used_mb) == (3.01, 4, 36)
    assert one.cost_usd > 0


def test_the_next_invocation_ends_what_the_environment_was_in() -> None:
    shown = timeline([*COLD_START, make_start(20.0, request_id="second")])

    assert spans(shown.segments)[-2:] == [("frozen", 16.0, 20.0), ("invoke", 20.0, None)]
    assert shown.segments[-1].status == "running"


def test_an_environment_that_goes_has_a_shutdown_and_an_end() -> None:
    shown = timeline([*COLD_START, changed(30.0, "Shutdown"), changed(31.0, "Terminated")])

    assert spans(shown.segments)[-1] == ("shutdown", 30.0, 31.0)
    (lane,) = shown.lanes.values()
    assert (lane.born, lane.gone) == (10.0, 31.0)


def test_an_init_that_failed_is_told_when_the_reset_has_begun() -> None:
    shown = timeline(
        [
            changed(10.0, "Function init"),
            changed(11.0, "Resetting"),
            init_report(11.0, "error"),
            changed(12.0, "Reset"),
        ]
    )

    assert spans(shown.segments) == [("function init", 10.0, 11.0), ("reset", 11.0, 12.0)]
    assert [one.status for one in shown.segments] == ["error", "success"]
    assert shown.segments[0].error_type == "Runtime.ExitError"


def test_an_init_repeated_within_an_invocation_is_part_of_it() -> None:
    shown = timeline(
        [
            init_start(20.0, "invoke"),
            init_report(21.0, phase="invoke"),
            make_start(20.0),
            make_report(22.0),
        ]
    )

    repeated, invocation = shown.segments
    assert (repeated.suppressed, repeated.concurrent, repeated.end) == (True, False, 21.0)
    assert (invocation.start, invocation.end) == (20.0, 22.0)


def test_a_restore_is_a_phase_of_its_own() -> None:
    origin = make_origin(initialization_type="snap-start")
    shown = timeline(
        [
            RestoreStart(time=1.0, origin=origin, runtime_version="python:3.12.v1"),
            RestoreReport(time=1.5, origin=origin, status="success", duration_ms=500.0),
        ]
    )

    assert spans(shown.segments) == [("restore", 1.0, 1.5)]


def test_provisioned_environments_are_initialised_for_nobody() -> None:
    origin = make_origin(initialization_type="provisioned-concurrency")
    (one,) = timeline([changed(1.0, "Function init", origin)]).segments

    assert not one.concurrent


def test_the_runtime_may_be_done_before_the_invocation_is() -> None:
    done = RuntimeDone(
        time=14.0, origin=make_origin(), request_id=REQUEST_ID, status="success",
        duration_ms=1000.0, produced_bytes=2,
    )  # fmt: skip
    (one,) = timeline([make_start(13.0), done]).segments

    assert (one.duration_ms, one.end) == (1000.0, None)


def test_a_report_without_its_start_tells_as_much_as_it_knows() -> None:
    (one,) = timeline([make_report(15.0, duration_ms=500.0)]).segments

    assert (one.start, one.end, one.status) == (14.5, 15.0, "success")


def test_a_throttle_is_a_moment_in_no_environment() -> None:
    shown = timeline([throttle(5.0, alias="LIVE", reason="ConcurrentInvocationLimitExceeded")])
    (one,) = shown.segments

    assert (one.phase, one.start, one.end, one.lane) == (Phase.THROTTLE, 5.0, 5.0, None)
    assert (one.error_type, one.function_name) == ("ConcurrentInvocationLimitExceeded", "hello")
    assert not shown.lanes


def test_only_the_named_functions_are_shown() -> None:
    other = make_origin(function_name="other", environment_id="f" * 32)
    measured = Measurement(time=1.0, function_name="other", qualifier=None, metric="AsyncEventAge")
    shown = timeline(
        [make_start(origin=other), throttle(1.0, function_name="other"), measured, make_start()],
        ["hello"],
    )

    assert [lane.origin.function_name for lane in shown.lanes.values()] == ["hello"]
    assert len(shown.segments) == 1


def test_changes_are_told_once_and_in_order() -> None:
    shown = timeline([make_start(13.0), make_start(14.0, request_id="second")])
    assert [one.number for one in shown.take_changes()] == [0, 1]
    assert not shown.has_changed

    shown.receive([make_report(15.0)])

    assert [one.number for one in shown.take_changes()] == [0]
    assert shown.take_changes() == []


def test_the_oldest_segments_are_forgotten_and_the_lanes_that_ended_before_the_rest() -> None:
    shown = Timeline(capacity=10)
    shown.receive([changed(1.0, "Shutdown"), changed(2.0, "Terminated")])
    other = make_origin(environment_id="f" * 32)
    for number in range(20):
        shown.receive([make_start(10.0 + number, origin=other, request_id=str(number))])

    assert 10 <= len(shown.segments) <= 11
    assert shown.first_number == 21 - len(shown.segments)
    assert list(shown.lanes) == ["f" * 32]
    assert [one.number for one in shown.take_changes()] == list(range(shown.first_number, 21))


def test_limits_are_noted_when_they_change() -> None:
    shown = Timeline()

    assert shown.note_limits(1.0, Limits(account=1000))
    assert not shown.note_limits(2.0, Limits(account=1000))
    assert shown.note_limits(3.0, Limits(account=1000, reserved=5))
    assert [time for time, _ in shown.limits] == [1.0, 3.0]


def test_a_segment_says_nothing_that_is_not_known() -> None:
    assert Segment(0, Phase.INVOKE, 1.0).end is None
