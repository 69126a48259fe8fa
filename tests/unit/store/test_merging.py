import errno
import os
from pathlib import Path

import pytest

from lambda_magic.store.merging import merge


def tree(root: Path, **files: str) -> Path:
    """A directory with these files; "->" begins the target of a link, "/" is a directory."""
    root.mkdir()
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if content.startswith("->"):
            path.symlink_to(content.removeprefix("->"))
        elif content == "/":
            path.mkdir()
        else:
            path.write_text(content)
    return root


def merged(directory: Path, *sources: Path) -> Path:
    target = directory / "merged"
    target.mkdir()
    merge(sources, target)
    return target


def contents(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): f"->{os.readlink(path)}"
        if path.is_symlink()
        else "/"
        if path.is_dir()
        else path.read_text()
        for path in sorted(root.rglob("*"))
    }


def test_later_ones_lie_over_earlier_ones(tmp_path: Path) -> None:
    first = tree(tmp_path / "1", python__a="1", python__b="1", bin__tool="1")
    second = tree(tmp_path / "2", python__b="2", lib__c="2")
    third = tree(tmp_path / "3", python__b="3")

    assert contents(merged(tmp_path, first, second, third)) == {
        "bin": "/",
        "bin/tool": "1",
        "lib": "/",
        "lib/c": "2",
        "python": "/",
        "python/a": "1",
        "python/b": "3",
    }
    assert (second / "python/b").read_text() == "2"


@pytest.mark.parametrize(
    ("below", "above", "expected"),
    [
        ({"a__b": "1"}, {"a": "2"}, {"a": "2"}),
        ({"a": "1"}, {"a__b": "2"}, {"a": "/", "a/b": "2"}),
        ({"a": "->x"}, {"a__b": "2"}, {"a": "/", "a/b": "2"}),
        ({"a__b": "1"}, {"a": "->x"}, {"a": "->x"}),
        ({"a": "->x"}, {"a": "->y"}, {"a": "->y"}),
        ({"a": "1"}, {"a": "->a"}, {"a": "->a"}),
        ({"a": "/"}, {"a": "/"}, {"a": "/"}),
    ],
)
def test_of_different_kinds_the_last_is_there(
    tmp_path: Path, below: dict[str, str], above: dict[str, str], expected: dict[str, str]
) -> None:
    first, second = tree(tmp_path / "1", **below), tree(tmp_path / "2", **above)

    assert contents(merged(tmp_path, first, second)) == expected


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside", file="untouched")
    first = tree(tmp_path / "1", python=f"->{outside}")
    second = tree(tmp_path / "2", python__file="2")

    assert contents(merged(tmp_path, first, second)) == {"python": "/", "python/file": "2"}
    assert contents(outside) == {"file": "untouched"}


def test_files_are_shared_with_their_modes(tmp_path: Path) -> None:
    source = tree(tmp_path / "1", bin__tool="#!")
    (source / "bin/tool").chmod(0o755)

    made = merged(tmp_path, source)

    assert (made / "bin/tool").samefile(source / "bin/tool")
    assert os.access(made / "bin/tool", os.X_OK)


def test_files_are_copied_where_they_cannot_be_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    source = tree(tmp_path / "1", bin__tool="#!")
    (source / "bin/tool").chmod(0o755)

    made = merged(tmp_path, source)

    assert not (made / "bin/tool").samefile(source / "bin/tool")
    assert contents(made) == contents(source)
    assert os.access(made / "bin/tool", os.X_OK)
