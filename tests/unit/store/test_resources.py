from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_magic.core.arns import Arns
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.resources import Kind

ARNS = Arns(account_id="123456789012", region_name="us-east-1")
MAPPING = Kind.EVENT_SOURCE_MAPPING


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path, ARNS)
    yield catalog
    catalog.close()


def test_resources_are_kept_by_kind_and_name(catalog: Catalog) -> None:
    with catalog.transaction() as changes:
        for name in "ba":
            changes.put_resource(MAPPING, name, {"is": name})
        changes.put_resource(Kind.CAPACITY_PROVIDER, "a", {"is": "another"})

    assert [one.name for one in catalog.resources.of_kind(MAPPING)] == ["a", "b"]
    found = catalog.resources.find(MAPPING, "a")
    assert found is not None
    assert (found.kind, found.document, found.tags) == (MAPPING, {"is": "a"}, {})
    assert catalog.resources.find(MAPPING, "c") is None


def test_a_resource_that_is_replaced_keeps_its_tags(catalog: Catalog) -> None:
    with catalog.transaction() as changes:
        changes.put_resource(MAPPING, "a", {"is": 1})
        changes.set_resource_tags(MAPPING, "a", {"team": "blue"})
        changes.put_resource(MAPPING, "a", {"is": 2})

    found = catalog.resources.find(MAPPING, "a")
    assert found is not None
    assert (found.document, found.tags) == ({"is": 2}, {"team": "blue"})


def test_what_another_kernel_writes_is_found(catalog: Catalog, tmp_path: Path) -> None:
    assert catalog.resources.find(MAPPING, "a") is None

    other = Catalog(tmp_path, ARNS)
    with other.transaction() as changes:
        changes.put_resource(MAPPING, "a", {})
    assert catalog.resources.find(MAPPING, "a") is not None
    with other.transaction() as changes:
        changes.delete_resource(MAPPING, "a")
    other.close()

    assert catalog.resources.find(MAPPING, "a") is None
