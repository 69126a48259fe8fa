"""The journal's writer: a queue, and the one thread that empties it into the file.

Rows are inserted many in a statement and a batch in a transaction, and old ones are pruned. What
cannot be written (a full disk, overload) is dropped, counted and said in a warning; a file that
turns out to be damaged is set aside and a new one begun. Nothing of it may stop the thread that
appends, nor end this one.
"""

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from lambda_magic.core.errors import DamagedStoreError, RemovedStoreError, StoreError
from lambda_magic.store.database import Database, load_queries, schema_migration

Row = tuple[Any, ...]

TABLES = ("log_events", "invocations", "throttles", "measurements")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Retention:
    """How much of the past is kept."""

    #: Of each kind: log events, invocations, throttles, measurements.
    rows: int = 500_000
    days: float = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Batch:
    """Rows on their way, by table."""

    rows: Mapping[str, Sequence[Row]]
    #: Roughly how many bytes of memory the rows take.
    weight: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mark:
    """A place in the queue: whoever put it there wants to know when it is reached."""

    #: Has one element then. No event: Ctrl-C might leave it locked, and the thread with it.
    reached: SimpleQueue[None] = field(default_factory=SimpleQueue)
    #: Whether the file is to be set aside there, because reading found it damaged.
    damaged: bool = False


