"""The code of a `%%lambda` cell: in which language it is, and what it comes with."""

import argparse
from pathlib import Path

from IPython.core.error import UsageError

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment.cells import RUNTIME_OF_PROGRAMS, cell_module, is_note, is_program
from lambda_magic.deployment.handler_module import HandlerModule
from lambda_magic.deployment.package import Content, zip_files
from lambda_magic.environments.compilers import compiled
from lambda_magic.environments.interpreters import find_interpreter, substitution
from lambda_magic.environments.languages import OS_ONLY, PYTHON, language_of
from lambda_magic.environments.spec import RUNTIME_CLIENT_TAG
from lambda_magic.magics.parser import MagicParser

#: What a function is told of whose package brings a `bootstrap`.
_OS_ONLY_HANDLER = "bootstrap"


def add_options(parser: MagicParser) -> None:
    """The options of `%%lambda` about its code."""
    parser.add_argument(
        "--zip", metavar="FILE", help="a package with more files; or all, if the cell is a comment"
    )
    parser.add_argument(
        "--runtime-client",
        choices=["lambda_magic", "awslambdaric"],
        help="what runs the handler: ours, or AWS's own where it is installed",
    )


def check(arguments: argparse.Namespace, runtime: str) -> None:
    """Refuse options that are not for a runtime's language."""
    for option, value in (
        ("--requirements", arguments.requirements),
        ("--with", arguments.captured),
    ):
        if value and not runtime.startswith(PYTHON.name):
            raise UsageError(
                f"{option} is for Python: {runtime} takes packages from --zip or layers"
            )


def tags(arguments: argparse.Namespace) -> dict[str, str]:
    """The tags by which a function keeps what runs it."""
    client = arguments.runtime_client
    return {RUNTIME_CLIENT_TAG: client} if client else {}


def runtime_of(arguments: argparse.Namespace, cell: str, default: str) -> str:
    """The runtime that a cell is for: a program brings its own."""
    if arguments.runtime:
        return str(arguments.runtime)
    return RUNTIME_OF_PROGRAMS if is_program(cell) else default


def check_interpreter(runtime: str) -> None:
    """Refuse a runtime that nothing on this machine runs."""
    try:
        find_interpreter(runtime)
    except FileNotFoundError as error:
        raise InvalidParameterValueException(
            f"{error} Leave --runtime out to use the notebook's own Python."
        ) from None


def remarks(runtime: str) -> tuple[str, ...]:
    """What is to be told about a runtime on this machine."""
    told = substitution(runtime)
    return () if told is None else (told,)


def module_of(arguments: argparse.Namespace, cell: str, runtime: str) -> HandlerModule | None:
    """The module that a cell becomes; None if all of its code is in `--zip`."""
    if not (arguments.zip and is_note(cell)):
        return cell_module(cell, runtime, arguments.handler)
    if not arguments.handler and runtime not in OS_ONLY:
        raise InvalidParameterValueException(
            f"--zip {arguments.zip}: name the handler in it with --handler."
        )
    return None


def foreign_module(arguments: argparse.Namespace, cell: str, runtime: str) -> HandlerModule | None:
    """The module of a cell that is not in Python; None for others, and where there is none."""
    if not runtime or runtime.startswith(PYTHON.name):
        return None
    return module_of(arguments, cell, runtime)


def handler_of(arguments: argparse.Namespace, module: HandlerModule | None) -> str:
    """The API's `Handler`."""
    if module is not None:
        return module.handler
    return str(arguments.handler or _OS_ONLY_HANDLER)


def with_compiled(module: HandlerModule | None, runtime: str, cache: Path) -> HandlerModule | None:
    """The module with what this machine's compiler makes of it, if its language has one."""
    found = language_of(runtime)
    if module is None or found is None or found[0] is PYTHON:
        return module
    return module.with_compiled(compiled(runtime, module.filename, module.source, cache))


def packaged_files(arguments: argparse.Namespace) -> dict[str, Content]:
    """What is in `--zip`."""
    return zip_files(Path(arguments.zip).expanduser()) if arguments.zip else {}
