import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lambda_magic.core.errors import (
    DamagedStoreError,
    LambdaError,
    NewerStoreError,
    RemovedStoreError,
    StoreError,
)
from lambda_magic.store.database import (
    APPLICATION_ID,
    Database,
    Migration,
    load_queries,
    schema_migration,
)

QUERIES = {
    "add": "INSERT INTO notes (text) VALUES (:text)",
    "texts": "SELECT text FROM notes ORDER BY text",
    "colour": "SELECT colour FROM notes",
    "add_pairs": "INSERT INTO pairs (a, b) VALUES (?, ?)",
    "pairs": "SELECT a, b FROM pairs ORDER BY a",
    "wrong": "SELECT text FROM nowhere",
}


def create(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE notes (text TEXT)")
    connection.execute("CREATE TABLE pairs (a INTEGER, b TEXT)")


def add_colour(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE notes ADD COLUMN colour TEXT DEFAULT 'blue'")


def fail(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM notes")
    raise RuntimeError("half way through")


Opener = Callable[..., Database]


def texts(database: Database) -> list[str]:
    return [row["text"] for row in database.all("texts")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "us-east-1.sqlite"


@pytest.fixture
def opened(path: Path) -> Iterator[Opener]:
    with ExitStack() as stack:

        def open_store(*migrations: Migration) -> Database:
            database = Database(path, migrations=migrations or (create,), queries=QUERIES)
            stack.callback(database.close)
            return database

        yield open_store


def test_what_is_written_is_there_when_the_store_is_opened_again(opened: Opener) -> None:
    first = opened()
    first.run("add", text="hello")
    first.close()

    assert texts(opened()) == ["hello"]


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 100, 234])
def test_many_rows_at_once(opened: Opener, count: int) -> None:
    database = opened()
    rows = [(number, f"text {number}") for number in range(count)]
    database.insert("add_pairs", rows)
    assert [tuple(row) for row in database.all("pairs")] == rows


def test_a_failed_transaction_leaves_nothing(opened: Opener) -> None:
    database = opened()

    def fail() -> None:
        with database.transaction():
            database.run("add", text="half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert texts(database) == []


def test_migrations_run_once_and_keep_what_is_there(opened: Opener) -> None:
    opened().run("add", text="old")

    newer = opened(create, add_colour)

    assert [row["colour"] for row in newer.all("colour")] == ["blue"]
    assert texts(opened(create, add_colour)) == ["old"]


def test_a_failed_migration_changes_nothing(opened: Opener) -> None:
    opened().run("add", text="old")

    with pytest.raises(RuntimeError):
        opened(create, fail)

    assert texts(opened()) == ["old"]


def test_a_write_of_another_connection_shows_in_the_data_version(opened: Opener) -> None:
    one, other = opened(), opened()
    before = one.data_version()

    other.run("add", text="theirs")

    assert one.data_version() != before
    assert texts(one) == ["theirs"]


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_has_gone_is_not_written_until_it_is_back(
    opened: Opener, path: Path, replaced: bool
) -> None:
    database = opened()
    database.run("add", text="kept")
    path.parent.rename(path.parent.with_name("elsewhere"))
    if replaced:
        opened().close()

    with pytest.raises(RemovedStoreError) as caught:
        database.run("add", text="lost")
    with pytest.raises(RemovedStoreError), database.transaction():
        database.run("add", text="lost too")
    assert caught.value.message == (
        f"{path} was removed or moved while it was in use, and nothing is written to it: put it "
        "back, or begin with what is there now, by %reload_ext lambda_magic"
    )

    if replaced:
        shutil.rmtree(path.parent)
    path.parent.with_name("elsewhere").rename(path.parent)
    database.run("add", text="later")
    assert texts(opened()) == ["kept", "later"]


def test_a_newer_store_is_refused_and_left_untouched(opened: Opener, path: Path) -> None:
    opened(create, add_colour).close()
    before = path.read_bytes()

    with pytest.raises(NewerStoreError) as caught:
        opened()

    assert caught.value.message == (
        f"The store {path} has schema version 2 and this lambda_magic knows up to 1; "
        "it is left as it is. Upgrade lambda_magic, or use another home."
    )
    assert path.read_bytes() == before


def overwrite(path: Path, at: int, data: bytes) -> None:
    content = bytearray(path.read_bytes())
    content[at : at + len(data)] = data
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(b"no database at all" * 100), id="other file"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:5000]), id="cut off"),
        pytest.param(lambda path: overwrite(path, 4096, b"\xff" * 4096), id="broken page"),
        pytest.param(lambda path: overwrite(path, 0, b"\0" * 100), id="broken header"),
    ],
)
def test_a_damaged_store_is_refused_and_left_untouched(
    opened: Opener, path: Path, damage: object
) -> None:
    database = opened()
    with database.transaction():
        for number in range(500):
            database.run("add", text=f"note {number}")
    database.close()
    assert callable(damage)
    damage(path)
    before = path.read_bytes()

    with pytest.raises(DamagedStoreError) as caught:
        opened()

    assert "\n" not in caught.value.message
    assert caught.value.message.startswith(f"The store {path} is damaged (")
    assert isinstance(caught.value, LambdaError)
    assert path.read_bytes() == before


def test_a_database_of_something_else_is_refused(opened: Opener, path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(DamagedStoreError, match="not a file of lambda_magic"):
        opened()

    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_store(opened: Opener, path: Path) -> None:
    path.parent.mkdir()
    path.touch()

    database = opened()
    assert texts(database) == []
    database.close()
    assert path.read_bytes()[68:72] == APPLICATION_ID.to_bytes(4, "big")  # SQLite's file format


def test_a_statement_that_fails_is_an_error_of_ours(opened: Opener) -> None:
    with pytest.raises(StoreError, match="cannot be used: no such table: nowhere"):
        opened().all("wrong")


def test_a_closed_store_is_not_called_damaged(opened: Opener) -> None:
    database = opened()
    database.close()

    with pytest.raises(StoreError, match="cannot be used: Cannot operate on a closed database"):
        database.all("texts")


def test_a_home_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreError, match=r"cannot be used: .* File exists"):
        Database(tmp_path / "file" / "a.sqlite", migrations=(create,), queries=QUERIES)


def test_the_catalogs_schema_and_queries_fit_together(path: Path) -> None:
    queries = load_queries("queries.sql")
    schemas = [schema_migration(name) for name in ("schema.sql", "schema_2.sql")]
    Database(path, migrations=schemas, queries=queries).close()

    connection = sqlite3.connect(path)
    for name, query in queries.items():
        assert query.endswith(";"), name
        names = {word.strip("(),;").removeprefix(":") for word in query.split() if ":" in word}
        connection.execute(f"EXPLAIN {query}", dict.fromkeys(names, None))
    connection.close()


def test_it_shows_its_file(opened: Opener, path: Path) -> None:
    assert repr(opened()) == f"<Database {path}>"
