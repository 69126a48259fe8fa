"""A cell for an OS-only runtime: a program that speaks the Runtime API itself."""

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment.handler_module import HandlerModule

#: What Lambda starts.
_NAME = "bootstrap"


def bootstrap_module(source: str, handler: str | None = None) -> HandlerModule:
    """The program that a cell is. `handler` is its own to make something of, in `_HANDLER`."""
    if not source.startswith("#!"):
        raise InvalidParameterValueException(
            "The cell is no program: begin it with the line of its interpreter, such as "
            "#!/bin/bash, or give a package that has a bootstrap with --zip."
        )
    return HandlerModule(
        source=source, handler=handler or _NAME, filename=_NAME, is_executable=True
    )
