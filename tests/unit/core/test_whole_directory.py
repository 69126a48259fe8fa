"""Directories that are whole or not there."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_magic.core.whole_directory import make_whole


@pytest.fixture
def private() -> Iterator[None]:
    """What this process makes is for its user only."""
    before = os.umask(0o077)
    yield
    os.umask(before)


def test_it_is_there_once_it_is_filled(tmp_path: Path) -> None:
    target = tmp_path / "not yet" / "directory"

    def fill(new: Path) -> None:
        assert not target.exists()
        (new / "file").write_text("text")

    make_whole(target, fill)
    assert (target / "file").read_text() == "text"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.usefixtures("private")
def test_everybody_may_read_it(tmp_path: Path) -> None:
    make_whole(tmp_path / "directory", lambda new: None)
    assert (tmp_path / "directory").stat().st_mode & 0o777 == 0o755


def test_where_filling_fails_nothing_is_left(tmp_path: Path) -> None:
    def fill(new: Path) -> None:
        (new / "file").touch()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        make_whole(tmp_path / "directory", fill)
    assert list(tmp_path.iterdir()) == []


def test_another_process_may_be_first(tmp_path: Path) -> None:
    target = tmp_path / "directory"

    def fill(new: Path) -> None:
        (new / "mine").touch()
        target.mkdir()
        (target / "theirs").touch()

    make_whole(target, fill)
    assert [path.name for path in target.iterdir()] == ["theirs"]
    assert list(tmp_path.iterdir()) == [target]


def test_what_is_in_the_way_is_told(tmp_path: Path) -> None:
    file = tmp_path / "directory"
    file.write_text("a file")
    with pytest.raises(NotADirectoryError):
        make_whole(file, lambda new: None)
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_text() == "a file"


def test_what_a_killed_process_left_goes_a_day_later(tmp_path: Path) -> None:
    old, young = tmp_path / ".new-old", tmp_path / ".new-young"
    for left in (old, young):
        left.mkdir()
        (left / "file").touch()
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (two_days_ago, two_days_ago))
    make_whole(tmp_path / "directory", lambda new: None)
    assert (old.exists(), young.exists()) == (False, True)


def test_who_clears_away_may_not_be_alone(tmp_path: Path) -> None:
    (tmp_path / ".new-gone").symlink_to("nowhere")
    make_whole(tmp_path / "directory", lambda new: None)
    assert (tmp_path / "directory").is_dir()
