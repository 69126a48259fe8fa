"""Our Java runtime client, compiled: the machine's own javac does that, once for each home."""

import hashlib
import subprocess
from pathlib import Path

from lambda_magic.core.whole_directory import make_whole
from lambda_magic.environments.interpreters import Interpreter
from lambda_magic.environments.runtime_packages import RUNTIMES

_SOURCES = RUNTIMES / "java"
#: What the sources are written in: AWS's interfaces, which functions for its oldest runtime are
#: compiled with, and our own.
_RELEASES = {"com": "8", "lambdamagic": "17"}
_PATIENCE = 120.0


def compiled_client(java: Interpreter, cache: Path) -> Path:
    """The directory with the classes, compiled into `cache` unless they are there.

    Takes seconds the first time. Raises `OSError` where javac refuses.
    """
    contents = (path.read_bytes() for path in sorted(_SOURCES.rglob("*.java")))
    digest = hashlib.sha256(b"\0".join(contents))
    target = cache / f"java-{digest.hexdigest()[:16]}"
    if not target.is_dir():
        make_whole(target, lambda new: _compile_all(java, new))
    return target


def _compile_all(java: Interpreter, target: Path) -> None:
    for name, release in _RELEASES.items():
        _compile(java, release, sorted((_SOURCES / name).rglob("*.java")), target)


def _compile(java: Interpreter, release: str, sources: list[Path], target: Path) -> None:
    command = [str(java.prefix / "bin" / "javac"), "--release", release, "-Xlint:-options"]
    command += ["-cp", str(target), "-d", str(target), *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    if done.returncode:
        raise OSError(f"The Java runtime client does not compile: {done.stderr.strip()}")
