"""Compilers: whether a cell's code is any, and for Java what becomes of it.

What would only fail in the execution environment is so found before anything changes.
"""

import re
import subprocess
import tempfile
from pathlib import Path

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.environments.interpreters import Interpreter, find_interpreter
from lambda_magic.environments.java_classes import compiled_client
from lambda_magic.environments.languages import JAVA, NODE, RUBY, language_of, numbers

_PATIENCE = 60.0

#: How each language tells where the error is: the line, then what it says.
_ERRORS = {
    NODE.name: re.compile(r":(?P<line>\d+)\n.*?^(?P<text>\w*Error: .*?)$", re.S | re.M),
    RUBY.name: re.compile(r"^[^\n]*?:(?P<line>\d+): (?P<text>[^\n]+)"),
    JAVA.name: re.compile(r"^[^\n]*?\.java:(?P<line>\d+): error: (?P<text>[^\n]+)", re.M),
}


def compiled(runtime: str, filename: str, source: str, cache: Path) -> dict[str, bytes]:
    """What goes into the package beside a source, by paths: the classes of Java, or nothing.

    Raises `InvalidParameterValueException`, in one line, for code that does not compile.
    """
    interpreter = find_interpreter(runtime)
    if interpreter is None:
        return {}
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "source", filename)
        file.parent.mkdir(parents=True)
        file.write_text(source)
        if interpreter.language is JAVA:
            classes = Path(scratch, "classes")
            client = compiled_client(interpreter, cache)
            _run(interpreter, _javac(interpreter, runtime, file, classes, client))
            found = (path for path in classes.rglob("*") if path.is_file())
            return {path.relative_to(classes).as_posix(): path.read_bytes() for path in found}
        if interpreter.language in (NODE, RUBY):
            option = "--check" if interpreter.language is NODE else "-c"
            _run(interpreter, [str(interpreter.executable), option, str(file)])
    return {}


def _javac(java: Interpreter, runtime: str, source: Path, classes: Path, client: Path) -> list[str]:
    found = language_of(runtime)
    own = numbers(java.version)
    # AWS's runtime must be able to load it, where that is older than this compiler.
    release = own if found is None else min(own, found[1])
    options = ["--release", str(release[0]), "-Xlint:-options", "-parameters"]
    javac = str(java.prefix / "bin" / "javac")
    return [javac, *options, "-cp", str(client), "-d", str(classes), str(source)]


def _run(interpreter: Interpreter, command: list[str]) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_PATIENCE, check=False, errors="replace"
    )
    if done.returncode == 0:
        return
    said = f"{done.stdout}\n{done.stderr}".strip()
    if match := _ERRORS[interpreter.language.name].search(said):
        said = f"line {match['line']}: {match['text']}"
    raise InvalidParameterValueException(f"The cell does not compile: {' '.join(said.split())}")
