"""All of this directory's tests once more, as an ordinary user."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
USER = 54321

#: Of an interpreter's library, what tests here do not need.
NEEDLESS = shutil.ignore_patterns("site-packages", "test", "tests", "config-*", "idlelib", "*.a")
COMPILED = shutil.ignore_patterns("__pycache__")


@pytest.fixture
def public_directory() -> Generator[Path]:
    """pytest's own directories are private."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        yield Path(directory)


@pytest.fixture
def public_python(public_directory: Path) -> list[str]:
    """An interpreter that any user can start, though ours may lie in a private home."""
    version = "{}.{}".format(*sys.version_info[:2])
    prefix = public_directory / "python"
    (prefix / "bin").mkdir(parents=True)
    base = Path(sys.base_prefix)
    shutil.copy(base / "bin" / f"python{version}", prefix / "bin")
    shutil.copytree(
        base / "lib" / f"python{version}", prefix / f"lib/python{version}", ignore=NEEDLESS
    )
    for shared in (base / "lib").glob("libpython*.so*"):
        shutil.copy(shared, prefix / "lib")
    return [str(prefix / "bin" / f"python{version}"), str(prefix / "lib")]


@pytest.fixture
def public_project(public_directory: Path) -> Path:
    """This project and the packages beside it, for whom the places that they lie in are private."""
    project = public_directory / "project"
    for name in ("lambda_magic", "tests"):
        shutil.copytree(ROOT / name, project / name, copy_function=_link, ignore=COMPILED)
    _link(str(ROOT / "pyproject.toml"), str(project / "pyproject.toml"))
    packages = sysconfig.get_path("purelib")
    shutil.copytree(packages, project / "packages", copy_function=_link, ignore=COMPILED)
    return project


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # It lies on another file system.
        shutil.copy(source, target)


@pytest.mark.skipif(os.geteuid() != 0, reason="they are being run as one already")
def test_as_an_ordinary_user(public_python, public_project, public_directory):
    program, libraries = public_python
    here = public_project / HERE.relative_to(ROOT)
    work = public_directory / "work"
    work.mkdir(mode=0o777)
    os.chown(work, USER, USER)
    command = [program, "-m", "pytest", str(here), "-m", "not slow", "-v"]
    command += ["--ignore", str(here / Path(__file__).name)]
    command += ["-c", str(public_project / "pyproject.toml"), "-p", "no:cacheprovider"]
    command += ["--basetemp", str(work / "pytest")]
    ended = subprocess.run(
        command,
        user=USER,
        group=USER,
        extra_groups=[],
        cwd=work,
        capture_output=True,
        text=True,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(work),
            "TMPDIR": str(work),
            "LD_LIBRARY_PATH": libraries,
            "PYTHONPATH": f"{public_project}:{public_project / 'packages'}",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    assert ended.returncode == 0, ended.stdout[-5000:] + ended.stderr[-2000:]
    assert "[user-namespaces]" in ended.stdout
    assert "[process]" in ended.stdout
