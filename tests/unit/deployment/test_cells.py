"""Which language a cell is in, by its runtime."""

import io
import zipfile
from pathlib import Path

import pytest

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment.cells import cell_module, is_note, is_program
from lambda_magic.deployment.package import Executable, Link, build_zip, zip_files

FILES = {
    "python3.12": ("def handler(event, context): ...", "lambda_function.py"),
    "nodejs22.x": ("exports.handler = 1", "index.js"),
    "ruby3.4": ("def handler(event:, context:)\nend", "lambda_function.rb"),
    "java21": ("class H { void handler() { } }", "H.java"),
    "provided.al2023": ("#!/bin/sh\n", "bootstrap"),
    "provided.al2": ("#!/bin/sh\n", "bootstrap"),
}


@pytest.mark.parametrize("runtime", FILES)
def test_the_runtime_tells_the_language(runtime: str) -> None:
    source, filename = FILES[runtime]
    assert cell_module(source, runtime).filename == filename


def test_a_program_is_executable() -> None:
    module = cell_module("#!/bin/sh\nexit\n", "provided.al2023", "mine")
    assert module.files == {"bootstrap": Executable(b"#!/bin/sh\nexit\n")}
    assert module.handler == "mine"
    with zipfile.ZipFile(io.BytesIO(build_zip(module.files))) as archive:
        assert archive.getinfo("bootstrap").external_attr >> 16 == 0o100755
    with pytest.raises(InvalidParameterValueException, match="The cell is no program"):
        cell_module("exit\n", "provided.al2023")


@pytest.mark.parametrize("cell", ["", "\n", "# a note\n  # and more", "// in Go"])
def test_a_note_has_no_code(cell: str) -> None:
    assert is_note(cell)
    assert not is_program(cell)


@pytest.mark.parametrize("cell", ["#!/bin/sh\n# note", "x = 1  # a note"])
def test_code_is_no_note(cell: str) -> None:
    assert not is_note(cell)


def test_a_package_keeps_its_programs_and_links(tmp_path: Path) -> None:
    files = {"a.txt": b"a", "bin/run": Executable(b"#!"), "link": Link("a.txt")}
    (tmp_path / "package.zip").write_bytes(build_zip(files))
    assert zip_files(tmp_path / "package.zip") == files


def test_what_is_no_package_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("text")
    with pytest.raises(InvalidParameterValueException, match="is no zip file"):
        zip_files(tmp_path / "text.zip")
    with pytest.raises(InvalidParameterValueException, match="No such file"):
        zip_files(tmp_path / "none.zip")


def test_a_damaged_package_is_refused(tmp_path: Path) -> None:
    damaged = bytearray(build_zip({"a.txt": b"hello\n" * 500}))
    damaged[36:46] = b"\xff" * 10
    (tmp_path / "damaged.zip").write_bytes(damaged)
    with pytest.raises(InvalidParameterValueException, match="is no zip file"):
        zip_files(tmp_path / "damaged.zip")
