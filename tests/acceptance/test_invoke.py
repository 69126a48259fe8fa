import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from lambda_magic import default_region
from lambda_magic.monitoring.events import Event, Start

from .conftest import Notebook

BROKEN = """%%lambda broken
def divide(a, b):
    return a / b


def handler(event, context):
    return divide(event["a"], event["b"])
"""

SLEEPY = """%%lambda sleepy
import time

def handler(event, context):
    time.sleep(event)
"""


@pytest.mark.parametrize("cell", ["%invoke -h", "%%invoke --help\nanything"])
def test_help(notebook: Notebook, cell: str) -> None:
    assert notebook.output(cell).startswith("usage: %invoke NAME[:QUALIFIER]")


def test_cold_then_warm(hello: Notebook) -> None:
    cold = hello.run('%invoke hello {"name": "Ada"}')
    assert cold.payload == {"greeting": "hi Ada"}
    assert (cold.status_code, cold.function_error, cold.executed_version) == (200, None, "$LATEST")
    assert cold.report.init_duration_ms > 0
    assert hello.run('%invoke hello {"name": "Ada"}').report.init_duration_ms is None


def test_can_be_assigned(hello: Notebook) -> None:
    hello.run('r = %invoke hello {"name": "Ada"}')
    assert hello.run("r.payload") == {"greeting": "hi Ada"}
    assert "working on {'name': 'Ada'}" in hello.run("r.logs")


def test_a_variable_is_a_payload(hello: Notebook) -> None:
    hello.run("event = {'name': 'Grace'}\nname = 'Linus'")
    assert hello.run("%invoke hello event").payload == {"greeting": "hi Grace"}
    assert hello.run("%invoke hello {'name': name.upper()}").payload == {"greeting": "hi LINUS"}


def test_nothing_is_expanded_in_a_payload(hello: Notebook) -> None:
    hello.run("name = 'nobody'")
    result = hello.run('%invoke hello {"name": "{name} $name"}')
    assert result.payload == {"greeting": "hi {name} $name"}


def test_a_file_is_a_payload(hello: Notebook) -> None:
    Path("event.json").write_text('{"name": "File"}')
    assert hello.run("%invoke hello @event.json").payload == {"greeting": "hi File"}


def test_a_cell_is_a_payload(hello: Notebook) -> None:
    result = hello.run('%%invoke hello --log none\n{\n  "name": "Cell"\n}\n')
    assert result.payload == {"greeting": "hi Cell"}
    hello.run("event = {'name': 'Variable'}")
    assert hello.run("%%invoke hello\nevent").payload == {"greeting": "hi Variable"}


def test_a_qualifier_says_which_version(hello: Notebook) -> None:
    assert hello.run("%invoke hello:1").executed_version == "1"
    assert hello.run("%invoke hello --qualifier 1").executed_version == "1"
    assert hello.run("%invoke --qualifier 1 hello:1").executed_version == "1"
    assert "give one of them" in hello.error("%invoke hello:1 --qualifier 2")


def test_an_arn_says_which_function(hello: Notebook) -> None:
    arn = hello.client().get_function_configuration(FunctionName="hello:1")["FunctionArn"]
    assert hello.run(f"%invoke {arn}").executed_version == "1"


def test_a_semicolon_keeps_it_quiet(hello: Notebook) -> None:
    assert hello.output('%invoke hello {"name": "Ada"};') == ""


def test_the_log_can_be_printed_or_left_out(hello: Notebook) -> None:
    shown = hello.output("%invoke hello --log tail")
    assert shown.startswith("INIT_START") or shown.startswith("START RequestId")
    assert "REPORT RequestId" in shown
    without = hello.run("%invoke hello --log none")
    assert without.logs == ""
    assert without.report.duration_ms > 0


def test_a_function_error_is_shown_with_the_cells_own_lines(notebook: Notebook) -> None:
    notebook.run(BROKEN)
    shown = notebook.output('%invoke broken {"a": 1, "b": 0}')
    assert "ZeroDivisionError: division by zero" in shown
    assert "lambda_function.py, line 2" in shown
    assert "--> 2     return a / b" in shown
    assert "runtime" not in shown.lower()
    result = notebook.run('%invoke broken {"a": 1, "b": 0}')
    assert "return a / b" in result._repr_html_()
    assert (result.status_code, result.function_error) == (200, "Unhandled")
    assert notebook.run('%invoke broken {"a": 1, "b": 2}').payload == 0.5


