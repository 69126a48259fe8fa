"""Equipment: what this machine gives to the sandboxes of one runtime."""

from dataclasses import dataclass
from pathlib import Path

from lambda_magic.environments.interpreters import Interpreter, find_interpreter, own_python
from lambda_magic.environments.java_classes import compiled_client
from lambda_magic.environments.languages import JAVA, PYTHON
from lambda_magic.environments.runtime_packages import node_packages, runtime_packages

#: What every private root shows at its own place.
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/nix")
#: The Python within, what is shown in /var/runtime, and what is shown at its own place.
Root = tuple[Interpreter, tuple[tuple[str, Path], ...], tuple[Path, ...]]

#: The name in /var/runtime of an interpreter that may lie anywhere.
_RELOCATED = ".interpreter"


@dataclass(frozen=True, kw_only=True, slots=True)
class Equipment:
    """What this machine gives; see `equip`."""

    #: What runs the functions; None where they bring their own `bootstrap`.
    interpreter: Interpreter | None
    #: Whose fork server makes the sandboxes: `interpreter`, if that is a Python.
    host: Interpreter
    #: Files and directories to show in /var/runtime, by their names there.
    packages: tuple[tuple[str, Path], ...]

    @property
    def directories(self) -> tuple[Path, ...]:
        """What is to be shown at its own place, besides the system's directories."""
        if self.interpreter is None or self.interpreter is self.host:
            return ()
        own = () if self.interpreter.language.is_relocatable else (self.interpreter.prefix,)
        wanted = (*own, *self.interpreter.directories)
        return tuple(path for path in wanted if not _is_system(path))

    @property
    def root(self) -> Root:
        """What its private root is made of: where that is equal, one fork server is enough."""
        return (self.host, self.packages, self.directories)

    @property
    def executable(self) -> str | None:
        """The interpreter's program as a private root shows it."""
        interpreter = self.interpreter
        if interpreter is None:
            return None
        if interpreter is self.host:
            return f"/var/lang/{interpreter.name_in_prefix}"
        if dict(self.packages).get(_RELOCATED):
            return f"/var/runtime/{_RELOCATED}/{interpreter.name_in_prefix}"
        return str(interpreter.executable)

    def substitute_for(self, runtime: str) -> str | None:
        """The version that runs in the place of the runtime's own, if another does."""
        if self.interpreter is None or not self.interpreter.is_substitute(runtime):
            return None
        return self.interpreter.version


def equip(runtime: str, runtime_client: str, cache: Path) -> Equipment:
    """What a runtime needs; looks around on the machine, and may compile into `cache`.

    Raises `FileNotFoundError`, saying what to install, and `OSError` where compiling fails.
    """
    interpreter = find_interpreter(runtime)
    if interpreter is not None and interpreter.language is PYTHON:
        packages = runtime_packages(interpreter, runtime_client)
        return Equipment(interpreter=interpreter, host=interpreter, packages=_sorted(packages))
    packages = {}
    if interpreter is not None:
        if interpreter.language is JAVA:
            packages["lib"] = compiled_client(interpreter, cache)
        if runtime_client == "awslambdaric":
            packages |= node_packages(interpreter)
        if interpreter.language.is_relocatable and not _is_system(interpreter.executable):
            packages[_RELOCATED] = interpreter.prefix
    return Equipment(interpreter=interpreter, host=own_python(), packages=_sorted(packages))


def _sorted(packages: dict[str, Path]) -> tuple[tuple[str, Path], ...]:
    return tuple(sorted(packages.items()))


def _is_system(path: Path) -> bool:
    return any(path.is_relative_to(directory) for directory in _SYSTEM)
