"""From `_HANDLER` to a callable, and AWS's errors where there is none."""

import sys

import pytest

from lambda_magic.runtimes.python import handler
from lambda_magic.runtimes.python.faults import Fault, error_document, error_text


@pytest.fixture
def modules(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_handler_may_lie_in_a_package(modules):
    (modules / "handler_package").mkdir()
    (modules / "handler_package" / "module.py").write_text("def run(event, context): return 7\n")
    assert handler.load("handler_package/module.run")(None, None) == 7
    assert handler.load("handler_package.module.run")(None, None) == 7


@pytest.mark.parametrize(
    ("name", "source", "error_type", "message"),
    [
        (
            "nodot",
            "",
            "Runtime.MalformedHandlerName",
            "Bad handler 'nodot': not enough values to unpack (expected 2, got 1)",
        ),
        (
            "handler_missing.run",
            None,
            "Runtime.ImportModuleError",
            "Unable to import module 'handler_missing': No module named 'handler_missing'",
        ),
        (
            "handler_app.run",
            "import handler_nowhere",
            "Runtime.ImportModuleError",
            "Unable to import module 'handler_app': No module named 'handler_nowhere'",
        ),
        (
            "handler_app.run",
            "x = 1",
            "Runtime.HandlerNotFound",
            "Handler 'run' missing on module 'handler_app'",
        ),
        (
            "sys.run",
            "",
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module sys as a handler module",
        ),
        (
            "handler_app.run",
            "def f(:\n",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'handler_app': invalid syntax (handler_app.py, line 1)",
        ),
    ],
)
def test_what_cannot_be_loaded_is_a_fault_in_aws_s_words(
    modules, name, source, error_type, message
):
    if source is not None:
        (modules / "handler_app.py").write_text(source)
    with pytest.raises(Fault) as raised:
        handler.load(name)
    document = error_document(raised.value)
    assert (document["errorType"], document["errorMessage"]) == (error_type, message)
    assert document["requestId"] == ""
    if error_type == "Runtime.UserCodeSyntaxError":
        (trace,) = document["stackTrace"]
        assert trace == f'  File "{modules / "handler_app.py"}" Line 1\n    def f(:\n'
    else:
        assert document["stackTrace"] == []


def test_another_error_at_import_is_the_function_s_own(modules):
    (modules / "handler_app.py").write_text("1 / 0\n")
    with pytest.raises(ZeroDivisionError) as raised:
        handler.load("handler_app.run")
    frames_of_the_runtime = raised.value.__traceback__.tb_next
    document = error_document(raised.value.with_traceback(frames_of_the_runtime), "some-id")
    assert document["errorType"] == "ZeroDivisionError"
    assert document["errorMessage"] == "division by zero"
    assert document["requestId"] == "some-id"
    assert "runtimes/python/handler.py" not in "".join(document["stackTrace"])
    last = f'  File "{modules / "handler_app.py"}", line 1, in <module>\n    1 / 0\n'
    assert document["stackTrace"][-1] == last


def test_the_log_record_of_an_error_is_indented_with_no_break_spaces():
    document = {
        "errorType": "ValueError",
        "errorMessage": "bad",
        "stackTrace": ['  File "/var/task/app.py", line 2, in handler\n    raise ValueError\n'],
    }
    assert error_text(document) == (
        "[ERROR] ValueError: bad\nTraceback (most recent call last):\n"
        '\u00a0\u00a0File "/var/task/app.py", line 2, in handler\n'
        "\u00a0\u00a0\u00a0\u00a0raise ValueError"
    )
    assert error_text({"errorType": "E", "errorMessage": "", "stackTrace": []}).startswith(
        "[ERROR] E\n"
    )
