from typing import Any

import pytest

from lambda_magic.monitoring.load_plan import LoadPlan


@pytest.mark.parametrize(
    ("plan", "at_once", "text"),
    [
        ({"count": 5}, 1, "5 invocations, 1 at a time"),
        ({"count": 1500, "concurrency": 50}, 50, "1,500 invocations, 50 at a time"),
        ({"count": 5, "rate": 2.5}, None, "5 invocations, 2.5/s"),
        (
            {"duration": 10.0, "rate": 100.0, "concurrency": 9},
            9,
            "9 at a time, 100/s, for 10 s",
        ),
    ],
)
def test_says_what_it_is(plan: dict[str, Any], at_once: int | None, text: str) -> None:
    assert LoadPlan(**plan).most_at_once == at_once
    assert str(LoadPlan(**plan)) == text


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({}, "a load needs an end"),
        ({"concurrency": 5}, "a load needs an end"),
        ({"count": 0}, "count must be positive, not 0"),
        ({"count": 1, "rate": -1}, "rate must be positive, not -1"),
        ({"duration": float("nan")}, "duration must be positive"),
    ],
)
def test_what_makes_no_sense_is_refused(plan: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LoadPlan(**plan)


def test_without_a_rate_everything_is_due_at_once() -> None:
    assert LoadPlan(count=5).due(4) == 0
    assert LoadPlan(count=5, rate=2).due(4) == 2


@pytest.mark.parametrize(
    ("plan", "number", "elapsed", "exhausted"),
    [
        ({"count": 2}, 1, 99.0, False),
        ({"count": 2}, 2, 0.0, True),
        ({"duration": 3.0}, 1_000_000, 2.9, False),
        ({"duration": 3.0}, 0, 3.0, True),
        # What would only be due after the end is not waited for.
        ({"duration": 3.0, "rate": 2}, 5, 2.1, False),
        ({"duration": 3.0, "rate": 2}, 6, 2.1, True),
        ({"duration": 3.0, "count": 1}, 1, 0.5, True),
    ],
)
def test_when_it_is_exhausted(
    plan: dict[str, Any], number: int, elapsed: float, exhausted: bool
) -> None:
    assert LoadPlan(**plan).is_exhausted(number, elapsed) is exhausted
