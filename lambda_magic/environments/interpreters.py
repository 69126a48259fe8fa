"""Which of the machine's interpreters runs which of Lambda's runtimes; found, not guessed."""

import functools
import glob
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lambda_magic.environments.languages import (
    JAVA,
    LANGUAGES,
    NODE,
    OS_ONLY,
    PYTHON,
    RUBY,
    Language,
    Version,
    language_of,
    numbers,
    text,
)

_OWN_VERSION = "{}.{}".format(*sys.version_info[:2])
#: The runtime that this process's own Python stands for.
OWN_RUNTIME = f"python{_OWN_VERSION}"

#: How each language tells its release, its program and its prefix, a line each.
_PROBES = {
    PYTHON.name: [
        "-I",
        "-S",
        "-c",
        "import sys; print('%d.%d.%d' % sys.version_info[:3],"
        " sys._base_executable or sys.executable, sys.base_prefix, sep='\\n')",
    ],
    NODE.name: [
        "-p",
        "const { dirname } = require('path'), { execPath, versions } = process;"
        "[versions.node, execPath, dirname(dirname(execPath))].join('\\n')",
    ],
    RUBY.name: [
        "--disable-gems",
        "-rrbconfig",
        "-e",
        "puts RUBY_VERSION, RbConfig.ruby, RbConfig::CONFIG['prefix']",
    ],
}
_PATIENCE = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpreter:
    """An installation of a language (for Python, not a virtual environment)."""

    language: Language = PYTHON
    #: All numbers: "3.12.1".
    release: str
    executable: Path
    #: The directory that it is installed in: that has lib/python3.12, say.
    prefix: Path
    #: What lies elsewhere and belongs to it.
    directories: tuple[Path, ...] = ()

    @property
    def version(self) -> str:
        """As many numbers as its runtimes are named by: "3.12"."""
        return text(numbers(self.release)[: self.language.precision])

    @property
    def title(self) -> str:
        """As people call it: "Ruby 3.1.2"."""
        return f"{self.language.title} {self.release}"

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
        return self.language is PYTHON and self.version == _OWN_VERSION

    def is_substitute(self, runtime: str) -> bool:
        """Whether a runtime is another version's."""
        found = language_of(runtime)
        return found is not None and text(found[1]) != self.version


@functools.cache
def find_interpreter(runtime: str) -> Interpreter | None:
    """The interpreter for a runtime such as "python3.12"; None for an OS-only runtime.

    For Python it is of the very version: this process's own, or one that is found. Other languages
    may be run by a neighbouring version: the next newer one, else the next older one.
    Raises `FileNotFoundError`, saying what to install, where there is none.
    """
    if runtime in OS_ONLY:
        return None
    if runtime == OWN_RUNTIME:
        return _own()
    found = language_of(runtime)
    if found is None:
        raise FileNotFoundError(
            f"The runtime {runtime} cannot run as a subprocess: "
            f"{', '.join(f'{language.name}*' for language in LANGUAGES)} and provided.* can, and "
            "any language from a container image."
        )
    language, version = found
    for interpreter in installed(language, version):
        if interpreter.version == text(version):
            return interpreter
    if language.has_substitutes and (substitute := _nearest(version, installed(language))):
        return substitute
    raise FileNotFoundError(_missing(runtime, language, version))


def own_python() -> Interpreter:
    """The Python installation that this process runs on."""
    own = find_interpreter(OWN_RUNTIME)
    assert own is not None
    return own


def substitution(runtime: str) -> str | None:
    """What to tell about a runtime that another version runs; None where the very version does."""
    interpreter = find_interpreter(runtime)
    found = language_of(runtime)
    if interpreter is None or found is None or not interpreter.is_substitute(runtime):
        return None
    language, version = found
    return (
        f"{runtime} runs on this machine's {interpreter.title}: {language.title} {text(version)} "
        f"is not installed ({language.installation.format(version=text(version))})."
    )


