"""Which of the machine's Pythons runs which of Lambda's Python runtimes."""

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpreter:
    """A Python installation (not a virtual environment)."""

    #: "3.12".
    version: str
    executable: Path
    #: The directory that has lib/python3.12.
    prefix: Path

    @property
    def name_in_prefix(self) -> str:
        """The program's path below `prefix`."""
        try:
            return str(self.executable.relative_to(self.prefix))
        except ValueError:
            return f"bin/python{self.version}"

    @property
    def is_own(self) -> bool:
        """Whether this process runs on it too, and so shares its packages."""
        return self.version == _OWN_VERSION


_OWN_VERSION = "{}.{}".format(*sys.version_info[:2])
#: The runtime that this process's own Python stands for.
OWN_RUNTIME = f"python{_OWN_VERSION}"
_PROBE = (
    "import json, sys; print(json.dumps(["
    "'%d.%d' % sys.version_info[:2], sys._base_executable or sys.executable, sys.base_prefix]))"
)


@functools.cache
def find_interpreter(runtime: str) -> Interpreter:
    """The interpreter for a runtime such as "python3.12".

    This process's own for its own version, else the first that is found on PATH or in pyenv's
    and uv's directories. Raises `FileNotFoundError` where there is none.
    """
    version = runtime.removeprefix("python")
    if version == runtime:
        raise FileNotFoundError(
            f"The runtime {runtime} cannot run as a subprocess: only Python's can"
        )
    if version == _OWN_VERSION:
        executable = getattr(sys, "_base_executable", None) or sys.executable
        return _interpreter(version, executable, sys.base_prefix)
    for candidate in _candidates(version):
        if (found := _probe(candidate)) and found.version == version:
            return found
    raise FileNotFoundError(
        f"The runtime {runtime} needs python{version}, which was not found on PATH, in pyenv or in"
        f" uv. This notebook's own Python gives python{_OWN_VERSION}."
    )


def _candidates(version: str) -> Iterator[Path]:
    """Possible programs; a pyenv shim may well refuse, so its real ones come first."""
    name = f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or Path.home() / ".local/share/uv/python")
    for directory, pattern in ((pyenv, f"{version}*"), (uv, f"cpython-{version}*")):
        yield from sorted(directory.glob(f"{pattern}/bin/{name}"), reverse=True)
    if on_path := shutil.which(name):
        yield Path(on_path)


def _probe(program: Path) -> Interpreter | None:
    try:
        answer = subprocess.run(
            [program, "-I", "-S", "-c", _PROBE], capture_output=True, timeout=10, check=True
        )
        return _interpreter(*json.loads(answer.stdout))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _interpreter(version: str, executable: str, prefix: str) -> Interpreter:
    return Interpreter(
        version=version, executable=Path(executable).resolve(), prefix=Path(prefix).resolve()
    )
