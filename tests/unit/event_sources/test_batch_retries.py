"""What follows an attempt at a batch of a stream, as a table."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_magic.event_sources.batch_retries import Batch, Step, after, expired
from lambda_magic.event_sources.mapping import SourceMapping
from lambda_magic.event_sources.stream_records import StreamRecord


def mapping(**members: Any) -> SourceMapping:
    return SourceMapping(
        uuid="u",
        source_arn="arn:aws:kinesis:us-east-1:123456789012:stream/s",
        function_name="f",
        qualifier=None,
        batch_size=100,
        **members,
    )


def records(*numbers: int) -> tuple[StreamRecord, ...]:
    return tuple(StreamRecord(str(number), "key", float(number), {}) for number in numbers)


def summary(step: Step) -> Any:
    """The batches to retry with their failures, what is given up, and whether to wait."""
    retry = [("".join(one.sequence_number for one in b.records), b.failures) for b in step.retry]
    return retry, "".join(one.sequence_number for one in step.discard), step.waits


@pytest.mark.parametrize(
    ("options", "failures", "failed", "expected"),
    [
        # A success.
        ({}, 0, "", ([], "", False)),
        ({"maximum_retries": 0}, 3, "", ([], "", False)),
        # A failure of the whole batch: again and again, or until the attempts are used up.
        ({}, 0, "1234", ([("1234", 1)], "", True)),
        ({}, 9999, "1234", ([("1234", 10_000)], "", True)),
        ({"maximum_retries": 2}, 1, "1234", ([("1234", 2)], "", True)),
        ({"maximum_retries": 2}, 2, "1234", ([], "1234", False)),
        ({"maximum_retries": 0}, 0, "1234", ([], "1234", False)),
        # Half by half: that is no attempt.
        ({"bisects": True, "maximum_retries": 0}, 0, "1234", ([("12", 0), ("34", 0)], "", False)),
        ({"bisects": True, "maximum_retries": 5}, 3, "1234", ([("12", 3), ("34", 3)], "", False)),
        # Reported failures: from the first of them on, which is progress.
        ({"reports_failures": True}, 5, "3", ([("34", 1)], "", True)),
        ({"reports_failures": True}, 5, "24", ([("234", 1)], "", True)),
        ({"reports_failures": True, "bisects": True}, 0, "3", ([("34", 1)], "", True)),
        ({"reports_failures": True, "maximum_retries": 1}, 1, "1", ([], "1234", False)),
    ],
)
def test_after(options: Any, failures: int, failed: str, expected: Any) -> None:
    step = after(Batch(records(1, 2, 3, 4), failures), set(failed), mapping(**options))
    assert summary(step) == expected


def test_a_single_record_is_not_split() -> None:
    step = after(Batch(records(1), 0), {"1"}, mapping(bisects=True, maximum_retries=0))
    assert summary(step) == ([], "1", False)


def test_records_expire_one_by_one() -> None:
    old, young = expired(records(1, 2, 3), mapping(maximum_age=60.0), now=62.5)
    assert (old, young) == (records(1, 2), records(3))
    assert expired(records(1, 2), mapping(), now=1e9) == ((), records(1, 2))


@given(
    size=st.integers(1, 40),
    poison=st.sets(st.integers(0, 39)),
    bisects=st.booleans(),
    reports=st.booleans(),
    retries=st.integers(0, 3),
)
def test_every_record_is_done_with_in_the_end(
    size: int, poison: set[int], bisects: bool, reports: bool, retries: int
) -> None:
    """Whatever fails: nothing is lost on the way, and nothing that is poison succeeds."""
    about = mapping(bisects=bisects, reports_failures=reports, maximum_retries=retries)
    poisoned = {str(number) for number in poison}
    waiting = [Batch(records(*range(size)))]
    succeeded: list[str] = []
    discarded: list[str] = []
    for _ in range(5000):
        if not waiting:
            break
        batch = waiting.pop(0)
        numbers = [one.sequence_number for one in batch.records]
        failed = set(numbers) & poisoned
        step = after(batch, failed if reports or not failed else set(numbers), about)
        again = [one.sequence_number for b in step.retry for one in b.records]
        given_up = [one.sequence_number for one in step.discard]
        discarded += given_up
        succeeded += [one for one in numbers if one not in again and one not in given_up]
        waiting = [*step.retry, *waiting]
    assert not waiting
    assert sorted(map(int, succeeded + discarded)) == list(range(size))
    assert not set(succeeded) & poisoned
    if bisects and not reports:
        assert set(discarded) <= poisoned
