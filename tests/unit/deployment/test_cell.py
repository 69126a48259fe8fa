import pytest

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment.cell import handler_module

PLAIN = "def handler(event, context):\n    return event\n"


def test_the_text_is_kept_as_it_is() -> None:
    source = '\n\ntext = """a\n  b"""\r\n' + PLAIN
    assert handler_module(source).source == source


@pytest.mark.parametrize(
    ("source", "handler"),
    [
        (PLAIN, "lambda_function.handler"),
        ("def lambda_handler(event, context): ...", "lambda_function.lambda_handler"),
        (PLAIN + "def lambda_handler(event, context): ...", "lambda_function.handler"),
        ("def greet(event, context): ...", "lambda_function.greet"),
        ("def half(x): ...\ndef greet(event, _, /): ...", "lambda_function.greet"),
        ("greet = lambda event, context: 1", "lambda_function.greet"),
        ("if True:\n    def handler(event, context): ...", "lambda_function.handler"),
        (
            "try:\n    import a as handler\nexcept ImportError:\n    x = 1",
            "lambda_function.handler",
        ),
        ("def handler(event, context=None, *, extra=1): ...", "lambda_function.handler"),
        ("def handler(*arguments): ...", "lambda_function.handler"),
        ("class App:\n    def run(self, event): ...\nhandler = App()", "lambda_function.handler"),
        ("@wrap\nasync def handler(event): ...", "lambda_function.handler"),
    ],
)
def test_finds_the_handler(source: str, handler: str) -> None:
    assert handler_module(source).handler == handler


@pytest.mark.parametrize(
    ("named", "handler"),
    [
        ("other", "lambda_function.other"),
        ("lambda_function.other", "lambda_function.other"),
        ("package.module.app", "package.module.app"),
    ],
)
def test_takes_the_handler_that_is_named(named: str, handler: str) -> None:
    source = PLAIN + "def other(event, context): ..."
    assert handler_module(source, named).handler == handler


@pytest.mark.parametrize(
    ("source", "named", "message"),
    [
        ("", None, "has no handler: define handler(event, context)"),
        ("x = 1", None, "has no handler"),
        ("def f():\n    def handler(event, context): ...", None, "has no handler"),
        ("if True:\n    def f():\n        handler = 1", None, "has no handler"),
        ("def a(e, c): ...\ndef b(e, c): ...", None, "2 functions of two parameters (a, b)"),
        (PLAIN, "missing", "does not define the handler 'missing'"),
        ("async def handler(event, context): ...", None, "is async"),
        ("async def only(event, context): ...", None, "is async"),
        ("def handler(event): ...", None, "define it as handler(event, context)"),
        ("def handler(a, b, c): ...", None, "cannot be called with two arguments"),
        ("def handler(a, b, *, c): ...", None, "cannot be called with two arguments"),
        ("handler = lambda: 1", None, "cannot be called with two arguments"),
    ],
)
def test_refuses_a_handler_that_lambda_cannot_call(
    source: str, named: str | None, message: str
) -> None:
    with pytest.raises(InvalidParameterValueException) as caught:
        handler_module(source, named)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1\ndef handler(:\n", "line 2: invalid syntax: def handler(:"),
        ("x = 1\nreturn 2", "line 2: 'return' outside function"),
        ("!pip install x", "magics and shell commands belong in a cell of their own"),
        ("%matplotlib inline", "magics and shell commands belong in a cell of their own"),
        ("x = '\0'", "null bytes"),
    ],
)
def test_a_cell_that_does_not_compile_says_where(source: str, message: str) -> None:
    with pytest.raises(InvalidParameterValueException) as caught:
        handler_module(source)
    assert message in caught.value.message
    assert "\n" not in caught.value.message


def test_a_dubious_escape_is_no_reason_to_refuse() -> None:
    source = "pattern = '\\d'\n" + PLAIN
    assert handler_module(source).handler == "lambda_function.handler"