def test_the_source_shown_is_that_of_the_version_that_ran(notebook: Notebook) -> None:
    notebook.run(BROKEN)
    notebook.run(BROKEN.replace("a / b", "a // b"))
    assert "--> 2     return a / b" in notebook.output('%invoke broken:1 {"a": 1, "b": 0}')
    assert "--> 2     return a // b" in notebook.output('%invoke broken:2 {"a": 1, "b": 0}')


def test_an_error_while_the_module_is_imported_points_at_the_cell(notebook: Notebook) -> None:
    notebook.run("%%lambda hello\nx = 1\nimport nosuchthing\ndef handler(event, context): ...\n")
    shown = notebook.output("%invoke hello")
    assert "Runtime.ImportModuleError" in shown
    assert "No module named 'nosuchthing'" in shown


def test_a_timeout_is_a_result(notebook: Notebook) -> None:
    notebook.run(SLEEPY.replace("sleepy", "sleepy --timeout 1"))
    result = notebook.run("%invoke sleepy 60")
    assert result.error_type == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in str(result)
    assert notebook.run("%invoke sleepy 0").function_error is None


def test_many_invocations_are_a_report(hello: Notebook) -> None:
    report = hello.run('%invoke hello --count 20 --concurrency 2 {"name": "Ada"}')
    assert len(report) == 20
    assert report.versions == {"$LATEST": 20}
    assert 1 <= report.cold_starts <= 2
    assert all(result.payload == {"greeting": "hi Ada"} for result in report)
    assert "20 invocations in" in hello.output("%invoke hello --count 20")


def test_a_load_may_last_for_a_time_at_a_rate(hello: Notebook) -> None:
    report = hello.run('%invoke hello --rate 50/s --duration 0.5s {"name": "Ada"}')
    assert str(report.plan) == "50/s, for 0.5 s"
    assert 1 <= len(report) <= 25
    assert report.environments.total() == len(report)


def test_a_load_from_python_is_compared_and_exported(hello: Notebook) -> None:
    hello.run("import lambda_magic\nhello = lambda_magic.function('hello')")
    hello.run("one = hello.load({'name': 'Ada'}, count=4)")
    hello.run("many = hello.load({'name': 'Ada'}, count=8, concurrency=4)")
    assert "Per second" in hello.output("one | many")
    assert hello.run("one.to_dataframe().shape") == (4, 14)
    assert hello.run("len(many.plot().axes)") == 2


def test_an_interrupted_load_returns_what_there_is(notebook: Notebook) -> None:
    notebook.run(SLEEPY.replace("sleepy", "sleepy --timeout 30"))
    notebook.run(
        "import lambda_magic, itertools\n"
        "sleepy, answers = lambda_magic.function('sleepy'), itertools.count(1)\n"
        "def stop_after_three():\n"
        "    if next(answers) == 3: raise KeyboardInterrupt\n"
        "report = sleepy.load(0, count=50, concurrency=2, progress=stop_after_three)"
    )
    assert notebook.run("len(report), report.was_interrupted") == (3, True)
    assert "interrupted with " in notebook.output("report")
    assert notebook.run("%invoke sleepy 0").function_error is None


def test_the_stop_button_ends_a_load_that_waits(notebook: Notebook) -> None:
    notebook.run(SLEEPY.replace("sleepy", "sleepy --timeout 60"))
    # As a kernel has it; where tests run in the background it may be ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    begun = []

    def stop(events: Sequence[Event]) -> None:
        if not begun and any(isinstance(event, Start) for event in events):
            begun.append(1)
            os.kill(os.getpid(), signal.SIGINT)

    unsubscribe = default_region.get().subscribe(stop)
    report = notebook.run("report = %invoke sleepy --count 5 60\nreport")
    unsubscribe()
    signal.signal(signal.SIGINT, before)
    assert (len(report), report.was_interrupted, report.in_flight) == (0, True, 1)
    assert "interrupted with 1 in flight" in str(report)


def test_a_load_shows_where_it_failed(notebook: Notebook) -> None:
    notebook.run(BROKEN)
    report = notebook.run('%invoke broken --count 3 {"a": 1, "b": 0}')
    assert report.errors == {"ZeroDivisionError": 3}
    assert "lambda_function.py, line 2" in report._repr_html_()


