import pytest
from IPython.core.completer import provisionalcompleter

from .conftest import HELLO, Notebook


@pytest.fixture
def functions(hello: Notebook) -> Notebook:
    hello.run(HELLO.replace("hi", "hello"))
    hello.run(HELLO.replace("hello", "help", 1))
    hello.run("%alias hello:LIVE 1")
    return hello


def completed(notebook: Notebook, text: str) -> list[str]:
    """The whole lines that completing at the end of `text` offers."""
    with provisionalcompleter():
        found = list(notebook.shell.Completer.completions(text, len(text)))
    return [text[: one.start] + one.text + text[one.end :] for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%invoke hel", ["%invoke hello", "%invoke help"]),
        ("%invoke ", ["%invoke hello", "%invoke help"]),
        ("r = %invoke hell", ["r = %invoke hello"]),
        ("%%lambda hell", ["%%lambda hello"]),
        ("%%invoke hell", ["%%invoke hello"]),
        ("%invoke hello:", ["%invoke hello:LIVE", "%invoke hello:2", "%invoke hello:1"]),
        ("%invoke hello:L", ["%invoke hello:LIVE"]),
        ("%alias hello:LI", ["%alias hello:LIVE"]),
        ("%alias hello:LIVE 1", ["%alias hello:LIVE 1"]),
        ("%logs hello:1", ["%logs hello:1"]),
        ("%invoke hello --cou", ["%invoke hello --count"]),
        ("%invoke hello --qualifier L", ["%invoke hello --qualifier LIVE"]),
        ("%%lambda hello --time", ["%%lambda hello --timeout"]),
        ("%event sqs/f", ["%event sqs/fifo"]),
        ("%event s3/put buc", ["%event s3/put bucket="]),
        ("%invoke hello --event ses", ["%invoke hello --event ses/receiving"]),
        ("%invoke hello:LIVE --con", ["%invoke hello:LIVE --concurrency"]),
    ],
)
def test_completes(functions: Notebook, text: str, expected: list[str]) -> None:
    assert completed(functions, text) == expected


def test_other_lines_are_completed_as_ever(functions: Notebook) -> None:
    functions.run("hello_world = 1")
    assert "hello_world" in completed(functions, "hello_w")
    assert "%invoke hello hello_world" in completed(functions, "%invoke hello hello_w")


@pytest.mark.parametrize("text", ["%invoke nope:", "%invoke what?:", "%invoke :"])
def test_a_function_that_is_not_there_has_no_qualifiers(functions: Notebook, text: str) -> None:
    assert not any("LIVE" in line for line in completed(functions, text))
