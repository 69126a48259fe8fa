import json
import sys
from dataclasses import replace
from typing import Any

import pytest
from IPython.core.formatters import DisplayFormatter

from lambda_magic.core.errors import TooManyRequestsException
from lambda_magic.core.extras import MissingExtra
from lambda_magic.monitoring.load_plan import LoadPlan
from lambda_magic.monitoring.load_report import LoadReport
from lambda_magic.monitoring.load_sample import Sample
from lambda_magic.monitoring.result import InvocationResult

from .conftest import make_invocation

_REPORT = (
    "REPORT RequestId: 1\tDuration: {} ms\tBilled Duration: 100 ms\t"
    "Memory Size: 128 MB\tMax Memory Used: 36 MB\t{}\n"
)


def a_sample(
    duration: float,
    *,
    started: float = 0.0,
    version: str = "1",
    cold: bool = False,
    error: str | None = None,
    **members: Any,
) -> Sample:
    result = InvocationResult(
        status_code=200,
        payload_bytes=json.dumps({"errorType": error} if error else 1).encode(),
        function_error="Unhandled" if error else None,
        executed_version=version,
        request_id="1",
        function_name="hello",
        log_tail=_REPORT.format(duration, "Init Duration: 20.00 ms\t" if cold else ""),
        **members,
    )
    return Sample.of(started, (duration + (20 if cold else 0)) / 1000, result)


def a_throttle() -> Sample:
    result = InvocationResult(
        status_code=429,
        payload_bytes=b"{}",
        function_error=None,
        executed_version="",
        request_id="",
        function_name="hello",
        service_error=TooManyRequestsException(Reason="ConcurrentInvocationLimitExceeded"),
    )
    return Sample.of(0.0, 0.001, result)


SAMPLES = [
    a_sample(10, cold=True),
    a_sample(1, started=0.030),
    a_sample(2, version="2", cold=True),
    a_sample(3, started=0.022, error="ValueError"),
    a_throttle(),
]


def a_report(title: str = "hello:LIVE", samples: list[Sample] = SAMPLES, **members: Any) -> Any:
    plan = LoadPlan(count=5, concurrency=2)
    return LoadReport(title, samples, **({"seconds": 0.5, "plan": plan} | members))


def test_adds_up_what_happened() -> None:
    report = a_report()
    assert report.versions == {"1": 3, "2": 1}
    assert (report.successes, report.cold_starts, report.most_at_once) == (3, 2, 2)
    assert report.errors == {"ValueError": 1}
    assert report.throttles == {"ConcurrentInvocationLimitExceeded": 1}
    assert report.throughput == 8.0
    assert report.duration_ms(50) == 2.5
    assert report.duration_ms(100) == 10
    assert report.cost_usd == pytest.approx(
        sum(one.report.cost_usd for one in SAMPLES if one.report)
    )


def test_tells_cold_from_warm() -> None:
    report = a_report()
    assert report.values("duration_ms", cold=False) == [1, 3]
    assert report.values("duration_ms", cold=True) == [2, 10]
    assert report.values("init_ms") == [20, 20]
    assert report.percentile("elapsed_ms", 100, cold=True) == pytest.approx(30)
    assert report.percentile("init_ms", 50, cold=False) == 0
    with pytest.raises(ValueError, match="no measure 'latency'"):
        report.values("latency")


def test_counts_the_environments_that_were_used() -> None:
    result = InvocationResult(
        status_code=200,
        payload_bytes=b"1",
        function_error=None,
        executed_version="1",
        request_id="1",
        function_name="hello",
        events=make_invocation(),
    )
    later = replace(result, events=make_invocation(time=2_000.0))
    # The caller of the second did not yet know that the first had ended.
    report = a_report(samples=[Sample.of(0, 0.02, result), Sample.of(0.01, 0.02, later)])
    assert list(report.environments.values()) == [2]
    assert "1, at most 1 at once" in str(report)


def test_is_a_sequence_of_the_results() -> None:
    report = a_report("hello")
    assert len(report) == 5
    assert [*report] == [sample.result for sample in SAMPLES]
    assert report[0] is SAMPLES[0].result
    assert report[3:] == [sample.result for sample in SAMPLES[3:]]
    assert repr(report) == "<LoadReport hello [5 invocations, 2 cold]>"


