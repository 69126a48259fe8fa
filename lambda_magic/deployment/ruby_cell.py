"""A Ruby cell: a file of methods, one of which is the handler."""

import re

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment.handler_module import HandlerModule

#: The file that AWS's console makes.
MODULE_NAME = "lambda_function"
HANDLER_NAMES = ("handler", "lambda_handler")

_COMMENT = re.compile(r"^\s*#[^\n]*|^=begin$.*?^=end$|^__END__$.*", re.M | re.S)
#: A method that is in no class: nothing stands before it.
_METHOD = re.compile(r"^def\s+([a-z_]\w*[?!]?)\s*(?:\(([^)]*)\))?", re.M)


def ruby_module(source: str, handler: str | None = None) -> HandlerModule:
    """Find a cell's handler: its method `handler` or `lambda_handler`, else its only one that
    takes `event:` and `context:`.

    `handler` names another one, or "Module::Class.method", or "file.method" of what comes with the
    function's packages.
    """
    methods = dict(_METHOD.findall(_COMMENT.sub("", source)))
    filename = f"{MODULE_NAME}.rb"
    if handler is not None and "." in handler:
        # A class begins with a capital, a file's name does not.
        is_class = handler[0].isupper()
        full = f"{MODULE_NAME}.{handler}" if is_class else handler
        return HandlerModule(source=source, handler=full, filename=filename)
    name = _discover(methods) if handler is None else handler
    if name not in methods:
        raise InvalidParameterValueException(
            f"The cell does not define the handler {name!r}: define {name}(event:, context:), or "
            "name another method with --handler."
        )
    if not _takes_event_and_context(methods[name]):
        raise InvalidParameterValueException(
            f"The handler {name} cannot be called with event: and context: define it as "
            f"{name}(event:, context:)."
        )
    return HandlerModule(source=source, handler=f"{MODULE_NAME}.{name}", filename=filename)


def _discover(methods: dict[str, str]) -> str:
    for name in HANDLER_NAMES:
        if name in methods:
            return name
    candidates = [name for name, taken in methods.items() if _takes_event_and_context(taken)]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise InvalidParameterValueException(
            f"The cell has {len(candidates)} methods that take event: and context: "
            f"({', '.join(candidates)}): call one of them handler, or choose with --handler."
        )
    raise InvalidParameterValueException(
        "The cell has no handler: define handler(event:, context:), or name one with --handler."
    )


def _takes_event_and_context(parameters: str) -> bool:
    if "**" in parameters or "..." in parameters:
        return True
    return {"event:", "context:"} <= set(re.findall(r"\w+:", parameters))
