"""A cell's text becomes the handler module of a function.

The text is written verbatim, so a line number in a traceback is the cell's own. Whatever would
only fail in the execution environment (a syntax error, no handler, a handler that Lambda cannot
call) is found here, before anything changes.
"""

import ast
import warnings
from collections.abc import Iterator

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment.handler_module import HandlerModule

#: The module that a cell becomes; AWS's console calls it the same.
MODULE_NAME = "lambda_function"
FILENAME = f"{MODULE_NAME}.py"

#: The names that are taken for the handler where none is given, in this order.
HANDLER_NAMES = ("handler", "lambda_handler")

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_OtherScope = ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def handler_module(source: str, handler: str | None = None) -> HandlerModule:
    """Check a cell's text and find its handler.

    `handler` names it: a name bound in the cell, or "module.function" for one that comes with
    the packages of the function. Without it, the handler is the cell's `handler` or
    `lambda_handler`, else its only function of two parameters.
    """
    tree = parse_module(source)
    bound = dict(_bound_names(tree))
    if handler is None:
        name = _discover(bound)
    else:
        module, _, name = handler.rpartition(".")
        if module not in ("", MODULE_NAME):
            return HandlerModule(source=source, handler=handler, filename=FILENAME)
        if name not in bound:
            raise InvalidParameterValueException(
                f"The cell does not define the handler {name!r}: define {name}(event, context), "
                "or name another function with --handler."
            )
    _check_callable(name, bound[name])
    return HandlerModule(source=source, handler=f"{MODULE_NAME}.{name}", filename=FILENAME)


def parse_module(source: str) -> ast.Module:
    """A cell's text as Python; raises `InvalidParameterValueException` where it is none."""
    with warnings.catch_warnings():
        # A dubious escape is the author's to see when the function runs; it does not stop it.
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(source)
            compile(tree, f"{MODULE_NAME}.py", "exec", dont_inherit=True)
        except SyntaxError as error:
            raise InvalidParameterValueException(_syntax_message(source, error)) from None
        except ValueError as error:
            raise InvalidParameterValueException(f"The cell does not compile: {error}.") from None
    return tree


def _syntax_message(source: str, error: SyntaxError) -> str:
    lines = source.splitlines()
    number = error.lineno or 1
    text = lines[number - 1].strip() if number <= len(lines) else ""
    message = f"The cell does not compile: line {number}: {error.msg}"
    if text:
        message += f": {text}"
    if text.startswith(("%", "!", "?")):
        message += " (magics and shell commands belong in a cell of their own)"
    return message


def _bound_names(tree: ast.Module) -> Iterator[tuple[str, ast.stmt | ast.Lambda]]:
    """The names that the module binds, each with what it is bound to as far as the text tells."""
    for statement in _top_level(tree.body):
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield statement.name, statement
            case ast.Import() | ast.ImportFrom():
                for alias in statement.names:
                    yield alias.asname or alias.name.partition(".")[0], statement
            case ast.Assign(value=ast.Lambda() as value):
                yield from ((name, value) for name in _stored_names(statement))
            case _:
                yield from ((name, statement) for name in _stored_names(statement))


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, those under `if`, `try`, `with` and loops included."""
    for statement in body:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for block in ("body", "orelse", "finalbody"):
                yield from _top_level(getattr(statement, block, []))
            for branch in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
                yield from _top_level(branch.body)


def _stored_names(node: ast.AST) -> Iterator[str]:
    """The names a statement itself assigns to, leaving aside those in blocks and other scopes."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id
        elif not isinstance(child, ast.stmt | ast.excepthandler | ast.match_case | _OtherScope):
            yield from _stored_names(child)


def _discover(bound: dict[str, ast.stmt | ast.Lambda]) -> str:
    for name in HANDLER_NAMES:
        if name in bound:
            return name
    candidates = [
        name
        for name, value in bound.items()
        if isinstance(value, _Function) and len(_positional(value.args)) == 2
    ]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise InvalidParameterValueException(
            f"The cell has {len(candidates)} functions of two parameters "
            f"({', '.join(candidates)}): call one of them handler, or choose with --handler."
        )
    raise InvalidParameterValueException(
        "The cell has no handler: define handler(event, context), or name one with --handler."
    )


def _check_callable(name: str, value: ast.stmt | ast.Lambda) -> None:
    """Refuse a handler that Lambda cannot call, as far as the text tells.

    What a decorator, an import or an expression makes of the name is not known before it runs.
    """
    if not isinstance(value, _Function) or getattr(value, "decorator_list", []):
        return
    if isinstance(value, ast.AsyncFunctionDef):
        raise InvalidParameterValueException(
            f"The handler {name} is async, and Lambda's Python runtime does not await it: "
            f"make it a plain function that calls asyncio.run()."
        )
    if not _takes_event_and_context(value.args):
        raise InvalidParameterValueException(
            f"The handler {name} cannot be called with two arguments: "
            f"define it as {name}(event, context)."
        )


def _positional(arguments: ast.arguments) -> list[ast.arg]:
    return [*arguments.posonlyargs, *arguments.args]


def _takes_event_and_context(arguments: ast.arguments) -> bool:
    positional = len(_positional(arguments))
    required = positional - len(arguments.defaults)
    enough = positional >= 2 or arguments.vararg is not None
    return required <= 2 and enough and None not in arguments.kw_defaults
