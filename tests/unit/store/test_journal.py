import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_magic.core.errors import NewerStoreError, StoreError
from lambda_magic.store.journal import Journal

from .journal_rows import GROUP, STREAM, invocation, log_event, messages, throttle


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


def test_a_newer_schema_is_left_as_it_is(path: Path) -> None:
    Journal(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NewerStoreError, match="schema version 99"):
        Journal(path)
    assert path.read_bytes() == before


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