def installed(language: Language, version: Version | None = None) -> list[Interpreter]:
    """The interpreters of a language on this machine, newest first; for Python perhaps one's."""
    probed = (_probe(language, path) for path in _candidates(language, version))
    found = {one.executable: one for one in probed if one is not None}
    return sorted(found.values(), key=lambda one: numbers(one.release), reverse=True)


def _own() -> Interpreter:
    executable = getattr(sys, "_base_executable", None) or sys.executable
    release = "{}.{}.{}".format(*sys.version_info[:3])
    return _interpreter(PYTHON, release, executable, sys.base_prefix)


def _nearest(version: Version, choice: Iterable[Interpreter]) -> Interpreter | None:
    """The next newer interpreter, else the next older one that our client runs on."""
    newer: list[Interpreter] = []
    older: list[Interpreter] = []
    for one in choice:
        its_version = numbers(one.version)
        if its_version >= one.language.oldest:
            (newer if its_version > version else older).append(one)
    # They come newest first.
    return newer[-1] if newer else older[0] if older else None


def _missing(runtime: str, language: Language, version: Version) -> str:
    there = list(dict.fromkeys(one.version for one in installed(language)))
    has = f"has {', '.join(reversed(there))}" if there else f"has no {language.title} at all"
    wanted = text(version)
    return (
        f"The runtime {runtime} needs {language.title} {wanted}, and this machine {has}. Install it"
        f" ({language.installation.format(version=wanted)}), or run the function in AWS's image "
        f"{language.image(version)} (--environment container)."
    )


def _candidates(language: Language, version: Version | None) -> Iterator[Path]:
    """Possible programs: what version managers have installed, and what is on PATH.

    The latter may be a manager's own, which refuses to run.
    """
    programs = language.programs
    if language is PYTHON and version is not None:
        programs = f"python{text(version)}"
    on_path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    for place in (*language.places, *filter(None, on_path)):
        for found in glob.glob(f"{_expanded(place)}/{programs}"):
            if os.access(found, os.X_OK) and not os.path.isdir(found):
                yield Path(found)


def _expanded(place: str) -> str:
    def value(match: re.Match[str]) -> str:
        return os.environ.get(match[1]) or match[2]

    return os.path.expanduser(re.sub(r"\{(\w+):([^}]*)\}", value, place))


@functools.cache
def _probe(language: Language, program: Path) -> Interpreter | None:
    if language is JAVA:
        return _probe_java(program)
    try:
        answer = subprocess.run(
            [program, *_PROBES[language.name]],
            capture_output=True,
            timeout=_PATIENCE,
            check=True,
            text=True,
        )
        release, executable, prefix = answer.stdout.strip().split("\n")
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return _interpreter(language, release, executable, prefix)


def _probe_java(program: Path) -> Interpreter | None:
    """Java tells by a file beside the program, which takes no second to read."""
    executable = program.resolve()
    home = executable.parent.parent
    try:
        release = re.search(r'^JAVA_VERSION="([^"]+)"', (home / "release").read_text(), re.M)
    except OSError:
        return None
    if release is None or not (home / "bin" / "javac").exists():
        # Nothing to compile with: cells need it, and our runtime client does.
        return None
    # Debian keeps what may be configured in /etc.
    links = (*home.glob("lib/*.cfg"), *home.glob("conf/*"), *home.glob("conf/security/*"))
    elsewhere = {link.resolve().parents for link in links if link.is_symlink()}
    directories = {parents[-3] for parents in elsewhere if len(parents) > 2}
    return Interpreter(
        language=JAVA,
        release=release[1],
        executable=executable,
        prefix=home,
        directories=tuple(sorted(directories)),
    )


def _interpreter(language: Language, release: str, executable: str, prefix: str) -> Interpreter:
    return Interpreter(
        language=language,
        release=release,
        executable=Path(executable).resolve(),
        prefix=Path(prefix).resolve(),
    )
