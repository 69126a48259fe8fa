import pytest

from lambda_magic.monitoring.function_metrics import FunctionMetrics
from lambda_magic.monitoring.statistics import statistics


@pytest.fixture
def metrics() -> FunctionMetrics:
    return FunctionMetrics(
        "hello:<LIVE>",
        {
            "Invocations": {"Sum": 1234},
            "Duration": statistics([1.0, 2.0]),
            "ProvisionedConcurrencyUtilization": {"Maximum": 0.75},
            "Cost": {"Sum": 0.00000123},
        },
    )


def test_it_is_a_mapping(metrics: FunctionMetrics) -> None:
    assert metrics["Duration"]["p50"] == 1.5
    assert list(metrics) == [
        "Invocations",
        "Duration",
        "ProvisionedConcurrencyUtilization",
        "Cost",
    ]
    assert len(metrics) == 4
    assert "Errors" not in metrics
    assert repr(metrics) == "<FunctionMetrics hello:<LIVE> [1234 invocations]>"


def test_text(metrics: FunctionMetrics) -> None:
    lines = str(metrics).splitlines()
    assert lines[0] == "hello:<LIVE>"
    assert [line.split() for line in lines[1:]] == [
        ["Metric", "SampleCount", "Sum", "Average", "Minimum", "p50", "p90", "p99", "Maximum"],
        ["Invocations", "1,234"],
        ["Duration", "(ms)", "2", "3.00", "1.50", "1.00", "1.50", "1.90", "1.99", "2.00"],
        ["ProvisionedConcurrencyUtilization", "75%"],
        ["Cost", "(USD)", "0.00000123"],
    ]
    # Values stand under the end of their statistic's name.
    assert lines[1].index("Maximum") + len("Maximum") == lines[4].index("75%") + len("75%")


def test_html(metrics: FunctionMetrics) -> None:
    html = metrics._repr_html_()
    assert "hello:&lt;LIVE&gt;" in html
    assert "<script" not in html
    assert "1,234" in html
    assert html.count("<tr>") == 5
