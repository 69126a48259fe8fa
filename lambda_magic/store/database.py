"""One SQLite file: opened with care, never overwritten, shared with other processes.

A store outlives many kernels and may be open in several at once. So before anything is written,
the file is checked read-only: a damaged file, somebody else's file or one from a newer
lambda_magic is an error, and the file stays as it is.

Write-ahead logging with `synchronous = NORMAL`: what is committed survives the death of the
process at any moment. (Only the death of the whole machine may lose the last moments, and even
then the store stays consistent.)
"""

import fcntl
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path

from lambda_magic.core.errors import DamagedStoreError, NewerStoreError, StoreError
from lambda_magic.store.home import removed

#: Takes the store from one schema version to the next; the first one makes the tables.
Migration = Callable[[sqlite3.Connection], None]

#: SQLite's own place in the file to say whose it is: "LMAG".
APPLICATION_ID = 0x4C4D4147

_HEADING = re.compile(r"^-- (\w+) --$", re.MULTILINE)


def load_queries(name: str) -> dict[str, str]:
    """The named queries of a file in this package: each follows a heading `-- its_name --`."""
    _, *parts = _HEADING.split(_resource(name))
    return dict(zip(parts[::2], (query.strip() for query in parts[1::2]), strict=True))


def schema_migration(name: str) -> Migration:
    """The migration that runs a schema file of this package on an empty store."""

    def create(connection: sqlite3.Connection) -> None:
        for statement in _statements(_resource(name)):
            connection.execute(statement)

    return create


class Database:
    """A store of one schema, on one SQLite file.

    `migrations[n]` takes schema version n to n + 1; each is applied in a transaction of its own.
    `queries` are all the statements there are: callers know them by name only. Errors of SQLite
    never leave; they become `StoreError`. A `thorough` opening reads through the whole file for
    damage, which takes a second or so for each GB.
    """

    #: Seconds to wait for another process that is writing.
    BUSY_TIMEOUT = 10.0

    def __init__(
        self,
        path: Path,
        *,
        migrations: Sequence[Migration],
        queries: Mapping[str, str],
        thorough: bool = True,
    ) -> None:
        self.path = path.absolute()
        #: Goes up with everything written through this object.
        self.writes = 0
        self._queries = queries
        with self._mapped_errors(), self._locked():
            self._check(len(migrations), thorough)
            self._connection = self._open()
            self._identity = self._found()
            try:
                self._migrate(migrations)
            except BaseException:
                self._connection.close()
                raise

    def __repr__(self) -> str:
        return f"<Database {self.path}>"

    def one(self, query: str, **parameters: object) -> sqlite3.Row | None:
        """The first row of a named query, or None."""
        with self._mapped_errors(), suppress(OverflowError):  # No row has so large a number.
            row: sqlite3.Row | None = self._execute(query, parameters).fetchone()
            return row
        return None

    def all(self, query: str, **parameters: object) -> list[sqlite3.Row]:
        """All rows of a named query."""
        with self._mapped_errors():
            return self._execute(query, parameters).fetchall()

    def run(self, query: str, **parameters: object) -> int:
        """Run a named statement; returns how many rows it changed."""
        self.writes += 1
        with self._mapped_errors():
            if not self._connection.in_transaction:
                self._check_place()
            return self._execute(query, parameters).rowcount

    def insert(self, query: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a named `INSERT ... VALUES (?, ...)` for many rows, a hundred at a time.

        Row by row (`executemany`), the interpreter's lock would be given up and fought for at
        every row, which a writing thread must not do to the loop thread.
        """
        self.writes += 1
        head, values = self._queries[query].rsplit("VALUES", 1)
        first = 0
        with self._mapped_errors():
            for size in (100, 10, 1):  # few lengths, so that SQLite's statements are reused
                statement = f"{head}VALUES{','.join([values] * size)}"
                while len(rows) - first >= size:
                    chunk = rows[first : first + size]
                    self._connection.execute(statement, [value for row in chunk for value in row])
                    first += size

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or none of it; nobody else writes meanwhile. It must not await."""
        with self._mapped_errors():
            self._check_place()
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with self._mapped_errors():
                self._connection.execute("COMMIT")
        except BaseException:
            self.writes += 1  # what was read inside the block has never been
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def data_version(self) -> int:
        """A number that changes whenever another connection has written; takes microseconds."""
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version

    def close(self) -> None:
        """Close the file; calling it again does nothing."""
        self._connection.close()

    def _execute(self, query: str, parameters: Mapping[str, object]) -> sqlite3.Cursor:
        return self._connection.execute(self._queries[query], parameters)

    def _check_place(self) -> None:
        """SQLite would write on to a file that has no name any more, and be content."""
        if self._found() != self._identity:
            raise removed(self.path)

    def _found(self) -> tuple[int, int] | None:
        """What tells the file that is there now from any other."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _check(self, newest: int, thorough: bool) -> None:
        """Refuse a file that is not ours to write, without having touched it."""
        if not self.path.exists() or self.path.stat().st_size == 0:
            return
        connection = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            verdict = "ok"
            if thorough:
                (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            (application_id,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (objects,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            connection.close()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict.splitlines()[-1])
        if application_id != APPLICATION_ID and objects:
            raise sqlite3.DatabaseError("not a file of lambda_magic")
        if version > newest:
            raise NewerStoreError(
                f"The store {self.path} has schema version {version} and this lambda_magic knows "
                f"up to {newest}; it is left as it is. Upgrade lambda_magic, or use another home."
            )

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=self.BUSY_TIMEOUT,
            isolation_level=None,  # transactions begin where `transaction` says, nowhere else
            check_same_thread=False,  # made by whoever builds the region, used on the loop thread
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _migrate(self, migrations: Sequence[Migration]) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        for number, migrate in enumerate(migrations[version:], start=version + 1):
            with self.transaction():
                migrate(self._connection)
                self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._connection.execute(f"PRAGMA user_version = {number}")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Open and migrate one process at a time: SQLite itself may refuse to wait there."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _mapped_errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            if type(error) is not sqlite3.DatabaseError:  # its subclasses are no sign of damage
                raise StoreError(f"The store {self.path} cannot be used: {error}.") from error
            raise DamagedStoreError(
                f"The store {self.path} is damaged ({error}); it is left as it is. Move it away "
                "to begin with an empty one."
            ) from error


def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would end our transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
