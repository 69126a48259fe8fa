"""A JavaScript cell: an ES module or CommonJS, and what it exports."""

import re
from collections.abc import Iterator

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment.handler_module import HandlerModule

#: The file that AWS's console makes: index.mjs, or index.js for CommonJS.
MODULE_NAME = "index"
HANDLER_NAMES = ("handler", "lambda_handler")

#: Strings, comments and regular expressions, with what stands before the latter.
_NOT_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`"""
    r"""|(?P<before>(?:^|[=(,:;!&|?{}\[]|\breturn)\s*)/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+/""",
    re.S | re.M,
)
_ES_MODULE = re.compile(r"^\s*(?:import\b(?!\s*[(.])|export\b)|\bimport\.meta\b", re.M)
_DECLARED = re.compile(r"\bexport\s+(?:async\s+)?(?:function\s*\*?|const|let|var|class)\s*([\w$]+)")
_LISTED = re.compile(r"\bexport\s*\{([^}]*)\}")
_ASSIGNED = re.compile(r"(?:^|[;{}\s])(?:module\.)?exports\.([\w$]+)\s*=(?!=)", re.M)
_REPLACED = re.compile(r"\bmodule\.exports\s*=(?!=)\s*(\{)?")
_MEMBER = re.compile(r"[{,]\s*(?:async\s+)?([\w$]+)\s*(?=[,}:(])")


def javascript_module(source: str, handler: str | None = None) -> HandlerModule:
    """Find a cell's handler: its export `handler`, else its only one.

    `handler` names another export, or "file.export" of what comes with the function's packages.
    """
    code = _code(source)
    is_module = _ES_MODULE.search(code) is not None
    names = list(dict.fromkeys(_exports(code)))
    module, _, name = (handler or "").rpartition(".")
    filename = f"{MODULE_NAME}.{'mjs' if is_module else 'js'}"
    if handler and module not in ("", MODULE_NAME):
        return HandlerModule(source=source, handler=handler, filename=filename)
    if handler is None:
        name = _discover(names)
    elif names and name not in names:
        raise InvalidParameterValueException(
            f"The cell does not export the handler {name!r}: write "
            f"export const {name} = async (event) => ..., or name another with --handler."
        )
    return HandlerModule(source=source, handler=f"{MODULE_NAME}.{name}", filename=filename)


def _discover(names: list[str]) -> str:
    for name in HANDLER_NAMES:
        if name in names:
            return name
    if len(names) == 1:
        return names[0]
    if names:
        raise InvalidParameterValueException(
            f"The cell has {len(names)} exports ({', '.join(names)}): call one of them handler, or "
            "choose with --handler."
        )
    raise InvalidParameterValueException(
        "The cell has no handler: write export const handler = async (event) => ..., or "
        "exports.handler = ..., or name one with --handler."
    )


def _exports(code: str) -> Iterator[str]:
    """The names that a module exports, as far as its text tells."""
    yield from _DECLARED.findall(code)
    for listed in _LISTED.findall(code):
        for item in listed.split(","):
            if words := item.split():
                yield words[-1]
    if re.search(r"\bexport\s+default\b", code):
        yield "default"
    yield from _ASSIGNED.findall(code)
    for replaced in _REPLACED.finditer(code):
        if replaced[1]:
            yield from _members(code[replaced.start(1) :])


def _members(code: str) -> Iterator[str]:
    """The names in an object literal at the beginning of some code, not those deeper in it."""
    outermost: list[str] = []
    depth = 0
    for character in code:
        depth += character in "{[("
        if depth == 1 or (depth == 2 and character in "{[("):
            outermost.append(character)
        depth -= character in "}])"
        if depth == 0:
            break
    yield from _MEMBER.findall("".join(outermost))


def _code(source: str) -> str:
    """The source without what only looks like code."""
    return _NOT_CODE.sub(lambda match: (match["before"] or "") + '""', source)
