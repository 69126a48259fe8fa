from pathlib import Path

import pytest

from lambda_magic.core.errors import StoreError
from lambda_magic.core.settings import Settings
from lambda_magic.region import Region
from lambda_magic.store.home import make_home


def test_it_is_made_and_may_be_there_already(tmp_path: Path) -> None:
    home = tmp_path / "not yet" / "home"
    make_home(home)
    make_home(home)
    assert home.is_dir()


@pytest.mark.parametrize("place", ["file", "file/home", "/proc/home"])
def test_where_there_can_be_none_a_region_says_so_in_one_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(StoreError) as error:
        Region(Settings(home=tmp_path / place))
    assert f"There can be no home at {tmp_path / place} (" in error.value.message
    assert "\n" not in error.value.message
    assert (tmp_path / "file").read_text() == "not a directory"
