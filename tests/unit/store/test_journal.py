import logging
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_magic.core.errors import NewerStoreError, StoreError
from lambda_magic.store.journal import Journal
from lambda_magic.store.journal_writer import JournalWriter, Retention, Row

GROUP, STREAM = "/aws/lambda/hello", "2026/01/31/[1]0123456789abcdef0123456789abcdef"


def log_event(number: int, *, message: str = "", stream: str = STREAM, group: str = GROUP) -> Row:
    now = int(time.time() * 1000)
    return (group, stream, now + number, message or f"message {number}\n", f"request-{number}")


def invocation(number: int, *, function_name: str = "hello", start: float | None = None) -> Row:
    began = time.time() + number if start is None else start
    return (
        *(began, began + 0.5, function_name, "1", None, f"request-{number}", "success", None),
        *(500.0, 500, None, 128, 36, 1e-6, 1, 1, 1, False, None, None),
    )


def throttle(number: int) -> Row:
    reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
    return (time.time() + number, "hello", "1", "LIVE", reason)


def messages(journal: Journal, group: str = GROUP) -> list[str]:
    return [row[3] for row in journal.log_events(group)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "us-east-1.journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal(path)
    yield opened
    opened.close()


def test_rows_come_back_as_they_went_in(journal: Journal) -> None:
    event, call, refusal = log_event(1), invocation(1), throttle(1)
    journal.append(log_events=[event], invocations=[call], throttles=[refusal])
    ((stream, timestamp, ingestion_time, message, request_id),) = journal.log_events(GROUP)
    assert (GROUP, stream, timestamp, message, request_id) == event
    assert abs(ingestion_time - time.time() * 1000) < 60_000
    assert journal.invocations() == [call]
    assert journal.throttles() == [refusal]


def test_everything_survives_closing(path: Path) -> None:
    first = Journal(path)
    for number in range(100):
        first.append(log_events=[log_event(number)], invocations=[invocation(number)])
    first.close()
    second = Journal(path)
    assert messages(second) == [f"message {number}\n" for number in range(100)]
    assert len(second.invocations("hello")) == 100
    second.close()


def test_two_journals_on_one_file_see_each_other(path: Path, journal: Journal) -> None:
    other = Journal(path)
    journal.append(log_events=[log_event(1)])
    other.append(log_events=[log_event(2)])
    journal.flush()
    other.flush()
    assert messages(journal) == messages(other) == ["message 1\n", "message 2\n"]
    other.close()


WRITER = """
import sys
from pathlib import Path
from lambda_magic.store.journal import Journal

path, name, now = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
journal = Journal(path)
print("open", flush=True)
sys.stdin.readline()
for number in range(500):
    row = ("/aws/lambda/hello", name, now + number, f"{name} {number}\\n", None)
    journal.append(log_events=[row])
    if number % 20 == 0:
        journal.flush()
journal.close()
print(journal.dropped)
"""


def test_two_processes_write_at_once(path: Path, journal: Journal) -> None:
    now = str(int(time.time() * 1000))
    writers = {
        name: subprocess.Popen(
            [sys.executable, "-c", WRITER, path, name, now],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("a", "b")
    }
    for writer in writers.values():
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
    for writer in writers.values():
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for name, writer in writers.items():
        assert writer.communicate()[0] == "0\n"
        rows = journal.log_events(GROUP, streams=[name])
        assert [row[3] for row in rows] == [f"{name} {number}\n" for number in range(500)]


def test_log_events_are_ordered_by_timestamp_then_writing(journal: Journal) -> None:
    rows = [(GROUP, STREAM, timestamp, f"{n}", None) for n, timestamp in enumerate([5, 3, 5, 3])]
    now = int(time.time() * 1000)
    rows = [(*row[:2], now + row[2], *row[3:]) for row in rows]
    journal.append(log_events=rows[:2])
    journal.append(log_events=rows[2:])
    assert messages(journal) == ["1", "3", "0", "2"]


def test_log_events_filtered(journal: Journal) -> None:
    now = int(time.time() * 1000)
    for number in range(10):
        stream = "even" if number % 2 == 0 else "odd"
        row = (GROUP, stream, now + number, str(number), f"request-{number // 5}")
        journal.append(log_events=[row])
    journal.append(log_events=[("/other", "even", now, "other", None)])

    def found(**filters: object) -> str:
        rows = journal.log_events(GROUP, **filters)  # type: ignore[arg-type]  # the test's own
        return "".join(row[3] for row in rows)

    assert found() == "0123456789"
    assert found(streams=["odd"]) == "13579"
    assert found(streams=["odd", "even"]) == "0123456789"
    assert found(streams=[]) == ""
    assert found(request_id="request-1") == "56789"
    assert found(start_ms=now + 8) == "89"
    assert found(end_ms=now + 1) == "01"
    assert found(start_ms=now + 2, end_ms=now + 6, streams=["even"]) == "246"
    assert found(limit=3) == "012"
    assert found(limit=3, tail=True) == "789"
    assert found(tail=True) == "0123456789"
    assert journal.log_events("/none") == []


def test_log_groups_and_streams(journal: Journal) -> None:
    now = int(time.time() * 1000)
    journal.append(
        log_events=[
            ("/b", "old", now + 1, "1234", None),
            ("/b", "old", now + 2, "12é", None),
            ("/b", "new", now + 9, "1", None),
            ("/a", "only", now + 5, "12345", None),
        ]
    )
    assert journal.log_groups() == [("/a", now + 5, 5), ("/b", now + 1, 9)]
    streams = journal.log_streams("/b")
    assert [row[:4] for row in streams] == [
        ("new", now + 9, now + 9, now + 9),
        ("old", now + 1, now + 1, now + 2),
    ]


def test_invocations_in_a_span_of_time(journal: Journal) -> None:
    now = time.time()
    journal.append(invocations=[invocation(n, start=now + n) for n in (2, 0, 1)])
    journal.append(invocations=[invocation(9, start=now, function_name="other")])
    assert [row[5] for row in journal.invocations("hello")] == [f"request-{n}" for n in range(3)]
    assert [row[5] for row in journal.invocations("hello", start=now + 1, end=now + 2)] == [
        "request-1"
    ]
    assert len(journal.invocations()) == 4


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("plain\n", "plain\n"),
        ("Grüße, 世界 😀", "Grüße, 世界 😀"),
        ("quotes ' \" and \\u0000 as text", "quotes ' \" and \\u0000 as text"),
        ("\x1b[31mred\x1b[0m\t\r\u2028", "\x1b[31mred\x1b[0m\t\r\u2028"),
        ("before\0after", "before\0after"),
        ("lone \ud800 surrogate", "lone ? surrogate"),
        ("x" * 300_000, "x" * 300_000),
    ],
)
def test_messages_of_all_kinds(journal: Journal, written: str, kept: str) -> None:
    journal.append(log_events=[log_event(1, message=written)])
    assert messages(journal) == [kept]