def test_shows_a_summary() -> None:
    text = str(a_report())
    assert "5 invocations in 0.50 s (10 per second)" in text
    assert "version 1: 3 (75.0%), version 2: 1 (25.0%)" in text
    assert "2 (50.0%)" in text, "cold starts"
    assert "1 ConcurrentInvocationLimitExceeded" in text
    rows = {line[:20].strip(): line[20:].split() for line in text.splitlines()}
    assert rows["Duration, warm"] == ["2", "2.00", "2.80", "2.98", "3.00"]
    assert rows["Init, cold"] == ["2", "20.00", "20.00", "20.00", "20.00"]


def test_html_is_self_contained_and_escaped() -> None:
    html = a_report("<hello>")._repr_html_()
    assert "&lt;hello&gt;" in html
    for foreign in ("<script", "<style", "<link", "http", "<hello>"):
        assert foreign not in html


def test_says_that_it_was_interrupted() -> None:
    report = a_report(was_interrupted=True, in_flight=3)
    assert "interrupted with 3 in flight" in str(report)
    assert "interrupted with 3 in flight" in report._repr_html_()
    assert "interrupted" not in str(a_report())


def test_nothing_ran() -> None:
    report = a_report(samples=[a_throttle()], seconds=0.1)
    assert report.duration_ms(50) == 0
    assert report.throughput == 0
    assert "Throttles" in str(report)
    assert "Milliseconds" not in report._repr_html_()


def test_nothing_was_answered() -> None:
    report = a_report(samples=[], seconds=0.0, was_interrupted=True, in_flight=2)
    assert "0 invocations" in str(report)
    assert report.to_dict()["milliseconds"] == {}
    report.plot()
    assert len(report.to_dataframe()) == 0


def test_json_is_there_for_those_who_ask() -> None:
    formatter = DisplayFormatter()
    unasked, _ = formatter.format(a_report())
    assert {"text/html", "text/plain"} == set(unasked)
    asked, _ = formatter.format(a_report(), include={"application/json"})
    written = json.loads(json.dumps(asked["application/json"]))
    assert written["throttles"] == {"ConcurrentInvocationLimitExceeded": 1}
    assert written["milliseconds"]["Init, cold"]["p50"] == 20


def test_reports_stand_side_by_side() -> None:
    slow = a_report("slow", [a_sample(4), a_sample(6)], seconds=1.0)
    comparison = a_report() | slow
    lines = {line[:24].strip(): line[24:].split() for line in str(comparison).splitlines()}
    assert lines["Invocations"][-3:] == ["5", "2", "-60%"]
    assert lines["Duration, warm, p50 (ms)"][-3:] == ["2.00", "5.00", "2.5x"]
    html = (comparison | slow)._repr_html_()
    assert html.count("hello:LIVE") == 2
    assert html.count(">slow<") == 4
    assert [one["title"] for one in comparison.to_dict()["reports"]] == ["hello:LIVE", "slow"]
    assert str(a_report().compare(slow)) == str(comparison)


def test_a_report_is_a_dataframe() -> None:
    frame = a_report().to_dataframe()
    assert list(frame["status"]) == ["success", "success", "success", "error", "throttle"]
    assert frame["cold"].sum() == 2
    assert frame["duration_ms"].max() == 10
    assert frame["throttle_reason"].iloc[-1] == "ConcurrentInvocationLimitExceeded"


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match=r"pip install 'lambda-magic\[plot\]'"):
        a_report().to_dataframe()


def test_a_report_is_drawn() -> None:
    figure = a_report().plot()
    spread, course = figure.axes
    assert [text.get_text() for text in spread.get_legend().get_texts()] == ["warm", "cold"]
    assert [text.get_text() for text in course.get_legend().get_texts()] == [
        "warm",
        "cold",
        "error",
        "throttle",
    ]


def test_the_first_error_of_each_type_is_shown() -> None:
    errors = [a_sample(1, error="KeyError"), a_sample(2, error="ValueError"), *SAMPLES]
    report = a_report(samples=errors)
    assert report.first_errors == {"KeyError": errors[0].result, "ValueError": errors[1].result}
    html = report._repr_html_()
    assert "The first KeyError" in html
    assert html.count("<details>") == 2
