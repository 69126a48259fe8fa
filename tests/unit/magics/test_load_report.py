import json

import pytest

from lambda_magic.core.errors import TooManyRequestsException
from lambda_magic.magics.load_report import LoadReport
from lambda_magic.monitoring.result import InvocationResult

_REPORT = (
    "REPORT RequestId: 1\tDuration: {} ms\tBilled Duration: 100 ms\t"
    "Memory Size: 128 MB\tMax Memory Used: 36 MB\t{}\n"
)


def a_result(
    duration: float, *, version: str = "1", cold: bool = False, error: str | None = None
) -> InvocationResult:
    return InvocationResult(
        status_code=200,
        payload_bytes=json.dumps({"errorType": error} if error else 1).encode(),
        function_error="Unhandled" if error else None,
        executed_version=version,
        request_id="1",
        function_name="hello",
        log_tail=_REPORT.format(duration, "Init Duration: 20.00 ms\t" if cold else ""),
    )


def a_throttle() -> InvocationResult:
    error = TooManyRequestsException(Reason="ConcurrentInvocationLimitExceeded")
    return InvocationResult(
        status_code=429,
        payload_bytes=b"{}",
        function_error=None,
        executed_version="",
        request_id="",
        function_name="hello",
        service_error=error,
    )


RESULTS = [
    a_result(10, cold=True),
    a_result(1),
    a_result(2, version="2", cold=True),
    a_result(3, error="ValueError"),
    a_throttle(),
]


def test_adds_up_what_happened() -> None:
    report = LoadReport("hello:LIVE", RESULTS, seconds=0.5)
    assert report.versions == {"1": 3, "2": 1}
    assert report.cold_starts == 2
    assert report.errors == {"ValueError": 1}
    assert report.throttles == {"ConcurrentInvocationLimitExceeded": 1}
    assert report.duration_ms(50) == 2.5
    assert report.duration_ms(100) == 10
    assert report.cost_usd == pytest.approx(sum(one.report.cost_usd for one in RESULTS[:4]))


def test_is_a_sequence_of_the_results() -> None:
    report = LoadReport("hello", RESULTS, seconds=1)
    assert len(report) == 5
    assert list(report) == RESULTS
    assert report[0] is RESULTS[0]
    assert repr(report) == "<LoadReport hello [5 invocations, 2 cold]>"


def test_shows_a_summary() -> None:
    text = str(LoadReport("hello:LIVE", RESULTS, seconds=0.5))
    assert "5 invocations in 0.50 s (10 per second)" in text
    assert "version 1: 3 (75.0%), version 2: 1 (25.0%)" in text
    assert "p50 2.50 ms" in text
    assert "1 ConcurrentInvocationLimitExceeded" in text


def test_html_is_self_contained() -> None:
    html = LoadReport("<hello>", RESULTS, seconds=0.5)._repr_html_()
    assert "&lt;hello&gt;" in html
    assert "<script" not in html


def test_nothing_ran() -> None:
    report = LoadReport("hello", [a_throttle()], seconds=0.1)
    assert report.duration_ms(50) == 0
    assert "Throttles" in str(report)
