"""Our Java runtime client, compiled: the machine's own javac does that, once for each home."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from lambda_magic.environments.interpreters import Interpreter
from lambda_magic.environments.runtime_packages import RUNTIMES

#: What the sources are written in.
_RELEASE = "17"
_PATIENCE = 120.0
_SOURCES = RUNTIMES / "java"


def compiled_client(java: Interpreter, cache: Path) -> Path:
    """The directory with the classes, compiled into `cache` unless they are there.

    Takes seconds the first time. Raises `OSError` where javac refuses.
    """
    sources = sorted(_SOURCES.rglob("*.java"))
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources))
    target = cache / f"java-{digest.hexdigest()[:16]}"
    if not target.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix="compiling-", dir=cache))
        try:
            _compile(java, [str(path) for path in sources], partial)
            partial.chmod(0o755)
            os.replace(partial, target)
        except OSError:
            # Another kernel has compiled the same meanwhile.
            if not target.is_dir():
                raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return target


def _compile(java: Interpreter, sources: list[str], target: Path) -> None:
    command = [str(java.prefix / "bin" / "javac"), "--release", _RELEASE, "-d", str(target)]
    done = subprocess.run(
        [*command, *sources], capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if done.returncode:
        raise OSError(f"The Java runtime client does not compile: {done.stderr.strip()}")
