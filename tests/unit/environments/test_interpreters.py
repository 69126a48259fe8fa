"""Which Python runs which runtime."""

import sys

import pytest

from lambda_magic.environments.interpreters import (
    OWN_RUNTIME,
    Interpreter,
    find_interpreter,
)

OWN_VERSION = "{}.{}".format(*sys.version_info[:2])


@pytest.fixture(autouse=True)
def fresh_search():
    find_interpreter.cache_clear()
    yield
    find_interpreter.cache_clear()


def test_our_own_version_is_run_by_our_own_base_interpreter():
    found = find_interpreter(OWN_RUNTIME)
    assert found.version == OWN_VERSION
    assert found.is_own
    assert str(found.prefix) == str(found.prefix.resolve())
    assert (found.prefix / "lib" / f"python{OWN_VERSION}" / "os.py").exists()
    assert (found.prefix / found.name_in_prefix).exists()


def test_another_version_is_looked_for_in_pyenv(monkeypatch, tmp_path):
    program = tmp_path / "versions" / "3.99.1" / "bin" / "python3.99"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\necho \'["3.99", "{program}", "{program.parents[1]}"]\'\n')
    program.chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    found = find_interpreter("python3.99")
    assert found == Interpreter(version="3.99", executable=program, prefix=program.parents[1])
    assert not found.is_own
    assert found.name_in_prefix == "bin/python3.99"


def test_a_program_that_is_another_version_or_fails_is_not_taken(monkeypatch, tmp_path):
    program = tmp_path / "python3.98"
    program.write_text("#!/bin/sh\nexit 127\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match=r"needs python3\.98, which was not found on PATH"):
        find_interpreter("python3.98")
    program.write_text('#!/bin/sh\necho \'["3.97", "/x", "/x"]\'\n')
    with pytest.raises(FileNotFoundError):
        find_interpreter("python3.98")


def test_other_languages_cannot_run():
    with pytest.raises(FileNotFoundError, match=r"nodejs22\.x cannot run as a subprocess"):
        find_interpreter("nodejs22.x")
