import sys
from pathlib import Path

import pytest

from lambda_magic.runtimes.python import surroundings

VERSION = "{}.{}".format(*sys.version_info[:2])


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A `sys.path` to be changed."""
    path = ["/standard/library"]
    monkeypatch.setattr(sys, "path", path)
    monkeypatch.setenv("LAMBDA_RUNTIME_DIR", "/var/runtime")
    monkeypatch.setenv("PYTHONPATH", "/var/runtime")
    return path


def test_code_comes_before_layers_and_layers_before_the_runtime(path: list[str]) -> None:
    surroundings.set_import_path("/var/task", "/opt")

    assert path == [
        "/var/task",
        f"/opt/python/lib/python{VERSION}/site-packages",
        "/opt/python",
        "/var/runtime",
        "/standard/library",
    ]


def test_with_a_pythonpath_of_the_functions_own_layers_are_its_to_name(
    path: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/var/task/lib:/opt/python")

    surroundings.set_import_path("/var/task", "/opt")

    assert path == [
        "/var/task",
        "/var/runtime",
        "/var/task/lib",
        "/opt/python",
        "/standard/library",
    ]


def test_path_files_of_code_and_layers_are_read(path: list[str], tmp_path: Path) -> None:
    for name in ("task", "opt/python"):
        (tmp_path / name / "vendored").mkdir(parents=True)
        (tmp_path / name / "more.pth").write_text("vendored\nnothing\n")

    surroundings.set_import_path(str(tmp_path / "task"), str(tmp_path / "opt"))

    assert path[-3:] == [
        "/standard/library",
        str(tmp_path / "task/vendored"),
        str(tmp_path / "opt/python/vendored"),
    ]
