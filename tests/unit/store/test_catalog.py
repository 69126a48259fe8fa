import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.arns import Arns
from lambda_magic.store.catalog import Catalog

ARNS = Arns(account_id="123456789012", region_name="us-east-1")
ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path, ARNS)
    yield catalog
    catalog.close()


@pytest.fixture
def other(tmp_path: Path, catalog: Catalog) -> Iterator[Catalog]:
    other = Catalog(tmp_path, ARNS)
    yield other
    other.close()


def configuration(version: str = "$LATEST", **members: Any) -> dict[str, Any]:
    return {"Version": version, "CodeSha256": "abc", "CodeSize": 10, "Timeout": 3} | members


def add(catalog: Catalog, name: str = "hello", **members: Any) -> None:
    with catalog.transaction() as changes:
        changes.add_function(name, {})
        changes.put_version(name, configuration(**members))


def test_nothing_is_found_in_an_empty_catalog(catalog: Catalog) -> None:
    assert catalog.functions() == []
    assert catalog.find_function("hello") is None
    assert catalog.find_version("hello", "$LATEST") is None
    assert catalog.find_alias("hello", "LIVE") is None
    assert catalog.reserved_concurrency("hello") is None
    assert catalog.total_reserved() == 0
    assert catalog.all_provisioned() == []


def test_a_version_has_its_arn(catalog: Catalog) -> None:
    add(catalog)
    with catalog.transaction() as changes:
        changes.put_version("hello", configuration("1"), source="s")

    latest, first = catalog.versions("hello")

    assert latest.configuration["FunctionArn"] == ARN
    assert first.configuration["FunctionArn"] == f"{ARN}:1"
    assert (first.version, first.code_sha256, first.source) == ("1", "abc", "s")


def test_versions_are_in_the_order_of_their_numbers(catalog: Catalog) -> None:
    add(catalog)
    with catalog.transaction() as changes:
        for number in (10, 9, 1):
            changes.put_version("hello", configuration(str(number)))

    assert [version.version for version in catalog.versions("hello")] == ["$LATEST", "1", "9", "10"]


def test_a_version_number_is_remembered_when_the_version_is_gone(catalog: Catalog) -> None:
    add(catalog)
    with catalog.transaction() as changes:
        changes.put_version("hello", configuration("1"))
        changes.put_version("hello", configuration("2"))
    with catalog.transaction() as changes:
        changes.put_version("hello", configuration("1"))
        changes.delete_version("hello", "2")

    function = catalog.find_function("hello")
    assert function is not None
    assert function.last_version == 2


@pytest.mark.parametrize(
    ("members", "changes_generation"),
    [
        ({"Timeout": 4}, True),
        ({"CodeSha256": "def"}, True),
        ({"Environment": {"Variables": {"A": "1"}}}, True),
        ({"Description": "new"}, False),
        ({"State": "Active"}, False),
        ({"LastUpdateStatus": "InProgress", "RevisionId": "r"}, False),
        ({"LastModified": "2026-01-31T12:00:00.000+0000"}, False),
    ],
)
def test_the_generation_changes_with_what_an_environment_must_not_outlive(
    catalog: Catalog, members: dict[str, Any], changes_generation: bool
) -> None:
    add(catalog)
    before = catalog.find_version("hello", "$LATEST")

    with catalog.transaction() as changes:
        changes.put_version("hello", configuration(**members))

    after = catalog.find_version("hello", "$LATEST")
    assert before is not None
    assert after is not None
    assert (before.generation != after.generation) is changes_generation


def test_a_function_made_anew_is_of_another_generation(catalog: Catalog) -> None:
    add(catalog)
    before = catalog.find_version("hello", "$LATEST")
    with catalog.transaction() as changes:
        changes.delete_function("hello")
    add(catalog)

    after = catalog.find_version("hello", "$LATEST")
    assert before is not None
    assert after is not None
    assert before.generation != after.generation
    assert before.fingerprint == after.fingerprint


def test_a_function_goes_with_all_that_belongs_to_it(catalog: Catalog) -> None:
    add(catalog)
    with catalog.transaction() as changes:
        changes.put_alias("hello", {"Name": "LIVE", "FunctionVersion": "$LATEST"})
        changes.put_provisioned("hello", "LIVE", requested=2, last_modified="")
        changes.set_reserved_concurrency("hello", 5)
    with catalog.transaction() as changes:
        changes.delete_function("hello")

    assert catalog.find_version("hello", "$LATEST") is None
    assert catalog.aliases("hello") == []
    assert (catalog.all_provisioned(), catalog.total_reserved()) == ([], 0)


def test_what_another_kernel_writes_is_seen_at_once(catalog: Catalog, other: Catalog) -> None:
    add(catalog)
    before = other.generation
    assert other.find_alias("hello", "LIVE") is None

    with catalog.transaction() as changes:
        changes.put_alias("hello", {"Name": "LIVE", "FunctionVersion": "1"})
        changes.set_reserved_concurrency("hello", 7)
        changes.put_provisioned("hello", "LIVE", requested=2, last_modified="")

    assert other.generation > before
    assert other.find_alias("hello", "LIVE") == {
        "AliasArn": f"{ARN}:LIVE",
        "Name": "LIVE",
        "FunctionVersion": "1",
    }
    assert other.reserved_concurrency("hello") == other.total_reserved() == 7
    assert other.provisioned_configs("hello") == {"LIVE": 2}
    assert other.all_provisioned() == [("hello", "LIVE", 2)]


def test_a_block_that_fails_leaves_nothing_in_the_store_or_in_memory(catalog: Catalog) -> None:
    def fail() -> None:
        with catalog.transaction() as changes:
            changes.add_function("hello", {})
            assert catalog.find_function("hello") is not None
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert catalog.find_function("hello") is None


def test_an_unchanged_catalog_keeps_its_generation(catalog: Catalog) -> None:
    add(catalog)

    assert catalog.generation == catalog.generation
    assert catalog.find_version("hello", "$LATEST") is catalog.find_version("hello", "$LATEST")


def test_a_hit_costs_microseconds(catalog: Catalog) -> None:
    add(catalog)

    def lookups() -> float:
        began = time.perf_counter()
        for _ in range(2000):
            catalog.find_version("hello", "$LATEST")
        return (time.perf_counter() - began) / 2000

    # The best of several, so that a busy machine does not fail the test; 3 us is usual.
    assert min(lookups() for _ in range(10)) < 10e-6


def test_the_unsettled_versions_are_found(catalog: Catalog) -> None:
    add(catalog, "creating", State="Pending")
    add(catalog, "updating", State="Active", LastUpdateStatus="InProgress")
    add(catalog, "settled", State="Active", LastUpdateStatus="Successful")

    assert catalog.unsettled_versions() == [("creating", "$LATEST"), ("updating", "$LATEST")]


def test_totals(catalog: Catalog) -> None:
    add(catalog, "a")
    add(catalog, "b")

    assert catalog.functions() == ["a", "b"]
    assert catalog.all_versions() == [("a", "$LATEST"), ("b", "$LATEST")]
    assert catalog.total_code_size() == 20


def test_it_shows_how_much_it_holds(catalog: Catalog, tmp_path: Path) -> None:
    add(catalog)

    assert repr(catalog) == f"<Catalog {tmp_path / 'us-east-1.sqlite'} [1 functions]>"
