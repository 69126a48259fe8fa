import base64

import pytest

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.service.pages import PAGE_SIZE, page


def number(item: int) -> int:
    return item


@pytest.mark.parametrize(
    ("count", "max_items", "expected"),
    [
        (0, None, [0]),
        (3, None, [3]),
        (50, None, [50]),
        (51, None, [50, 1]),
        (5, 2, [2, 2, 1]),
        (4, 2, [2, 2]),
        (60, 10_000, [50, 10]),
    ],
)
def test_pages_have_all_items_once(count: int, max_items: int | None, expected: list[int]) -> None:
    sizes: list[int] = []
    found: list[int] = []
    marker: dict[str, str] = {}
    while True:
        items, next_marker = page(range(count), {"MaxItems": max_items} | marker, key=number)
        sizes.append(len(items))
        found += items
        if not next_marker:
            break
        marker = {"Marker": next_marker["NextMarker"]}

    assert sizes == expected
    assert found == list(range(count))


def test_a_page_begins_in_the_right_place_though_the_item_before_is_gone() -> None:
    _, marker = page([1, 2, 3], {"MaxItems": 2}, key=number)

    assert page([1, 3], {"Marker": marker["NextMarker"]}, key=number) == ([3], {})


@pytest.mark.parametrize(
    "marker",
    [
        *("nonsense", "bm8gSlNPTg==", base64.b64encode(b'"of another list"').decode()),
        base64.b64encode(b"[" * 100_000).decode(),
    ],
)
def test_a_marker_that_is_none_is_refused(marker: str) -> None:
    with pytest.raises(InvalidParameterValueException, match="Invalid Marker"):
        page([1, 2, 3], {"Marker": marker}, key=number)


def test_a_page_is_as_large_as_on_aws() -> None:
    assert PAGE_SIZE == 50
