import json

import pytest

from lambda_magic.bench.row import Row, as_json, as_text


def row(figure: float, bar: str) -> Row:
    return Row(name="warm", measured="90 µs", peer="pool 100 µs", figure=figure, bar=bar)


@pytest.mark.parametrize(
    ("figure", "bar", "reached"),
    [
        (0.9, "<= 1.0", True),
        (1.0, "<= 1.0", True),
        (1.01, "<= 1.0", False),
        (6000, ">= 6000", True),
        (5999, ">= 6000", False),
        (float("inf"), "<= 10", False),
    ],
)
def test_a_bar_is_reached_or_missed(figure: float, bar: str, reached: bool) -> None:
    assert row(figure, bar).reached is reached


def test_the_table_for_people() -> None:
    assert as_text([row(0.9, "<= 1.0"), row(1.5, "<= 1.0")]) == (
        "what  measured  beside       figure  bar\n"
        "warm  90 µs     pool 100 µs  0.90    <= 1.0  reached\n"
        "warm  90 µs     pool 100 µs  1.50    <= 1.0  missed"
    )


def test_the_table_for_programs() -> None:
    assert json.loads(as_json([row(0.9, "<= 1.0")])) == [
        {
            "name": "warm",
            "measured": "90 µs",
            "peer": "pool 100 µs",
            "figure": 0.9,
            "bar": "<= 1.0",
            "reached": True,
        }
    ]