def test_broken_text_among_much_else_is_kept_once(journal: Journal) -> None:
    rows = [log_event(number) for number in range(150)]
    journal.append(log_events=[*rows, log_event(150, message="lone \ud800 surrogate\n")])
    assert messages(journal) == [row[3] for row in rows] + ["lone ? surrogate\n"]


def test_broken_text_in_an_invocation_is_kept_too(journal: Journal) -> None:
    row = list(invocation(1))
    row[7] = "Error\ud800"
    journal.append(invocations=[tuple(row), invocation(2)])
    assert [found[7] for found in journal.invocations()] == ["Error?", None]


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=250))
@settings(max_examples=20, deadline=None)
def test_any_text_survives(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    journal = Journal(tmp_path_factory.mktemp("home") / "journal.sqlite")
    now = int(time.time() * 1000)
    journal.append(log_events=[(GROUP, STREAM, now, text, None) for text in texts])
    assert messages(journal) == texts
    journal.close()


def test_old_rows_go(path: Path) -> None:
    long_ago = time.time() - 10 * 86_400
    first = Journal(path)
    first.append(
        log_events=[(GROUP, "old", int(long_ago * 1000), "old", None), log_event(1)],
        invocations=[invocation(1, start=long_ago), invocation(2)],
    )
    first.close()
    second = Journal(path, retention=Retention(days=9))
    assert messages(second) == ["message 1\n"]
    assert [row[0] for row in second.log_streams(GROUP)] == [STREAM]
    assert [row[5] for row in second.invocations()] == ["request-2"]
    second.close()


def test_growth_is_bounded_while_writing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JournalWriter, "PRUNE_INTERVAL", 50)
    monkeypatch.setattr(JournalWriter, "PRUNE_BATCH", 7)
    journal = Journal(path, retention=Retention(rows=100))
    for number in range(1_000):
        journal.append(log_events=[log_event(number)])
        if number % 10 == 0:
            journal.flush()
    kept = messages(journal)
    assert 100 <= len(kept) <= 200
    assert kept[-1] == "message 999\n"
    journal.close()


