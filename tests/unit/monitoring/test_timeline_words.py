import pytest

from lambda_magic.monitoring.timeline_words import dollars, duration


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(None, "-"), (0.417, "0.42 ms"), (41.04, "41.0 ms"), (212.4, "212 ms"), (1250, "1.25 s")],
)
def test_durations_read_well(milliseconds: float | None, text: str) -> None:
    assert duration(milliseconds) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "$0"), (0.0002134, "$0.00021"), (0.43, "$0.43"), (1234.5, "$1,234.50")]
)
def test_dollars_read_well(amount: float, text: str) -> None:
    assert dollars(amount) == text
