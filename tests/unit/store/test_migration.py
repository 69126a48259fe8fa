"""A store that an earlier release has written is opened, keeps what is in it, and goes on."""

import json
import sqlite3
from pathlib import Path

import pytest

from lambda_magic.core.arns import Arns
from lambda_magic.core.errors import NewerStoreError
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.database import Database, schema_migration
from lambda_magic.store.settings import Setting

ARNS = Arns(account_id="123456789012", region_name="us-east-1")
#: Statements of the release that had the first schema only.
FIRST_QUERIES = {
    "function": "INSERT INTO functions (name, incarnation, last_version, tags) "
    "VALUES ('hello', 'i', 1, '{\"team\": \"blue\"}')",
    "version": "INSERT INTO versions (function_name, version, configuration, code_sha256, source) "
    "VALUES ('hello', :version, :configuration, 'sha', '')",
    "alias": "INSERT INTO aliases (function_name, name, configuration) "
    'VALUES (\'hello\', \'LIVE\', \'{"Name": "LIVE", "FunctionVersion": "1"}\')',
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store of the first schema, with a function in it."""
    path = tmp_path / "us-east-1.sqlite"
    first = Database(path, migrations=[schema_migration("schema.sql")], queries=FIRST_QUERIES)
    first.run("function")
    for version in ("$LATEST", "1"):
        configuration = {"Version": version, "CodeSha256": "sha", "CodeSize": 10}
        first.run("version", version=version, configuration=json.dumps(configuration))
    first.run("alias")
    first.close()
    return path


def schema_version(path: Path) -> int:
    connection = sqlite3.connect(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(version)


def test_a_store_of_the_first_schema_is_migrated(path: Path) -> None:
    before = schema_version(path)
    catalog = Catalog(path.parent, ARNS)

    function = catalog.find_function("hello")
    assert function is not None
    assert function.tags == {"team": "blue"}
    assert [version.version for version in catalog.versions("hello")] == ["$LATEST", "1"]
    assert catalog.find_alias("hello", "LIVE") == {
        "AliasArn": "arn:aws:lambda:us-east-1:123456789012:function:hello:LIVE",
        "FunctionVersion": "1",
        "Name": "LIVE",
    }
    with catalog.transaction() as changes:
        changes.put_setting(Setting.RECURSION, "hello", {"RecursiveLoop": "Allow"})
    catalog.close()

    again = Catalog(path.parent, ARNS)
    assert again.recursion("hello") == "Allow"
    again.close()
    assert (before, schema_version(path) > before) == (1, True)


def test_the_earlier_release_refuses_what_it_does_not_know(path: Path) -> None:
    Catalog(path.parent, ARNS).close()

    with pytest.raises(NewerStoreError, match="Upgrade lambda_magic"):
        Database(path, migrations=[schema_migration("schema.sql")], queries=FIRST_QUERIES)
