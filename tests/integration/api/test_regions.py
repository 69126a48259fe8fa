"""The regions of one home."""

import asyncio
from pathlib import Path

import pytest

from lambda_magic.api.regions import Regions
from lambda_magic.core.errors import UnrecognizedClientException
from lambda_magic.region import Region


def test_a_region_is_opened_once_however_many_ask(region: Region) -> None:
    async def ask() -> None:
        regions = Regions(region)
        found = await asyncio.gather(*(regions.get("eu-west-1") for _ in range(10)))
        assert len(set(map(id, found))) == 1
        assert found[0].loop_thread is region.loop_thread
        assert repr(regions) == "<Regions [us-east-1, eu-west-1]>"
        await regions.close()
        assert "closed" in repr(found[0])

    region.call(ask())
    assert "closed" not in repr(region)


@pytest.mark.parametrize("name", [None, "us-east-1"])
def test_the_regions_own_name_is_the_region(region: Region, name: str | None) -> None:
    async def ask() -> Region:
        return await Regions(region).get(name)

    assert region.call(ask()) is region


@pytest.mark.parametrize("name", ["", "../../etc", "US-EAST-1", "us-east-1.sqlite", "x" * 100])
def test_what_is_no_name_opens_nothing(region: Region, name: str) -> None:
    async def ask() -> Region:
        return await Regions(region).get(name)

    with pytest.raises(UnrecognizedClientException, match="There is no region"):
        region.call(ask())


def test_a_region_that_could_not_be_opened_is_tried_again(region: Region, tmp_path: Path) -> None:
    (tmp_path / "eu-west-1.sqlite").mkdir()

    async def ask() -> None:
        regions = Regions(region)
        with pytest.raises(Exception, match="eu-west-1"):
            await regions.get("eu-west-1")
        await asyncio.to_thread((tmp_path / "eu-west-1.sqlite").rmdir)
        assert (await regions.get("eu-west-1")).settings.region_name == "eu-west-1"
        await regions.close()

    region.call(ask())
