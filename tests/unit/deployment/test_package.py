import io
import zipfile
from pathlib import Path

import pytest

from lambda_magic.core.errors import (
    InvalidParameterValueException,
    RequestEntityTooLargeException,
)
from lambda_magic.deployment import package
from lambda_magic.deployment.package import build_zip, directory_files


def test_the_same_files_give_the_same_zip(tmp_path: Path) -> None:
    file = tmp_path / "b.py"
    file.write_bytes(b"b = 2")
    first = build_zip({"a.py": b"a = 1", "b.py": file})
    file.touch()
    assert build_zip({"b.py": file, "a.py": b"a = 1"}) == first


def test_files_are_readable_by_the_functions_user(tmp_path: Path) -> None:
    program = tmp_path / "bootstrap"
    program.write_bytes(b"#!/bin/sh")
    program.chmod(0o700)
    with zipfile.ZipFile(io.BytesIO(build_zip({"a.py": b"", "bootstrap": program}))) as archive:
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
    assert modes == {"a.py": 0o100644, "bootstrap": 0o100755}


def test_a_package_is_smaller_than_250_mb(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(package.MAX_UNZIPPED_SIZE)
    with pytest.raises(InvalidParameterValueException, match="smaller than 262144000 bytes"):
        build_zip({"large": large})


def test_a_zip_fits_into_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MAX_ZIP_SIZE", 100)
    with pytest.raises(RequestEntityTooLargeException, match="at most 100"):
        build_zip({"a.py": b"a = 1"})


def test_leaves_out_what_an_installer_leaves_behind(tmp_path: Path) -> None:
    for name in ("six.py", "six.dist-info/METADATA", "bin/six", "a/__pycache__/a.pyc", ".lock"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert {name for name, _ in directory_files(tmp_path)} == {"six.py", "six.dist-info/METADATA"}
