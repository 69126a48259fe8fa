"""Cells in any language: what each becomes is told by the runtime that it is for."""

from collections.abc import Callable

from lambda_magic.deployment.bootstrap_cell import bootstrap_module
from lambda_magic.deployment.cell import handler_module
from lambda_magic.deployment.handler_module import HandlerModule
from lambda_magic.deployment.java_cell import java_module
from lambda_magic.deployment.javascript_cell import javascript_module
from lambda_magic.deployment.ruby_cell import ruby_module

#: What a cell is for that begins as a program does, unless its runtime is told.
RUNTIME_OF_PROGRAMS = "provided.al2023"

#: By what a runtime's identifier begins with. All take the cell's text and `--handler`.
_MAKERS: dict[str, Callable[[str, str | None], HandlerModule]] = {
    "nodejs": javascript_module,
    "ruby": ruby_module,
    "java": java_module,
    "provided": bootstrap_module,
}


def cell_module(source: str, runtime: str, handler: str | None = None) -> HandlerModule:
    """The module that a cell becomes, in the language of a runtime.

    Raises `InvalidParameterValueException` for a cell in which Lambda would find no handler.
    """
    for prefix, make in _MAKERS.items():
        if runtime.startswith(prefix):
            return make(source, handler)
    return handler_module(source, handler)


def is_program(source: str) -> bool:
    """Whether a cell is a program: it says by what it is run."""
    return source.startswith("#!")


def is_note(source: str) -> bool:
    """Whether a cell has nothing but comments: what it is about comes from elsewhere."""
    lines = (line.strip() for line in source.splitlines())
    return not is_program(source) and all(
        not line or line.startswith(("#", "//")) for line in lines
    )
