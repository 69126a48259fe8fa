from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from lambda_magic.environments.telemetry_backlog import ROOM, Backlog, Loss


def test_a_batch_is_limited_by_items() -> None:
    backlog = Backlog(max_items=2, max_bytes=100)
    backlog.add(b"1")
    assert not backlog.has_batch
    for record in (b"2", b"3"):
        backlog.add(record)
    assert backlog.has_batch
    assert repr(backlog) == "<Backlog [3 records, 3 bytes]>"
    assert (backlog.take_batch(), backlog.take_batch()) == ([b"1", b"2"], [b"3"])
    assert backlog.take_loss() == Loss()


def test_a_batch_is_limited_by_bytes() -> None:
    backlog = Backlog(max_items=100, max_bytes=10)
    for record in (b"123456", b"abcdef", b"x"):
        backlog.add(record)
    assert backlog.has_batch
    assert (backlog.take_batch(), backlog.take_batch()) == ([b"123456", b"abcdef"], [b"x"])


def test_the_oldest_are_dropped() -> None:
    backlog = Backlog(max_items=1, max_bytes=100)
    for number in range(ROOM + 2):
        backlog.add(b"%d" % number)
    assert backlog.take_loss() == Loss(records=2, size=2)
    assert not backlog.take_loss()
    assert backlog.take_batch() == [b"2"]


def test_one_record_is_never_too_large() -> None:
    backlog = Backlog(max_items=1, max_bytes=1)
    backlog.add(bytes(1_000))
    assert len(backlog.take_batch()) == 1
    assert not backlog.take_loss()


def test_nothing_is_left_of_what_is_not_wanted() -> None:
    backlog = Backlog(max_items=10, max_bytes=10)
    backlog.add(b"1")
    backlog.clear()
    assert (len(backlog), backlog.take_batch()) == (0, [])


@given(
    sizes=st.lists(st.integers(1, 30), max_size=100),
    takes=st.sets(st.integers(0, 99)),
    max_items=st.integers(1, 5),
    max_bytes=st.integers(10, 50),
)
def test_what_is_not_lost_comes_in_order(
    sizes: list[int], takes: set[int], max_items: int, max_bytes: int
) -> None:
    backlog = Backlog(max_items, max_bytes)
    records = [b"%03d" % number + bytes(size) for number, size in enumerate(sizes)]
    taken: list[bytes] = []
    for number, record in enumerate(records):
        backlog.add(record)
        assert len(backlog) <= ROOM * max_items
        if number in takes:
            batch = backlog.take_batch()
            assert len(batch) <= max_items
            assert sum(map(len, batch[:-1])) < max_bytes
            taken += batch
    while batch := backlog.take_batch():
        taken += batch
    rest = deque(records)
    assert all(any(record == rest.popleft() for _ in range(len(rest))) for record in taken)
    lost = [record for record in records if record not in taken]
    assert backlog.take_loss() == Loss.of(lost)
