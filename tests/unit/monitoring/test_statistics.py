import statistics as reference

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_magic.monitoring.statistics import most_at_once, percentile, statistics

VALUES = st.floats(min_value=0, max_value=900_000)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([7.0], 99, 7.0),
        ([1.0, 2.0], 50, 1.5),
        ([1.0, 2.0, 3.0], 50, 2.0),
        ([1.0, 2.0, 3.0, 4.0], 90, 3.7),
        ([1.0, 2.0, 3.0, 4.0], 0, 1.0),
        ([1.0, 2.0, 3.0, 4.0], 100, 4.0),
        ([float(n) for n in range(1, 101)], 99, 99.01),
    ],
)
def test_percentile(values: list[float], percent: float, expected: float) -> None:
    assert percentile(values, percent) == pytest.approx(expected)


@given(st.lists(VALUES, min_size=2))
def test_percentiles_agree_with_the_standard_library(values: list[float]) -> None:
    quantiles = reference.quantiles(values, n=100, method="inclusive")
    computed = statistics(values)
    for percent in (50, 90, 99):
        assert computed[f"p{percent}"] == pytest.approx(quantiles[percent - 1], abs=1e-6)


def test_statistics() -> None:
    assert statistics([3.0, 1.0, 2.0]) == {
        "SampleCount": 3,
        "Sum": 6.0,
        "Average": 2.0,
        "Minimum": 1.0,
        "Maximum": 3.0,
        "p50": 2.0,
        "p90": pytest.approx(2.8),
        "p99": pytest.approx(2.98),
    }


def test_statistics_of_nothing() -> None:
    assert statistics([]) == {"SampleCount": 0, "Sum": 0}


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], 0),
        ([(1.0, 2.0)], 1),
        ([(1.0, 1.0)], 1),
        ([(1.0, 2.0), (2.0, 3.0)], 1),
        ([(1.0, 3.0), (2.0, 4.0), (3.5, 5.0)], 2),
        ([(1.0, 9.0), (2.0, 8.0), (3.0, 7.0)], 3),
        ([(1.7e9, 1.7e9), (1.7e9, 1.7e9)], 2),
    ],
)
def test_most_at_once(spans: list[tuple[float, float]], expected: int) -> None:
    assert most_at_once(spans) == expected
