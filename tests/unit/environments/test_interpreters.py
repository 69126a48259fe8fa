"""Which interpreter runs which runtime, on machines made of directories with small programs."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lambda_magic.environments import interpreters
from lambda_magic.environments.interpreters import (
    OWN_RUNTIME,
    Interpreter,
    find_interpreter,
    installed,
    own_python,
    substitution,
)
from lambda_magic.environments.languages import JAVA, LANGUAGES, NODE, RUBY

OWN_VERSION = "{}.{}".format(*sys.version_info[:2])
MANAGERS = ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "NVM_DIR", "RBENV_ROOT", "JAVA_HOME")

Install = Callable[..., Path]


@pytest.fixture(autouse=True)
def fresh_search() -> Iterator[None]:
    caches = find_interpreter, interpreters._probe
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Install:
    """A machine with no interpreters but those that it installs."""
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(interpreters, "_expanded", _within(tmp_path, interpreters._expanded))
    for name in MANAGERS:
        monkeypatch.setenv(name, str(tmp_path / name))

    def install(place: str, program: str, release: str | None) -> Path:
        """A program that tells its release, or with None refuses to run."""
        path = tmp_path / place / program
        path.parent.mkdir(parents=True, exist_ok=True)
        told = f"printf '{release}\\n{path}\\n{path.parents[1]}\\n'" if release else "exit 127"
        path.write_text(f"#!/bin/sh\n{told}\n")
        path.chmod(0o755)
        return path

    return install


def _within(root: Path, expanded: Callable[[str], str]) -> Callable[[str], str]:
    """Places outside of the test's directory are none."""

    def expand(place: str) -> str:
        path = expanded(place)
        return path if path.startswith(str(root)) else f"{root}/nowhere"

    return expand


def test_our_own_version_is_run_by_our_own_base_interpreter() -> None:
    found = find_interpreter(OWN_RUNTIME)
    assert found is own_python()
    assert found.version == OWN_VERSION
    assert found.is_own
    assert str(found.prefix) == str(found.prefix.resolve())
    assert (found.prefix / "lib" / f"python{OWN_VERSION}" / "os.py").exists()
    assert (found.prefix / found.name_in_prefix).exists()


def test_another_version_is_looked_for_where_pyenv_keeps_it(install: Install) -> None:
    program = install("PYENV_ROOT/versions/3.99.1/bin", "python3.99", "3.99.1")
    found = find_interpreter("python3.99")
    assert found == Interpreter(release="3.99.1", executable=program, prefix=program.parents[1])
    assert (found.version, found.title, found.is_own) == ("3.99", "Python 3.99.1", False)
    assert found.name_in_prefix == "bin/python3.99"
    assert substitution("python3.99") is None


def test_a_program_that_is_another_version_or_fails_is_not_taken(install: Install) -> None:
    install("path", "python3.98", None)
    install("UV_PYTHON_INSTALL_DIR/cpython-3.98/bin", "python3.98", "3.97.1")
    with pytest.raises(FileNotFoundError, match=r"needs Python 3\.98"):
        find_interpreter("python3.98")


def test_what_is_missing_is_told_with_what_there_is(install: Install) -> None:
    install("PYENV_ROOT/versions/3.97.0/bin", "python3.97", "3.97.0")
    install("path", "python3.99", "3.99.2")
    with pytest.raises(FileNotFoundError) as raised:
        find_interpreter("python3.98")
    assert str(raised.value) == (
        "The runtime python3.98 needs Python 3.98, and this machine has 3.97, 3.99. Install it (uv "
        "python install 3.98, or pyenv install 3.98), or run the function in AWS's image "
        "public.ecr.aws/lambda/python:3.98 (--environment container)."
    )


@pytest.mark.usefixtures("install")
def test_a_language_that_is_missing_is_told_too() -> None:
    with pytest.raises(FileNotFoundError, match=r"Node\.js 22, and this machine has no Node\.js"):
        find_interpreter("nodejs22.x")


def test_the_newest_release_of_the_very_version_is_taken(install: Install) -> None:
    for release in ("20.1.0", "20.11.0", "20.9.3", "22.2.0"):
        install(f"NVM_DIR/versions/node/v{release}/bin", "node", release)
    install("path", "node", None)
    found = find_interpreter("nodejs20.x")
    assert found is not None
    assert (found.release, found.version) == ("20.11.0", "20")
    assert substitution("nodejs20.x") is None


NEAREST = {
    ("18.1.0", "24.0.0", "26.0.0"): ("nodejs22.x", "24"),
    ("16.1.0", "18.1.0"): ("nodejs22.x", "18"),
    ("14.0.0", "18.1.0"): ("nodejs16.x", "18"),
}


@pytest.mark.parametrize("there", NEAREST)
def test_without_it_the_next_newer_one_runs_it_or_else_the_next_older_one(
    install: Install, there: tuple[str, ...]
) -> None:
    for release in there:
        install(f"NVM_DIR/versions/node/v{release}/bin", "node", release)
    runtime, version = NEAREST[there]
    found = find_interpreter(runtime)
    assert found is not None
    assert found.version == version
    assert found.is_substitute(runtime)
    wanted = runtime.removeprefix("nodejs").removesuffix(".x")
    assert substitution(runtime) == (
        f"{runtime} runs on this machine's Node.js {found.release}: Node.js {wanted} is not "
        f"installed (nvm install {wanted}, or the package nodejs)."
    )


def test_what_is_too_old_for_our_client_runs_nothing(install: Install) -> None:
    install("path", "ruby", "2.5.1")
    with pytest.raises(FileNotFoundError, match=r"needs Ruby 3\.3, and this machine has 2\.5"):
        find_interpreter("ruby3.3")


def test_java_tells_by_its_files(install: Install, tmp_path: Path) -> None:
    program = install("JAVA_HOME/bin", "java", None)
    home = program.parents[1]
    (home / "release").write_text('IMPLEMENTOR="X"\nJAVA_VERSION="21.0.4"\n')
    assert installed(JAVA) == []  # no compiler
    interpreters._probe.cache_clear()
    install("JAVA_HOME/bin", "javac", None)
    configuration = tmp_path / "etc" / "java"
    configuration.mkdir(parents=True)
    (configuration / "java.security").touch()
    (home / "conf").mkdir()
    (home / "conf" / "java.security").symlink_to(configuration / "java.security")
    (found,) = installed(JAVA)
    assert (found.version, found.title, found.prefix) == ("21", "JDK 21.0.4", home)
    top = Path(*configuration.parts[:3])
    assert found.directories == (top,)
    assert find_interpreter("java21") == found


def test_os_only_runtimes_need_none() -> None:
    assert find_interpreter("provided.al2023") is None
    assert substitution("provided.al2") is None


@pytest.mark.parametrize("runtime", ["dotnet8", "cobol85", "go1.x", "provided"])
def test_what_cannot_run_says_so(runtime: str) -> None:
    with pytest.raises(FileNotFoundError, match=f"The runtime {runtime} cannot run as a subproc"):
        find_interpreter(runtime)


@pytest.mark.parametrize("language", [NODE, RUBY, JAVA])
def test_only_compiled_packages_of_python_need_the_very_version(language: object) -> None:
    exact = [language for language in LANGUAGES if not language.has_substitutes]
    assert [language.name for language in exact] == ["python"]
    assert language not in exact
