import pytest

from lambda_magic.monitoring.histogram import Histogram, figures

COLOURS = {"warm": "#111111", "cold": "#222222"}


def test_counts_each_series_over_common_bins() -> None:
    histogram = Histogram.of({"warm": [0.0, 1.0, 1.9, 3.0], "cold": [4.0]}, bins=4)
    assert histogram.edges == (0.0, 1.0, 2.0, 3.0, 4.0)
    assert histogram.counts == {"warm": (1, 2, 0, 1), "cold": (0, 0, 0, 1)}
    assert histogram.highest == 2


def test_bins_widen_where_values_lie_far_apart() -> None:
    histogram = Histogram.of({"warm": [1.0, 5.0, 50.0, 100.0]}, bins=2)
    assert [round(edge, 6) for edge in histogram.edges] == [1.0, 10.0, 100.0]
    assert histogram.counts["warm"] == (2, 2)


def test_equal_values_share_a_bin() -> None:
    histogram = Histogram.of({"warm": [2.0, 2.0], "cold": []})
    assert histogram.counts == {"warm": (2,), "cold": (0,)}


def test_no_value_is_no_histogram() -> None:
    histogram = Histogram.of({"warm": [], "cold": []})
    assert histogram.html(COLOURS) == ""
    assert histogram.text() == {}


def test_every_bar_says_what_it_stands_for() -> None:
    html = Histogram.of({"warm": [1.0, 1.0, 2.0], "cold": [2.0]}, bins=2).html(COLOURS)
    assert 'title="1 to 1.5 ms: 2 warm"' in html
    assert 'title="1.5 to 2 ms: 1 warm, 1 cold"' in html
    assert "height:50.0%;min-height:2px;background:#222222" in html


@pytest.mark.parametrize(
    ("value", "text"), [(0.05123, "0.05123"), (51.2, "51.2"), (309.24, "309.2"), (1204.4, "1,204")]
)
def test_values_are_written_out(value: float, text: str) -> None:
    assert figures(value) == text


def test_as_text_it_is_a_line_a_series() -> None:
    assert Histogram.of({"warm": [1, 1, 2], "cold": [2]}, bins=2).text() == {
        "warm": "█▄",
        "cold": " ▄",
    }
