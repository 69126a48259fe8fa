"""Binder's way, step by step: an ordinary user, a fresh environment, no namespaces."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import lambda_magic

ROOT = Path(lambda_magic.__file__).parent.parent
NOBODY = 65534

_LEFT_OUT = shutil.ignore_patterns(
    *("test", "tests", "site-packages", "__pycache__", "*.a", "idlelib", "turtledemo"),
    *(".git", ".venv", ".*_cache", ".lambda_magic", "build", "dist"),
)


class Binder:
    """A directory that belongs to an ordinary user, who runs things there."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.checkout = directory / "checkout"
        self.environment = directory / "environment"

    def run(self, *command: object) -> str:
        """The output of a command, which must succeed."""
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
        completed = subprocess.run(
            [str(word) for word in command],
            cwd=self.checkout,
            env={
                "PATH": f"{self.environment / 'bin'}:/usr/local/bin:/usr/bin:/bin",
                # Where the copied Python finds its own library instead of another Python's.
                "LD_LIBRARY_PATH": str(self.directory / "python" / "lib"),
                "HOME": str(self.directory / "home"),
                "TMPDIR": str(self.directory / "tmp"),
                "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                **{name: value for name, value in os.environ.items() if "proxy" in name.lower()},
                **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            **user,
        )
        assert completed.returncode == 0, completed.stdout
        return completed.stdout


@pytest.fixture
def binder() -> Iterator[Binder]:
    # Not in tmp_path, which only its owner may enter.
    directory = Path(tempfile.mkdtemp(prefix="binder-", dir="/tmp"))
    made = Binder(directory)
    shutil.copytree(ROOT, made.checkout, ignore=_LEFT_OUT)
    # This Python may be in a home that an ordinary user cannot enter either.
    shutil.copytree(sys.base_prefix, directory / "python", symlinks=True, ignore=_LEFT_OUT)
    for name in ("home", "tmp"):
        (directory / name).mkdir()
    if os.getuid() == 0:
        for path in (directory, *directory.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    yield made
    shutil.rmtree(directory)


def test_names_a_python_that_we_support() -> None:
    language, _, version = (ROOT / "binder" / "runtime.txt").read_text().strip().partition("-")
    assert language == "python"
    assert tuple(map(int, version.split("."))) >= (3, 11)


@pytest.mark.slow
def test_the_quickstart_works_without_root_and_without_namespaces(binder: Binder) -> None:
    python = binder.directory / "python" / "bin" / "python{}.{}".format(*sys.version_info[:2])
    binder.run(python, "-m", "venv", binder.environment)
    binder.run("pip", "install", "--quiet", "-r", "binder/requirements.txt")
    assert f"lambda-magic {lambda_magic.__version__}" in binder.run("binder/postBuild")
    binder.run("mv", "lambda_magic", "not_importable_from_here")
    configuration = binder.environment / "etc" / "ipython"
    configuration.mkdir(parents=True, exist_ok=True)
    (configuration / "ipython_config.py").write_text("c.LambdaMagic.isolation = 'process'\n")
    told = binder.run("lambda-magic", "demo")
    assert "isolation: process" in told
    assert "All steps worked" in told
    assert "site-packages/lambda_magic/notebooks/00_quickstart.ipynb" in told
    binder.run("jupyter", "lab", "--version")
