"""Requirements: packages installed into a directory, from which they go into the package.

Installed once for each set of requirements, runtime and architecture, and kept in the cache.
"""

import hashlib
import importlib.util
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.core.whole_directory import make_whole

#: Called with each line that the installer writes.
Progress = Callable[[str], None]

#: How many of an installer's last lines an error quotes.
_QUOTED_LINES = 8

#: Wheels for AWS's machines, newest C library first: Amazon Linux 2023 has glibc 2.34.
_MANYLINUX = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")


#: Lines of a requirements file that refer to what lies on this machine and may change there.
_LOCAL = re.compile(r"-[rce]|--(requirement|constraint|editable)|[./~]|file:|.*@ *file:")


@dataclass(frozen=True, kw_only=True, slots=True)
class Requirements:
    """What `--requirements` asks for, and for which machine."""

    #: The words for the installer: requirements, or "-r" and the path of a file.
    arguments: tuple[str, ...]
    #: One requirement each; what decides whether an installation in the cache is the right one.
    lines: tuple[str, ...]
    #: The runtime's identifier, such as "python3.12".
    runtime: str
    #: "x86_64" or "arm64".
    architecture: str

    @classmethod
    def parse(cls, text: str, *, runtime: str, architecture: str) -> "Requirements":
        """From "pkg==1 other", or the path of a requirements file."""
        path = Path(text).expanduser()
        if path.suffix == ".txt" and path.is_file():
            lines = [line.strip() for line in path.read_text().splitlines()]
            arguments = ["-r", str(path)]
        elif path.suffix == ".txt":
            raise InvalidParameterValueException(f"--requirements {text}: there is no such file.")
        else:
            lines = arguments = shlex.split(text)
        return cls(
            arguments=tuple(arguments),
            lines=tuple(line for line in lines if line and not line.startswith("#")),
            runtime=runtime,
            architecture=architecture,
        )

    def __str__(self) -> str:
        return " ".join(self.arguments)

    @property
    def key(self) -> str:
        """The name of the directory in the cache."""
        content = json.dumps([self.lines, self.runtime, self.architecture, sys.platform])
        return hashlib.sha256(content.encode()).hexdigest()[:32]

    @property
    def is_cacheable(self) -> bool:
        """Whether the lines say all, so that the same lines mean the same packages."""
        return not any(_LOCAL.match(line) for line in self.lines)

    @property
    def for_this_python(self) -> bool:
        """Whether the kernel's own Python can install and build for the runtime."""
        kernel = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.runtime == kernel and self.architecture == machine_architecture()


def machine_architecture() -> str:
    """This machine's architecture, as the API's `Architectures` names it."""
    return "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"


def install(requirements: Requirements, cache: Path, progress: Progress) -> Path:
    """The directory with the installed packages, from the cache or installed into it now."""
    target = cache / requirements.key
    if target.is_dir() and requirements.is_cacheable:
        progress(f"{requirements}: from the cache")
        return target

    def fill(new: Path) -> None:
        _run_installer(requirements, new, progress)
        if not requirements.is_cacheable:
            # What the lines meant the last time makes room for what they mean now.
            shutil.rmtree(target, ignore_errors=True)

    make_whole(target, fill)
    return target


def top_level_modules(directory: Path) -> set[str]:
    """The names under which the installed packages can be imported."""
    return {path.name.partition(".")[0] for path in directory.iterdir()}


def _run_installer(requirements: Requirements, target: Path, progress: Progress) -> None:
    last: deque[str] = deque(maxlen=_QUOTED_LINES)
    # The installer must not be told to install elsewhere, or for the user only.
    variables = {k: v for k, v in os.environ.items() if k not in ("PIP_USER", "PIP_TARGET")}
    with subprocess.Popen(
        [*_command(requirements, target), *requirements.arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=variables,
    ) as process:
        try:
            for line in process.stdout or ():
                if line.strip():
                    last.append(line.rstrip())
                    progress(line.strip())
        except BaseException:  # Ctrl-C in the notebook ends the installer too
            process.kill()
            raise
    if process.returncode:
        quoted = "\n".join(f"  {line}" for line in last)
        raise InvalidParameterValueException(
            f"--requirements {requirements}: the installation failed:\n{quoted}"
        )


def _find_uv() -> str | None:
    """uv on PATH, or beside this Python, whose directory a kernel often has not on its PATH."""
    beside = Path(sys.executable).with_name("uv")
    return shutil.which("uv") or (str(beside) if os.access(beside, os.X_OK) else None)


def _command(requirements: Requirements, target: Path) -> list[str]:
    """uv where it is installed, else pip; without the requirements themselves."""
    machine = "aarch64" if requirements.architecture == "arm64" else "x86_64"
    version = requirements.runtime.removeprefix("python")
    other_python = ["--python-version", version, "--only-binary", ":all:"]
    if uv := _find_uv():
        command = [uv, "pip", "install", "--link-mode", "copy", "--target", str(target)]
        if requirements.for_this_python:
            return [*command, "--python", sys.executable]
        return [*command, *other_python, "--python-platform", f"{machine}-{_MANYLINUX[0]}"]
    if importlib.util.find_spec("pip") is None:
        raise InvalidParameterValueException(
            f"--requirements {requirements}: it takes uv or pip to install that, and neither is "
            "here; python -m ensurepip brings pip."
        )
    command = [sys.executable, "-m", "pip", "install", "--target", str(target)]
    command += ["--no-compile", "--disable-pip-version-check", "--no-input"]
    if requirements.for_this_python:
        return command
    return [*command, *other_python, *(f"--platform={name}_{machine}" for name in _MANYLINUX)]