def test_a_damaged_file_is_set_aside(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 1_000)
    journal = Journal(path)
    journal.append(log_events=[log_event(1)])
    assert messages(journal) == ["message 1\n"]
    journal.close()
    (aside,) = path.parent.glob("*.damaged-*")
    assert aside.read_bytes().startswith(b"this is no database")
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert str(aside) in record.getMessage()


def test_a_file_damaged_while_open_is_set_aside(path: Path, journal: Journal) -> None:
    journal.append(log_events=[log_event(number) for number in range(2_000)])
    journal.flush()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    assert messages(journal) == []
    journal.append(log_events=[log_event(1)])
    assert messages(journal) == ["message 1\n"]
    assert list(path.parent.glob("*.sqlite.damaged-*"))


def test_damage_that_the_writer_meets_is_set_aside_for_the_reader_too(
    path: Path, journal: Journal
) -> None:
    journal.append(log_events=[log_event(1)])
    assert messages(journal) == ["message 1\n"]  # the reader is open
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    path.write_bytes(b"overwritten by something else" * 1_000)
    journal.append(log_events=[log_event(2)])
    journal.flush()
    journal.append(log_events=[log_event(3)])
    assert messages(journal)[-1] == "message 3\n"


def test_a_newer_schema_is_left_as_it_is(path: Path) -> None:
    Journal(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NewerStoreError, match="schema version 99"):
        Journal(path)
    assert path.read_bytes() == before


def test_under_overload_rows_are_dropped_and_counted(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JournalWriter, "MAX_WAITING", 10_000)
    blocker = sqlite3.connect(journal.path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    for number in range(100):
        journal.append(log_events=[log_event(number)])  # returns at once, every time
    assert journal.dropped > 50
    blocker.execute("ROLLBACK")
    blocker.close()
    assert len(messages(journal)) == 100 - journal.dropped


def test_appending_waits_for_nobody(journal: Journal) -> None:
    blocker = sqlite3.connect(journal.path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    journal.append(log_events=[log_event(1)])
    flushed = threading.Event()
    reader = threading.Thread(target=lambda: (journal.flush(), flushed.set()))
    reader.start()
    journal.append(log_events=[log_event(2)])
    assert not flushed.is_set()
    blocker.execute("ROLLBACK")
    blocker.close()
    reader.join()
    assert messages(journal) == ["message 1\n", "message 2\n"]


def test_rows_that_cannot_be_written_do_not_stop_the_next(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    journal.append(invocations=[(object(),)])
    journal.flush()
    journal.append(log_events=[log_event(1)])
    assert messages(journal) == ["message 1\n"]
    assert journal.dropped == 1
    assert "1 rows of the journal are lost" in caplog.text


def test_closing(path: Path) -> None:
    journal = Journal(path)
    journal.append(log_events=[log_event(1)])
    assert repr(journal) == "<Journal us-east-1.journal.sqlite [open]>"
    journal.close()
    journal.close()
    journal.flush()
    assert repr(journal) == "<Journal us-east-1.journal.sqlite [closed]>"
    with pytest.raises(StoreError, match="is closed"):
        journal.log_groups()
    journal.append(log_events=[log_event(2)])
    assert journal.dropped == 1


def test_it_is_one_file_that_sqlite_reads(path: Path, journal: Journal) -> None:
    journal.append(log_events=[log_event(1)], throttles=[throttle(1)])
    journal.flush()
    connection = sqlite3.connect(path)
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert {"log_streams", "log_events", "invocations", "throttles"} <= names
    assert connection.execute("SELECT reason FROM throttles").fetchone()[0].startswith("Reserved")
    connection.close()
