from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_magic.core.arns import Arns
from lambda_magic.core.errors import ServiceException
from lambda_magic.store.catalog import Catalog


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path, Arns(account_id="123456789012", region_name="us-east-1"))
    yield catalog
    catalog.close()


def add(catalog: Catalog, name: str, *versions: int) -> None:
    with catalog.transaction() as changes:
        for version in versions:
            content = {"Content": {"CodeSize": 10}}
            changes.add_layer_version(name, version, content, f"sha-{version}")


def test_nothing_is_found_where_there_are_no_layers(catalog: Catalog) -> None:
    assert catalog.layers.names() == []
    assert catalog.layers.versions("lib") == []
    assert catalog.layers.find("lib", 1) is None
    assert catalog.layers.last_number("lib") == 0
    assert catalog.layers.total_size() == 0


def test_versions_are_found_the_last_one_first(catalog: Catalog) -> None:
    add(catalog, "lib", 1, 2, 10)
    add(catalog, "a", 1)

    assert catalog.layers.names() == ["a", "lib"]
    assert [one.version for one in catalog.layers.versions("lib")] == [10, 2, 1]
    found = catalog.layers.find("lib", 2)
    assert found is not None
    assert (found.code_sha256, found.policy, found.deleted) == ("sha-2", None, False)
    assert catalog.layers.total_size() == 40


def test_a_deleted_version_is_kept_for_those_who_have_it(catalog: Catalog) -> None:
    add(catalog, "lib", 1)
    with catalog.transaction() as changes:
        changes.set_layer_policy("lib", 1, {"Statement": []})
        changes.delete_layer_version("lib", 1)

    found = catalog.layers.find("lib", 1)
    assert found is not None
    assert (found.code_sha256, found.policy, found.deleted) == ("sha-1", None, True)
    assert catalog.layers.names() == []
    assert catalog.layers.versions("lib") == []
    assert catalog.layers.last_number("lib") == 1
    assert catalog.layers.total_size() == 0


def test_contents_are_found_by_arn_deleted_or_not(catalog: Catalog) -> None:
    add(catalog, "lib", 1, 2)
    with catalog.transaction() as changes:
        changes.delete_layer_version("lib", 1)
    arn = "arn:aws:lambda:us-east-1:123456789012:layer:lib"

    assert catalog.layers.contents([f"{arn}:2", f"{arn}:1"]) == ["sha-2", "sha-1"]
    for missing in (f"{arn}:3", arn, "lib"):
        with pytest.raises(ServiceException, match=f"The layer version {missing} is missing"):
            catalog.layers.contents([missing])
