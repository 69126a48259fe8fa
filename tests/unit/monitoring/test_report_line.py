import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_magic.monitoring.cost import invocation_cost
from lambda_magic.monitoring.lines import lines
from lambda_magic.monitoring.report_line import InvocationReport, parse

from .conftest import make_origin, make_report

LINE = (
    "REPORT RequestId: 1\tDuration: 3.01 ms\tBilled Duration: 114 ms\tMemory Size: 128 MB\t"
    "Max Memory Used: 36 MB\t"
)


@pytest.mark.parametrize(
    ("rest", "init", "restore"),
    [
        ("\n", None, None),
        ("Init Duration: 110.10 ms\t\n", 110.1, None),
        ("Init Duration: 110.10 ms\tStatus: timeout\nXRAY TraceId: 1-0-0\n", 110.1, None),
        ("Restore Duration: 500.25 ms\tBilled Restore Duration: 100 ms\t\n", None, 500.25),
    ],
)
def test_parse(rest: str, init: float | None, restore: float | None) -> None:
    assert parse("START RequestId: 1 Version: 1\n" + LINE + rest) == InvocationReport(
        duration_ms=3.01,
        billed_duration_ms=114,
        memory_size_mb=128,
        max_memory_used_mb=36,
        init_duration_ms=init,
        restore_duration_ms=restore,
        cost_usd=invocation_cost(114, 128),
    )


def test_the_last_report_counts_and_prints_of_the_function_do_not() -> None:
    printed = "the handler printed REPORT RequestId: 1\tDuration: 9 ms\n"
    found = parse(LINE.replace("3.01", "1.00") + "\n" + printed + LINE + "\n")
    assert found is not None
    assert found.duration_ms == 3.01


def test_no_report() -> None:
    assert parse("START RequestId: 1 Version: 1\n") is None


@given(
    duration=st.integers(0, 90_000_000).map(lambda hundredths: hundredths / 100),
    init=st.none() | st.integers(0, 1_000_000).map(lambda hundredths: hundredths / 100),
    billed=st.integers(0, 900_000),
    size=st.integers(128, 10_240),
    status=st.sampled_from(["success", "failure", "error", "timeout"]),
)
def test_parsing_undoes_writing(
    duration: float, init: float | None, billed: int, size: int, status: str
) -> None:
    event = make_report(
        duration_ms=duration,
        init_duration_ms=init,
        billed_duration_ms=billed,
        memory_size_mb=size,
        status=status,
        error_type="Runtime.ExitError",
    )
    found = parse("".join(lines(event)))
    assert found is not None
    assert found.duration_ms == duration
    assert found.init_duration_ms == init
    assert (found.billed_duration_ms, found.memory_size_mb) == (billed, size)


def test_a_report_in_json() -> None:
    event = make_report(
        origin=make_origin(log_format="JSON"),
        duration_ms=3.01,
        init_duration_ms=110.1,
        billed_duration_ms=114,
    )
    printed = '{"type": "platform.report"}\n{"type": "platform.report", "record": "mine"}\n'
    report = "".join(lines(event))
    found = parse(report + printed + "x" + report[20:])
    assert found is not None
    assert (found.duration_ms, found.init_duration_ms) == (3.01, 110.1)
    assert (found.billed_duration_ms, found.max_memory_used_mb) == (114, 36)
    assert parse(printed) is None


def test_text() -> None:
    found = parse(LINE + "Init Duration: 110.10 ms\t\n")
    assert str(found) == ("3.01 ms + Init 110.10 ms, billed 114 ms, 36 of 128 MB, $0.0000004375")
