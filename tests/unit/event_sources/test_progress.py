from hypothesis import given
from hypothesis import strategies as st

from lambda_magic.event_sources.progress import Progress
from lambda_magic.event_sources.stream_records import StreamRecord
from lambda_magic.store.checkpoints import TRIM_HORIZON


def record(number: int) -> StreamRecord:
    return StreamRecord(str(number), "key", 0.0, {})


def test_the_position_waits_for_the_first_record() -> None:
    progress = Progress(TRIM_HORIZON)
    progress.add(map(record, (1, 2, 3)))
    assert not progress.done([record(2), record(3)])
    assert progress.position is TRIM_HORIZON
    assert progress.done([record(1)])
    assert str(progress.position) == "AFTER_SEQUENCE_NUMBER:3"
    assert repr(progress) == "<Progress AFTER_SEQUENCE_NUMBER:3 [0 on their way]>"


def test_nothing_done_is_no_progress() -> None:
    assert not Progress(TRIM_HORIZON).done([])


@given(st.permutations(range(8)))
def test_everything_before_the_position_is_done(order: list[int]) -> None:
    progress = Progress(TRIM_HORIZON)
    progress.add(map(record, range(8)))
    done: set[int] = set()
    for number in order:
        progress.done([record(number)])
        done.add(number)
        if progress.position is not TRIM_HORIZON:
            last = int(progress.position.value)
            assert set(range(last + 1)) <= done
            assert last + 1 not in done
