import io
import stat
import sys
import zipfile
from pathlib import Path

import pytest

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment import layer_files, requirements
from lambda_magic.deployment.layer_files import (
    check_installable,
    directory_files,
    installed_files,
)
from lambda_magic.deployment.package import Link, build_zip


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    root = tmp_path / "layer"
    for name in ("python/words.py", "bin/tool", "python/__pycache__/words.pyc", ".git/config"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (root / "bin/tool").chmod(0o755)
    return root


def test_everything_in_a_directory_but_what_no_function_needs(directory: Path) -> None:
    files = directory_files(directory)

    assert files == {name: directory / name for name in ("bin/tool", "python/words.py")}


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("bin/alias", "tool"),
        ("alias", "bin/tool"),
        ("bin/up", "../python/words.py"),
        ("bin/missing", "nothing"),
        ("modules", "python"),
        ("bin/absolute", "/opt/bin/tool"),
    ],
)
def test_links_that_hold_in_opt_are_kept(directory: Path, name: str, target: str) -> None:
    (directory / name).symlink_to(target)

    assert directory_files(directory)[name] == Link(target)


def test_a_link_to_a_file_elsewhere_is_the_file(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("text")
    (directory / "near").symlink_to("../elsewhere")
    (directory / "far").symlink_to(tmp_path / "elsewhere")

    files = directory_files(directory)

    assert files["near"] == directory / "near"
    with zipfile.ZipFile(io.BytesIO(build_zip(files))) as archive:
        assert archive.read("near") == archive.read("far") == b"text"


@pytest.mark.parametrize("target", ["/", "../..", "/no/such/file"])
def test_a_link_to_a_directory_elsewhere_is_refused(directory: Path, target: str) -> None:
    (directory / "bin/away").symlink_to(target)

    with pytest.raises(InvalidParameterValueException) as caught:
        directory_files(directory)

    assert caught.value.message.startswith(f"--path {directory}: bin/away is no file, nor a link")


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameterValueException, match="nothing: there is no such directory"):
        directory_files(tmp_path / "nothing")


def test_links_and_modes_are_kept_in_the_zip(directory: Path) -> None:
    (directory / "bin/alias").symlink_to("tool")

    with zipfile.ZipFile(io.BytesIO(build_zip(directory_files(directory)))) as archive:
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
        assert archive.read("bin/alias") == b"tool"

    assert stat.S_ISLNK(modes["bin/alias"])
    assert modes["bin/tool"] == stat.S_IFREG | 0o755
    assert modes["python/words.py"] == stat.S_IFREG | 0o644


@pytest.mark.parametrize(
    ("runtimes", "names"),
    [
        (["python3.12"], {"python/six.py"}),
        (
            ["python3.12", "python3.13"],
            {f"python/lib/python3.{minor}/site-packages/six.py" for minor in (12, 13)},
        ),
    ],
)
def test_each_runtime_has_packages_of_its_own(
    runtimes: list[str], names: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def install(
        wanted: requirements.Requirements, cache: Path, progress: requirements.Progress
    ) -> Path:
        asked.append((str(wanted), wanted.runtime, wanted.architecture))
        directory = cache / wanted.runtime
        (directory / "bin").mkdir(parents=True)
        (directory / "six.py").touch()
        (directory / "bin/six").touch()
        return directory

    monkeypatch.setattr(layer_files.requirements, "install", install)

    files = installed_files(
        "six", runtimes, architecture="arm64", cache=tmp_path, progress=sys.stdout.write
    )

    assert files.keys() == names
    assert asked == [("six", runtime, "arm64") for runtime in runtimes]


def test_packages_of_python_are_for_python() -> None:
    check_installable("six", ["python3.12", "python3.13"])
    with pytest.raises(InvalidParameterValueException, match=r"compatible with nodejs20\.x"):
        check_installable("six", ["python3.12", "nodejs20.x"])
