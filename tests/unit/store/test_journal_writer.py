import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_magic.core.errors import RemovedStoreError
from lambda_magic.store.journal import Journal
from lambda_magic.store.journal_writer import JournalWriter, Retention

from .journal_rows import GROUP, STREAM, invocation, log_event, messages


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "us-east-1.journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal(path)
    yield opened
    opened.close()


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


def test_rows_are_lost_while_the_file_has_gone_and_that_is_said_once(
    journal: Journal, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal.append(log_events=[log_event(1)])
    journal.flush()
    elsewhere = path.parent.rename(path.parent.with_name("elsewhere"))
    with pytest.raises(RemovedStoreError):
        journal.log_groups()
    for number in (2, 3):
        journal.append(log_events=[log_event(number)])
        journal.flush()
    elsewhere.rename(path.parent)
    journal.append(log_events=[log_event(4)])
    assert messages(journal) == ["message 1\n", "message 4\n"]
    assert journal.dropped == 2
    (warning,) = caplog.messages
    assert warning.startswith(f"1 rows of the journal are lost: {path} was removed or moved")


@pytest.mark.parametrize("begun", [False, True])
def test_a_journal_that_is_taken_away_begins_anew(
    journal: Journal, path: Path, begun: bool
) -> None:
    journal.append(log_events=[log_event(1)])
    journal.flush()
    for file in path.parent.iterdir():
        file.unlink()
    if begun:
        Journal(path).close()
    journal.append(log_events=[log_event(2)])
    assert messages(journal) == ["message 2\n"]
    assert journal.dropped == 0


def test_ctrl_c_at_any_moment_of_a_flush_does_not_stop_the_writing(
    tmp_path: Path, interrupt: Callable[..., str]
) -> None:
    setup = """
        from pathlib import Path
        from lambda_magic.store.journal_writer import JournalWriter, Retention

        writer = JournalWriter(Path(sys.argv[1]), Retention())
    """
    again = "writer.flush(); writer.close(); print('written')"
    printed = interrupt(tmp_path / "journal", setup=setup, step="writer.flush()", after=again)
    assert printed == "written\n"
