import pytest

from lambda_magic.monitoring.source_table import source_rows, svg
from lambda_magic.monitoring.timeline_colours import RED

from .conftest import make_poller_state

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-01-31T00:00:00.000"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"


def test_a_queue_has_pollers_and_a_backlog() -> None:
    state = make_poller_state(qualifier="LIVE", failed=3, lag_ms=12.3, backlog=1_500)
    (row,) = source_rows([state])

    assert tuple(row) == (
        "sqs:orders", "hello:LIVE", "Enabled", "5 pollers", "1,234", "3",
        "12.3 ms, 1,500 waiting", "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arn", "source"), [(TABLE, "dynamodb:orders"), (STREAM, "kinesis:clicks")]
)
def test_a_stream_has_shards(arn: str, source: str) -> None:
    (row,) = source_rows([make_poller_state(source_arn=arn, pollers=1, backlog=None)])

    assert (row.source, row.pollers, row.lag) == (source, "1 shard", "none")


def test_rows_are_in_order_of_functions_and_sources() -> None:
    states = [
        make_poller_state(uuid="1", function_name="b"),
        make_poller_state(uuid="2", function_name="a"),
        make_poller_state(uuid="3", function_name="a", source_arn=STREAM),
    ]
    found = [(row.function, row.source) for row in source_rows(states)]

    assert found == [("a", "kinesis:clicks"), ("a", "sqs:orders"), ("b", "sqs:orders")]


def test_what_is_wrong_is_red_and_told_whole() -> None:
    problem = "PROBLEM: ResourceNotFoundException: <Function> not found, and this goes on"
    rows = source_rows([make_poller_state(result=problem)])
    drawn, end = svg(rows, 100.0)

    assert rows[0].is_alarm
    assert str(rows[0]).endswith(f"lag none, {problem}")
    assert drawn.count(f'fill="{RED}"') == 2
    assert "&lt;Function&gt; not found, and this goes on</title>" in drawn
    assert end == 100.0 + 8 + 17 + 12
    assert not source_rows([make_poller_state(result="OK")])[0].is_alarm


def test_without_mappings_there_is_no_table() -> None:
    assert svg([], 100.0) == ("", 100.0)
