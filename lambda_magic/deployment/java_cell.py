"""A Java cell: one source file with the handler's class."""

import re

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment.handler_module import HandlerModule

#: What methods are taken for the handler where none is named, in this order.
HANDLER_NAMES = ("handleRequest", "handler")

_NOT_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|\"{3}.*?\"{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""", re.S
)
_PACKAGE = re.compile(r"^\s*package\s+([\w.]+)\s*;", re.M)
_TYPE = re.compile(
    r"^((?:[ \t]*(?:public|final|abstract|sealed)\b)*)[ \t]*(?:class|record|enum)\s+(\w+)", re.M
)
_METHOD = re.compile(r"\b(\w+)\s*\([^()]*\)\s*(?:throws\s+[\w.,\s]+)?\{")


def java_module(source: str, handler: str | None = None) -> HandlerModule:
    """Find a cell's handler: `handleRequest` or `handler` of its public, or only, class.

    `handler` is "Class::method", or "method" of that class.
    """
    code = _NOT_CODE.sub(lambda match: '""' if match[0][0] in "\"'" else " ", source)
    types = _TYPE.findall(code)
    if not types:
        raise InvalidParameterValueException(
            "The cell has no class: write public class Hello { public Object "
            "handleRequest(Map<String, Object> event) { ... } }."
        )
    main = next((name for modifiers, name in types if "public" in modifiers), types[0][1])
    package = _PACKAGE.search(code)
    directory = f"{package[1].replace('.', '/')}/" if package else ""
    qualified = f"{package[1]}.{main}" if package else main
    return HandlerModule(
        source=source,
        handler=_handler(code, qualified, handler),
        filename=f"{directory}{main}.java",
    )


def _handler(code: str, qualified: str, handler: str | None) -> str:
    if handler is not None and ("::" in handler or "." in handler):
        return handler
    methods = _METHOD.findall(code)
    if handler is None:
        for name in HANDLER_NAMES:
            if name in methods:
                return f"{qualified}::{name}"
        raise InvalidParameterValueException(
            "The cell has no handler: call a method handleRequest, or name one with --handler "
            "Class::method."
        )
    if handler not in methods:
        raise InvalidParameterValueException(
            f"The cell does not define the handler {handler!r}: name a method of its class with "
            "--handler."
        )
    return f"{qualified}::{handler}"