def test_throttles_are_part_of_a_report(notebook: Notebook) -> None:
    notebook.run(SLEEPY)
    notebook.run("%concurrency sleepy --reserved 1")
    report = notebook.run("%invoke sleepy --count 4 --concurrency 4 0.5")
    assert report.throttles == {"ReservedFunctionConcurrentInvocationLimitExceeded": 3}
    assert len(report.versions) == 1


def test_a_throttle_alone_is_an_error_of_aws(notebook: Notebook) -> None:
    notebook.run(SLEEPY)
    notebook.run("%concurrency sleepy --reserved 0")
    assert notebook.error("%invoke sleepy 0") == (
        "TooManyRequestsException: Rate Exceeded. "
        "(ReservedFunctionConcurrentInvocationLimitExceeded)"
    )


def test_dry_run_runs_nothing(hello: Notebook) -> None:
    result = hello.run("%invoke hello --dry-run")
    assert result.status_code == 204
    assert hello.run("%logs hello") == ""


def test_async_answers_what_the_service_answers(hello: Notebook) -> None:
    answered = hello.client().invoke(FunctionName="hello", InvocationType="Event")
    assert (answered["StatusCode"], answered["Payload"].read()) == (202, b"")

    accepted = hello.run('%invoke hello --async {"name": "Ada"}')
    assert accepted.status_code == 202
    result = accepted.wait(timeout=30)
    assert result.payload == {"greeting": "hi Ada"}
    assert result.request_id == accepted.request_id
    assert "hello  202  Success, 1 attempt" in str(accepted)
    assert "Success" in accepted._repr_html_()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nope", "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:"),
        ("nope --count 3", "ResourceNotFoundException: Function not found: arn:aws:lambda:"),
        ("nope --dry-run", "ResourceNotFoundException: Function not found: arn:aws:lambda:"),
        ("hello:7", "ResourceNotFoundException: "),
        ("hello:NOPE", "ResourceNotFoundException: "),
        ("", "UsageError: the following arguments are required: NAME[:QUALIFIER]"),
        ("hello --nope", "UsageError: unrecognized arguments: --nope"),
        ("hello --count 0", "UsageError: argument --count: '0' is not a positive number"),
        ("hello --rate 5", "UsageError: --concurrency and --rate are of a load"),
        ("hello --count 5 --async", "UsageError: --count and --duration do not go with"),
        ("hello --count 5 --rate often", "UsageError: argument --rate: 'often' is no rate"),
        ("hello --duration 0s", "UsageError: argument --duration: a load must last longer"),
        ("hello --duration 5", "UsageError: argument --duration: '5' is no span of time"),
        ("hello --async --dry-run", "UsageError: argument --dry-run: not allowed with"),
        ("hello {name: Ada}", "UsageError: the payload"),
        ("hello missing", "UsageError: the payload missing: NameError"),
        ("hello @missing.json", "UsageError: @missing.json: No such file or directory"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(hello: Notebook, line: str, message: str) -> None:
    assert hello.error(f"%invoke {line}").startswith(message)


def test_the_cell_magic_takes_its_payload_from_the_cell_only(hello: Notebook) -> None:
    assert "takes its payload from the cell" in hello.error("%%invoke hello {}\n{}")


def test_an_error_of_aws_can_be_caught(hello: Notebook) -> None:
    code = hello.run(
        "import lambda_magic.core.errors as errors\n"
        "try:\n"
        "    %invoke nope\n"
        "except errors.ResourceNotFoundException as error:\n"
        "    code = error.code\n"
        "code"
    )
    assert code == "ResourceNotFoundException"


def test_an_error_of_the_client_can_be_caught(hello: Notebook) -> None:
    code = hello.run(
        "from botocore.exceptions import ClientError\n"
        "try:\n"
        "    %alias hello:LIVE 7\n"
        "except ClientError as error:\n"
        "    code = error.response['Error']['Code']\n"
        "code"
    )
    assert code == "ResourceNotFoundException"


def test_what_comes_back_is_json(hello: Notebook) -> None:
    result = hello.run('%invoke hello {"name": "Ada"}')
    assert json.loads(result.payload_bytes) == {"greeting": "hi Ada"}
