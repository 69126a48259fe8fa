"""The journal: what happened, kept between kernels, written beside the hot path.

Rows are handed over on the loop thread, which only appends them to a queue; a thread of the
journal's own writes them. What is still in the queue when the process is killed is lost, and
nobody was promised otherwise: so a damaged journal is set aside rather than refused, and under
overload new rows are dropped rather than the loop stopped.

Rows are plain tuples in the order of the columns in the schema files (without `id`);
a log event to be appended is (log group, log stream, timestamp, message, request id).
"""

import json
import math
import threading
from collections.abc import Sequence
from pathlib import Path

from lambda_magic.core.errors import DamagedStoreError, StoreError
from lambda_magic.store.database import Database
from lambda_magic.store.home import removed
from lambda_magic.store.journal_writer import JournalWriter, Retention, Row, open_journal_file


class Journal:
    """One region's journal; several processes may have the same one open.

    `append` is for one thread, and never waits. All reading sees what was appended before, waits
    for it to be written, and so is for any thread except that one.
    """

    def __init__(self, path: Path, *, retention: Retention | None = None) -> None:
        self.path = path
        self._writer = JournalWriter(path, retention or Retention())
        self._reader: Database | None = None
        #: The writer's `replacements` when the reader was opened.
        self._reader_of = 0
        self._reading = threading.Lock()

    def __repr__(self) -> str:
        state = "closed" if self._writer.is_closed else "open"
        return f"<Journal {self.path.name} [{state}]>"

    @property
    def dropped(self) -> int:
        """Rows that could not be kept, because of overload or a full disk."""
        return self._writer.dropped

    def append(
        self,
        *,
        log_events: Sequence[Row] = (),
        invocations: Sequence[Row] = (),
        throttles: Sequence[Row] = (),
        measurements: Sequence[Row] = (),
    ) -> None:
        """Have some rows written, soon."""
        self._writer.append(
            {
                "log_events": log_events,
                "invocations": invocations,
                "throttles": throttles,
                "measurements": measurements,
            }
        )

    def flush(self) -> None:
        """Wait until everything appended so far is written."""
        self._writer.flush()

    def log_groups(self) -> list[Row]:
        """(log group, creation time, bytes stored), by name."""
        return self._read("log_groups")

    def log_streams(self, log_group: str) -> list[Row]:
        """(log stream, creation time, first and last timestamp, last ingestion), newest first."""
        return self._read("log_streams", log_group=log_group)

    def log_events(
        self,
        log_group: str,
        *,
        streams: Sequence[str] | None = None,
        request_id: str | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
        limit: int | None = None,
        tail: bool = False,
    ) -> list[Row]:
        """(log stream, timestamp, ingestion time, message, request id), oldest first.

        From `start_ms` to `end_ms`, both included. Of more than `limit` the first ones, or with
        `tail` the last ones.
        """
        rows = self._read(
            "last_log_events" if tail else "first_log_events",
            log_group=log_group,
            streams=None if streams is None else json.dumps(list(streams)),
            request_id=request_id,
            start=-math.inf if start_ms is None else start_ms,
            end=math.inf if end_ms is None else end_ms,
            limit=-1 if limit is None else limit,
        )
        return rows[::-1] if tail else rows

    def invocations(
        self, function_name: str | None = None, *, start: float = 0.0, end: float = math.inf
    ) -> list[Row]:
        """Rows of invocations that began from `start` to before `end`, oldest first."""
        return self._read("invocations", function_name=function_name, start=start, end=end)

    def throttles(
        self, function_name: str | None = None, *, start: float = 0.0, end: float = math.inf
    ) -> list[Row]:
        """Rows of throttles from `start` to before `end`, oldest first."""
        return self._read("throttles", function_name=function_name, start=start, end=end)

    def measurements(
        self, function_name: str | None = None, *, start: float = 0.0, end: float = math.inf
    ) -> list[Row]:
        """Rows of measurements from `start` to before `end`, oldest first."""
        return self._read("measurements", function_name=function_name, start=start, end=end)

    def close(self) -> None:
        """Write what is waiting and close the file; calling it again does nothing."""
        self._writer.close()
        with self._reading:
            self._close_reader()

    def _read(self, query: str, **parameters: object) -> list[Row]:
        if self._writer.is_closed:
            raise StoreError(f"The journal {self.path} is closed.")
        self._writer.flush()
        with self._reading:
            try:
                return self._all(query, parameters)
            except DamagedStoreError:
                self._close_reader()
                self._writer.flush(damaged=True)
                return self._all(query, parameters)

    def _all(self, query: str, parameters: dict[str, object]) -> list[Row]:
        if self._reader_of != self._writer.replacements:
            self._close_reader()
        if self._reader is None:
            if not self.path.parent.is_dir():
                raise removed(self.path)
            self._reader_of = self._writer.replacements
            self._reader = open_journal_file(self.path)
        return [tuple(row) for row in self._reader.all(query, **parameters)]

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
