import base64
import hashlib
import io
import os
import stat
import zipfile
from pathlib import Path

import pytest

from lambda_magic.core.errors import (
    InvalidParameterValueException,
    RemovedStoreError,
    ServiceException,
)
from lambda_magic.store import code
from lambda_magic.store.code import CodeStore, StoredCode

UNREADABLE = "Could not unzip uploaded file. Please check your file, then try to upload again."


def zipped(entries: dict[str | zipfile.ZipInfo, str | bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for entry, content in entries.items():
            package.writestr(entry, content)
    return file.getvalue()


def entry(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


PACKAGE = zipped({"index.py": "def handler(event, context): ...", "pkg/data.txt": "x"})


@pytest.fixture
def store(tmp_path: Path) -> CodeStore:
    return CodeStore(tmp_path)


def test_a_package_is_named_by_its_digest(store: CodeStore) -> None:
    digest = base64.b64encode(hashlib.sha256(PACKAGE).digest()).decode()

    assert store.put(PACKAGE) == StoredCode(sha256=digest, size=len(PACKAGE))
    assert store.zip(digest).read_bytes() == PACKAGE
    assert (store.directory(digest) / "pkg/data.txt").read_text() == "x"


def test_the_same_package_is_stored_once(store: CodeStore, tmp_path: Path) -> None:
    stored = store.put(PACKAGE)
    inode = store.zip(stored.sha256).stat().st_ino

    assert store.put(PACKAGE) == stored
    assert store.zip(stored.sha256).stat().st_ino == inode
    assert len(list((tmp_path / "code").iterdir())) == 2  # the zip and what is in it


def test_examining_stores_nothing(store: CodeStore, tmp_path: Path) -> None:
    assert store.examine(PACKAGE).size == len(PACKAGE)
    assert list((tmp_path / "code").iterdir()) == []
    assert store.put(PACKAGE) == store.examine(PACKAGE)


def test_it_is_unpacked_again_if_the_directory_is_gone(store: CodeStore, tmp_path: Path) -> None:
    stored = store.put(PACKAGE)
    directory = store.directory(stored.sha256)
    directory.rename(tmp_path / "away")

    assert (store.directory(stored.sha256) / "index.py").exists()


def test_a_missing_package_is_an_error_of_the_service(store: CodeStore) -> None:
    with pytest.raises(ServiceException, match="is missing"):
        store.directory(base64.b64encode(b"0" * 32).decode())


def test_everybody_may_read_it_whatever_the_umask_and_the_modes(store: CodeStore) -> None:
    before = os.umask(0o077)
    try:
        stored = store.put(
            zipped({entry("bin/run", 0o100700): "#!/bin/sh", entry("a.py", 0o100600): ""})
        )
    finally:
        os.umask(before)

    directory = store.directory(stored.sha256)
    modes = {
        name: stat.S_IMODE((directory / name).stat().st_mode)
        for name in (".", "bin", "bin/run", "a.py")
    }
    assert modes == {".": 0o755, "bin": 0o755, "bin/run": 0o755, "a.py": 0o644}
    assert stat.S_IMODE(store.zip(stored.sha256).stat().st_mode) == 0o644


def test_a_symbolic_link_stays_one(store: CodeStore) -> None:
    stored = store.put(zipped({"a.txt": "hello", entry("b.txt", stat.S_IFLNK | 0o777): "a.txt"}))

    link = store.directory(stored.sha256) / "b.txt"
    assert link.is_symlink()
    assert link.read_text() == "hello"


@pytest.mark.parametrize(
    ("package", "message"),
    [
        pytest.param(b"", "Uploaded file must be a non-empty zip", id="nothing"),
        pytest.param(zipped({}), "Uploaded file must be a non-empty zip", id="no entries"),
        pytest.param(b"print('hello')", UNREADABLE, id="no zip"),
        pytest.param(PACKAGE[:60] + b"\0\0\0\0" + PACKAGE[64:], UNREADABLE, id="damaged"),
        pytest.param(zipped({"../evil.py": ""}), UNREADABLE, id="above"),
        pytest.param(zipped({"/etc/evil": ""}), UNREADABLE, id="absolute"),
        pytest.param(zipped({"a": "", "a/b": ""}), UNREADABLE, id="file and directory"),
        pytest.param(zipped({"a" * 300: ""}), UNREADABLE, id="a name too long"),
        pytest.param(
            zipped({entry("out", stat.S_IFLNK | 0o777): "/tmp", "out/evil": "x"}),
            UNREADABLE,
            id="through a link",
        ),
    ],
)
def test_what_is_no_deployment_package(
    store: CodeStore, tmp_path: Path, package: bytes, message: str
) -> None:
    with pytest.raises(InvalidParameterValueException) as caught:
        store.put(package)

    assert caught.value.message == message
    assert list((tmp_path / "code").iterdir()) == []
    assert not Path("/tmp/evil").exists()


def test_an_unpacked_package_may_not_be_too_large(
    store: CodeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code, "MAX_UNZIPPED_SIZE", 1000)

    with pytest.raises(InvalidParameterValueException) as caught:
        store.put(zipped({"a": "x" * 600, "b": "y" * 401}))

    assert caught.value.message == "Unzipped size must be smaller than 1000 bytes"
    assert store.put(zipped({"a": "x" * 600, "b": "y" * 400})).size < 1000


def test_the_quota_is_that_of_aws() -> None:
    assert code.MAX_UNZIPPED_SIZE == 262144000


def test_a_size_that_is_a_lie_is_found_out(
    store: CodeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code, "MAX_UNZIPPED_SIZE", 1000)
    honest = zipped({"a": "x" * 5000})
    liar = honest.replace((5000).to_bytes(4, "little"), (10).to_bytes(4, "little"))

    with pytest.raises(InvalidParameterValueException):
        store.put(liar)


def test_nothing_is_put_where_the_store_was(store: CodeStore, tmp_path: Path) -> None:
    (tmp_path / "code").rmdir()
    for step in (store.examine, store.put):
        with pytest.raises(RemovedStoreError, match="was removed or moved while it was in use"):
            step(PACKAGE)
    assert list(tmp_path.iterdir()) == []


def test_packages_are_merged_once(store: CodeStore, tmp_path: Path) -> None:
    first, second = (
        store.put(zipped({"same.txt": name, f"{name}.txt": name})).sha256 for name in "ab"
    )

    merged = store.merged([first, second])

    assert sorted(path.name for path in merged.iterdir()) == ["a.txt", "b.txt", "same.txt"]
    assert (merged / "same.txt").read_text() == "b"
    assert stat.S_IMODE(merged.stat().st_mode) == 0o755
    made = merged.stat().st_ino
    assert CodeStore(tmp_path).merged([first, second]).stat().st_ino == made
    assert (store.merged([second, first]) / "same.txt").read_text() == "a"
    assert list((tmp_path / "code").glob(".new-*")) == []


def test_one_package_alone_is_merged_already(store: CodeStore) -> None:
    stored = store.put(PACKAGE)

    assert store.merged([stored.sha256]) == store.directory(stored.sha256)


def test_two_kernels_may_merge_the_same_at_once(
    store: CodeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = [store.put(zipped({"a.txt": name})).sha256 for name in "ab"]
    other = CodeStore(tmp_path)
    merge = code.merge

    def merge_second(sources: list[Path], target: Path) -> None:
        monkeypatch.setattr(code, "merge", merge)
        merge(sources, target)
        other.merged(contents)  # The other kernel is first to put it in its place.

    monkeypatch.setattr(code, "merge", merge_second)

    assert (store.merged(contents) / "a.txt").read_text() == "b"
    assert list((tmp_path / "code").glob(".new-*")) == []
