import subprocess
import sys
from pathlib import Path

import pytest

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment import requirements
from lambda_magic.deployment.requirements import (
    Requirements,
    install,
    machine_architecture,
    top_level_modules,
)

KERNEL = f"python{sys.version_info.major}.{sys.version_info.minor}"


def parse(text: str) -> Requirements:
    return Requirements.parse(text, runtime=KERNEL, architecture=machine_architecture())


def a_project(directory: Path) -> str:
    """A package that can be installed without a network and without a build backend's wheel."""
    source = directory / "source"
    source.mkdir()
    (source / "greeting.py").write_text("WORD = 'hello'\n")
    subprocess.run(
        [sys.executable, "-c", _BUILD_WHEEL, str(source), str(directory)], check=True, timeout=60
    )
    return str(next(directory.glob("*.whl")))


_BUILD_WHEEL = """
import sys, zipfile
source, directory = sys.argv[1:]
info = "greeting-1.0.dist-info"
with zipfile.ZipFile(f"{directory}/greeting-1.0-py3-none-any.whl", "w") as wheel:
    wheel.write(f"{source}/greeting.py", "greeting.py")
    wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: greeting\\nVersion: 1.0\\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\n"
                   "Root-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/RECORD", "greeting.py,,\\n")
"""


def test_reads_words() -> None:
    assert parse("six==1.17.0 'rich > 13'").arguments == ("six==1.17.0", "rich > 13")


def test_reads_a_file(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("# what we need\n\nsix==1.17.0\n")
    parsed = parse(str(file))
    assert parsed.arguments == ("-r", str(file))
    assert parsed.lines == ("six==1.17.0",)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(InvalidParameterValueException, match="there is no such file"):
        parse("nothing/requirements.txt")


def test_the_key_depends_on_what_is_installed_and_for_what() -> None:
    keys = {
        Requirements.parse(text, runtime=runtime, architecture=architecture).key
        for text in ("six", "six==1.17.0")
        for runtime in ("python3.11", "python3.12")
        for architecture in ("x86_64", "arm64")
    }
    assert len(keys) == 8
    assert parse("six").key == parse("six").key


@pytest.mark.parametrize(
    ("text", "is_cacheable"),
    [("six", True), ("six==1.0 rich", True), ("./here", False), ("-e .", False), ("/a.whl", False)],
)
def test_what_lies_on_this_machine_is_installed_anew(text: str, is_cacheable: bool) -> None:
    assert parse(text).is_cacheable is is_cacheable


def test_installs_and_shows_progress(tmp_path: Path) -> None:
    lines: list[str] = []
    directory = install(parse(a_project(tmp_path)), tmp_path / "cache", lines.append)
    assert "greeting" in top_level_modules(directory)
    assert any("greeting" in line for line in lines)


def test_the_second_time_it_comes_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(Path(a_project(tmp_path)).parent))
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    first = install(parse("greeting"), tmp_path / "cache", lambda line: None)
    lines: list[str] = []
    assert install(parse("greeting"), tmp_path / "cache", lines.append) == first
    assert lines == ["greeting: from the cache"]


def test_what_lies_on_this_machine_replaces_what_was_installed(tmp_path: Path) -> None:
    project = parse(a_project(tmp_path))
    first = install(project, tmp_path / "cache", lambda line: None)
    (first / "greeting.py").write_text("WORD = 'as it was'\n")
    assert install(project, tmp_path / "cache", lambda line: None) == first
    assert (first / "greeting.py").read_text() == "WORD = 'hello'\n"
    assert list((tmp_path / "cache").iterdir()) == [first]


def test_a_failure_shows_the_installers_last_lines_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    with pytest.raises(InvalidParameterValueException) as caught:
        install(parse("no-such-package"), tmp_path / "cache", lambda line: None)
    assert caught.value.message.startswith("--requirements no-such-package: the installation")
    assert "no-such-package" in caught.value.message.partition("\n")[2]
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("uv", [None, "/usr/bin/uv"])
def test_another_python_or_machine_takes_wheels_for_it(
    uv: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requirements, "_find_uv", lambda: uv)
    other = Requirements.parse("six", runtime="python3.99", architecture="arm64")
    command = requirements._command(other, tmp_path)
    assert command[0] == (uv or sys.executable)
    assert command[command.index("--python-version") + 1] == "3.99"
    assert command[command.index("--only-binary") + 1] == ":all:"
    assert any("aarch64" in word for word in command)


def test_uv_is_found_on_the_path_or_beside_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv/python"))
    assert requirements._find_uv() is None
    for directory in ("venv", "bin"):
        program = tmp_path / directory / "uv"
        program.parent.mkdir()
        program.touch(mode=0o755)
        assert requirements._find_uv() == str(program)


def test_without_an_installer_nothing_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requirements, "_find_uv", lambda: None)
    monkeypatch.setattr(requirements.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InvalidParameterValueException, match="neither is here; python -m ensurep"):
        install(parse("six"), tmp_path, lambda line: None)
    assert list(tmp_path.iterdir()) == []
