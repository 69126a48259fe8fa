"""Our Java runtime client, compiled: the machine's own javac does that, once for each home."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

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
        cache.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix="compiling-", dir=cache))
        try:
            for name, release in _RELEASES.items():
                _compile(java, release, sorted((_SOURCES / name).rglob("*.java")), partial)
            partial.chmod(0o755)
            os.replace(partial, target)
        except OSError:
            # Another kernel has compiled the same meanwhile.
            if not target.is_dir():
                raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return target


def _compile(java: Interpreter, release: str, sources: list[Path], target: Path) -> None:
    command = [str(java.prefix / "bin" / "javac"), "--release", release, "-Xlint:-options"]
    command += ["-cp", str(target), "-d", str(target), *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    if done.returncode:
        raise OSError(f"The Java runtime client does not compile: {done.stderr.strip()}")