class JournalWriter:
    """Appends rows to the file, as far as retention lets it grow."""

    #: Bytes that may wait in memory to be written; rows beyond that are dropped.
    MAX_WAITING = 128 * 1024 * 1024
    #: Bytes written in one transaction.
    MAX_TRANSACTION = 4 * 1024 * 1024
    #: Rows written between two rounds of pruning, and rows deleted in one transaction.
    PRUNE_INTERVAL, PRUNE_BATCH = 20_000, 5_000

    def __init__(self, path: Path, retention: Retention) -> None:
        self.path = path
        self.retention = retention
        #: Rows that could not be kept.
        self.dropped = 0
        #: How often a damaged file was replaced: who has the old one open must open it again.
        self.replacements = 0
        self.is_closed = False
        self._database = self._open()
        self._queue: SimpleQueue[_Batch | _Mark] = SimpleQueue()
        # Each counter is changed by one thread only, so neither needs a lock.
        self._appended = self._written = 0
        self._rows_until_pruning = 0
        self._is_failing = False
        self._thread = threading.Thread(target=self._run, name="lambda_magic journal", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        state = "closed" if self.is_closed else f"{self._queue.qsize()} batches waiting"
        return f"<JournalWriter {self.path.name} [{state}]>"

    # For other threads...

    def append(self, rows: Mapping[str, Sequence[Row]]) -> None:
        """Have some rows, by table, written soon; for one thread only, and never waits."""
        # 300 bytes is what a row takes beside its message.
        weight = sum([300 + len(row[3]) for row in rows["log_events"]])
        weight += 600 * sum([len(rows[table]) for table in TABLES[1:]])
        if self.is_closed or self._appended - self._written + weight > self.MAX_WAITING:
            self.dropped += sum(map(len, rows.values()))
            return
        self._appended += weight
        self._queue.put(_Batch(rows=rows, weight=weight))

    def flush(self, *, damaged: bool = False) -> None:
        """Wait until everything appended so far is written, and a damaged file replaced."""
        mark = _Mark(damaged=damaged)
        self._queue.put(mark)
        while self._thread.is_alive():
            with suppress(Empty):
                return mark.reached.get(timeout=0.1)

    def close(self) -> None:
        """Write what is waiting and close the file; calling it again does nothing."""
        self.is_closed = True
        self._queue.put(_Mark())
        self._thread.join()

    # The thread...

    def _run(self) -> None:
        self._prune()
        while not self.is_closed or not self._queue.empty():
            for step in self._steps():
                if isinstance(step, _Mark):
                    self._arrive(step)
                else:
                    self._write(step)
        self._database.close()

    def _steps(self) -> Iterator[list[_Batch] | _Mark]:
        """What is in the queue: marks, and between them as many batches as go together."""
        batches: list[_Batch] = []
        weight = 0
        for item in self._items():
            if isinstance(item, _Batch):
                batches.append(item)
                weight += item.weight
            if batches and (isinstance(item, _Mark) or weight >= self.MAX_TRANSACTION):
                yield batches
                batches, weight = [], 0
            if isinstance(item, _Mark):
                yield item
        if batches:
            yield batches

    def _items(self) -> Iterator[_Batch | _Mark]:
        """One after another until the queue is empty; the first is waited for."""
        yield self._queue.get()
        while not self._queue.empty():
            yield self._queue.get()

    def _arrive(self, mark: _Mark) -> None:
        try:
            if mark.damaged:
                self._replace()
        except StoreError as error:
            _log.warning("The damaged journal could not be set aside: %s", error)
        finally:
            mark.reached.put(None)

    def _write(self, batches: list[_Batch]) -> None:
        count = sum([len(rows) for batch in batches for rows in batch.rows.values()])
        try:
            try:
                self._insert(batches)
            except (DamagedStoreError, RemovedStoreError):
                if not self.path.parent.is_dir():
                    raise
                # Another kernel may have found the damage first, or somebody has tidied up.
                self._replace()
                self._insert(batches)
        except Exception as error:
            # A full disk, say. This thread lives on: there may be room again for later rows.
            self.dropped += count
            if not self._is_failing:  # Once is enough: thousands of rows may follow in a second.
                _log.warning("%d rows of the journal are lost: %s", count, error)
            self._is_failing = True
        else:
            self._is_failing = False
        self._written += sum([batch.weight for batch in batches])
        self._rows_until_pruning -= count
        if self._rows_until_pruning < 0:
            self._prune()

    def _insert(self, batches: list[_Batch]) -> None:
        rows = {table: [row for batch in batches for row in batch.rows[table]] for table in TABLES}
        try:
            self._insert_all(rows)
        except UnicodeEncodeError:
            self._insert_all({table: _encodable(some) for table, some in rows.items()})

    def _insert_all(self, rows: Mapping[str, Sequence[Row]]) -> None:
        with self._database.transaction():
            for table, some in rows.items():
                self._insert_into(table, some)

    def _insert_into(self, table: str, rows: Sequence[Row]) -> None:
        if table != "log_events":
            self._database.insert(f"insert_{table}", rows)
            return
        # Ids of log streams are not remembered for longer: another process may prune a stream.
        ids: dict[tuple[str, str], int] = {}
        now = int(time.time() * 1000)
        # Piece by piece: the loop thread gets no turn while a list is being made.
        for first in range(0, len(rows), 100):
            piece = []
            for group, stream, timestamp, message, request_id in rows[first : first + 100]:
                if (group, stream) not in ids:
                    ids[group, stream] = self._stream_id(group, stream, timestamp)
                piece.append((ids[group, stream], timestamp, now, message, request_id))
            self._database.insert("insert_log_events", piece)

    def _stream_id(self, group: str, stream: str, timestamp: int) -> int:
        """The id of a log stream, which is made if this is its first log event."""
        name = {"log_group": group, "log_stream": stream}
        found = self._database.one("find_log_stream", **name)
        if found is None:
            self._database.run("insert_log_stream", creation_time=timestamp, **name)
            found = self._database.one("find_log_stream", **name)
        assert found is not None
        return int(found["id"])

    def _prune(self) -> None:
        self._rows_until_pruning = self.PRUNE_INTERVAL
        keep: dict[str, object] = {
            "rows": self.retention.rows,
            "before": time.time() - self.retention.days * 86_400,
        }
        try:
            for table in TABLES:
                while self._database.run(f"prune_{table}", batch=self.PRUNE_BATCH, **keep):
                    pass
            self._database.run("prune_log_streams")
        except StoreError as error:
            _log.warning("Old rows of the journal stay for now: %s", error)

    # The file itself.

    def _open(self, *, thorough: bool = False) -> Database:
        try:
            return open_journal_file(self.path, thorough=thorough)
        except DamagedStoreError as error:
            self._set_aside(error)
            return open_journal_file(self.path)

    def _replace(self) -> None:
        """Something said that the file is damaged; if it is, begin a new one."""
        self._database.close()
        self._database = self._open(thorough=True)
        self.replacements += 1

    def _set_aside(self, reason: Exception) -> None:
        """Rename the file, so that it can be looked into, and make room for an empty one."""
        aside = self.path.with_name(f"{self.path.name}.damaged-{time.time_ns()}")
        for suffix in ("", "-wal", "-shm"):
            source = self.path.with_name(self.path.name + suffix)
            if source.exists():
                source.rename(aside.with_name(aside.name + suffix))
        _log.warning("The journal begins anew, the old one is now %s: %s", aside, reason)


def open_journal_file(path: Path, *, thorough: bool = False) -> Database:
    """The file as a database; `thorough` looks for damage in all of it."""
    # Not thorough, as a rule: a journal is large, and damage is dealt with where it is met.
    return Database(
        path,
        thorough=thorough,
        migrations=[
            schema_migration("journal_schema.sql"),
            schema_migration("journal_schema_2.sql"),
        ],
        queries=load_queries("journal_queries.sql"),
    )


def _encodable(rows: Sequence[Row]) -> list[Row]:
    """The rows without the lone surrogates that output in broken UTF-8 leaves in a text."""
    return [
        tuple(
            value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
            for value in row
        )
        for row in rows
    ]
