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


@pytest.mark.skipif(os.geteuid() != 0, reason="they are being run as one already")
def test_as_an_ordinary_user(public_python, public_directory):
    program, libraries = public_python
    work = public_directory / "work"
    work.mkdir(mode=0o777)
    os.chown(work, USER, USER)
    packages = sysconfig.get_path("purelib")
    command = [program, "-m", "pytest", str(HERE), "--ignore", __file__, "-m", "not slow", "-v"]
    command += ["-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider"]
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
            "PYTHONPATH": f"{ROOT}:{packages}",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    assert ended.returncode == 0, ended.stdout[-5000:] + ended.stderr[-2000:]
    assert "[user-namespaces]" in ended.stdout
    assert "[process]" in ended.stdout
