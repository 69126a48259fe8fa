import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from .conftest import HELLO, Notebook

#: Takes an event and gives it back.
ECHO = "def handler(event, context):\n    return event\n"


def configuration(notebook: Notebook, name: str = "hello", **request: Any) -> dict[str, Any]:
    answer: dict[str, Any] = notebook.client().get_function_configuration(
        FunctionName=name, **request
    )
    return answer


def package(notebook: Notebook, name: str = "hello") -> zipfile.ZipFile:
    """The zip of a function, downloaded from where the API says it is."""
    location = notebook.client().get_function(FunctionName=name)["Code"]["Location"]
    return zipfile.ZipFile(io.BytesIO(Path(location.removeprefix("file://")).read_bytes()))


def test_help(notebook: Notebook) -> None:
    shown = notebook.output("%%lambda -h\nanything")
    assert shown.startswith("usage: %%lambda")
    assert "--memory MB" in shown
    assert list(notebook.run("%functions")) == []


def test_a_cell_becomes_version_1(notebook: Notebook) -> None:
    deployed = notebook.run(HELLO)
    assert repr(deployed) == "<DeployedFunction hello:1 [created]>"
    answered = configuration(notebook, Qualifier="1")
    assert answered["State"] == "Active"
    assert answered["Handler"] == "lambda_function.handler"
    assert deployed.arn == answered["FunctionArn"]
    assert deployed.arn.endswith(":function:hello:1")


def test_shows_what_was_published(notebook: Notebook) -> None:
    shown = notebook.output(HELLO)
    for expected in ("hello:1", "lambda_function.handler", "CodeSha256", "arn:aws:lambda:"):
        assert expected in shown
    assert "arn:aws:lambda:" in notebook.run(HELLO)._repr_html_()


def test_the_cell_is_written_verbatim(notebook: Notebook) -> None:
    body = '\n# ä\ntext = """a\n  b"""\ndef handler(event, context):\n\treturn text\n'
    notebook.run(f"%%lambda hello\n{body}")
    assert package(notebook).read("lambda_function.py").decode() == body
    assert notebook.run("%invoke hello").payload == "a\n  b"


def test_an_unchanged_cell_publishes_nothing(hello: Notebook) -> None:
    assert repr(hello.run(HELLO)) == "<DeployedFunction hello:1 [unchanged]>"


def test_a_changed_cell_is_the_next_version(hello: Notebook) -> None:
    deployed = hello.run(HELLO.replace("hi", "hello"))
    assert repr(deployed) == "<DeployedFunction hello:2 [updated]>"
    assert hello.run('%invoke hello:1 {"name": "Ada"}').payload == {"greeting": "hi Ada"}
    assert hello.run('%invoke hello:2 {"name": "Ada"}').payload == {"greeting": "hello Ada"}


def test_a_changed_option_is_the_next_version(hello: Notebook) -> None:
    assert hello.run(HELLO.replace("hello", "hello --memory 256", 1)).version == "2"
    assert configuration(hello, Qualifier="1")["MemorySize"] == 128
    assert configuration(hello, Qualifier="2")["MemorySize"] == 256


def test_options_become_the_configuration(notebook: Notebook) -> None:
    notebook.run(
        "%%lambda hello --memory 512 --timeout 9 --env ONE=1 --env 'TWO=x y=z' --handler other "
        "--ephemeral-storage 1024 --description 'what it does' "
        "--role arn:aws:iam::123456789012:role/mine\n"
        "import os\n"
        "def other(event, context):\n"
        "    return [os.environ['ONE'], os.environ['TWO'], context.memory_limit_in_mb]\n"
    )
    answered = configuration(notebook, Qualifier="1")
    assert answered["MemorySize"] == 512
    assert answered["Timeout"] == 9
    assert answered["Environment"] == {"Variables": {"ONE": "1", "TWO": "x y=z"}}
    assert answered["Handler"] == "lambda_function.other"
    assert answered["EphemeralStorage"] == {"Size": 1024}
    assert answered["Description"] == "what it does"
    assert answered["Role"] == "arn:aws:iam::123456789012:role/mine"
    assert notebook.run("%invoke hello").payload == ["1", "x y=z", "512"]


def test_what_a_cell_leaves_out_goes_back_to_the_default(notebook: Notebook) -> None:
    notebook.run(f"%%lambda hello --memory 512 --env ONE=1\n{ECHO}")
    notebook.run(f"%%lambda hello\n{ECHO}")
    answered = configuration(notebook)
    assert answered["MemorySize"] == 128
    assert "Environment" not in answered or not answered["Environment"]["Variables"]


def test_alias_points_to_the_new_version(notebook: Notebook) -> None:
    cell = HELLO.replace("hello", "hello --alias LIVE", 1)
    assert repr(notebook.run(cell)) == "<DeployedFunction hello:1 [created, LIVE points to it]>"
    notebook.run("%alias hello:LIVE 1")
    notebook.run(cell.replace("hi", "hello"))
    alias = notebook.client().get_alias(FunctionName="hello", Name="LIVE")
    assert alias["FunctionVersion"] == "2"
    assert notebook.run("%invoke hello:LIVE").payload == {"greeting": "hello there"}


def test_alias_takes_all_the_traffic_along(notebook: Notebook) -> None:
    cell = HELLO.replace("hello", "hello --alias LIVE", 1)
    notebook.run(cell)
    notebook.run(cell.replace("hi", "hello"))
    notebook.run("%alias hello:LIVE 1 --route 2=0.5")
    notebook.run(cell.replace("hi", "hey"))
    alias = notebook.client().get_alias(FunctionName="hello", Name="LIVE")
    assert alias["FunctionVersion"] == "3"
    assert not alias.get("RoutingConfig", {}).get("AdditionalVersionWeights")


def test_no_publish_changes_latest_only(hello: Notebook) -> None:
    cell = HELLO.replace("hello", "hello --no-publish", 1).replace("hi", "hello")
    assert repr(hello.run(cell)) == "<DeployedFunction hello:$LATEST [updated]>"
    assert hello.run("%invoke hello:1").payload == {"greeting": "hi there"}
    assert hello.run("%invoke hello").payload == {"greeting": "hello there"}
    published = hello.run(HELLO.replace("hi", "hello"))
    assert repr(published) == "<DeployedFunction hello:2 [published]>"


def test_captured_objects_are_globals_of_the_function(notebook: Notebook) -> None:
    notebook.run("limit = 3\ndef double(x):\n    return x * factor\nfactor = 2")
    notebook.run(
        "%%lambda hello --with limit,double\n"
        "assert limit == 3  # already while the module is imported\n"
        "def handler(event, context):\n"
        "    return [double(event), limit, __file__]\n"
    )
    assert notebook.run("%invoke hello 21").payload == [42, 3, "/var/task/lambda_function.py"]


def test_line_numbers_with_captured_objects_are_the_cells_own(notebook: Notebook) -> None:
    notebook.run("limit = 3")
    notebook.run("%%lambda hello --with limit\n\ndef handler(event, context):\n    1 / 0\n")
    result = notebook.run("%invoke hello")
    assert result.excerpt.line == 3
    assert "1 / 0" in notebook.output("%invoke hello")


def test_requirements_go_into_the_package(notebook: Notebook, tmp_path: Path) -> None:
    wheel = tmp_path / "greeting-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("greeting.py", "WORD = 'hello'")
        info = "greeting-1.0.dist-info"
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{info}/RECORD", "greeting.py,,\n")
    shown = notebook.output(
        f"%%lambda hello --requirements {wheel}\n"
        "import greeting\n"
        "def handler(event, context):\n"
        "    return greeting.WORD\n"
    )
    assert "Installing requirements" in shown
    assert "greeting.py" in package(notebook).namelist()
    assert notebook.run("%invoke hello").payload == "hello"


REFUSED = [
    ("", "def handler(:", "InvalidParameterValueException: The cell does not compile: line 1"),
    ("", "x = 1", "InvalidParameterValueException: The cell has no handler"),
    ("", "async def handler(event, context): ...", "is async"),
    ("--handler nope", ECHO, "does not define the handler 'nope'"),
    ("--runtime cobol85", ECHO, "The runtime cobol85 cannot run as a subprocess"),
    ("--runtime python3.2", ECHO, "The runtime python3.2 needs Python 3.2"),
    ("--memory lots", ECHO, "argument --memory: invalid int value: 'lots'"),
    ("--memory 64", ECHO, "parameter MemorySize, value: 64, valid min value: 128"),
    ("--memory 0", ECHO, "parameter MemorySize, value: 0, valid min value: 128"),
    ("--memory 40000", ECHO, "'memorySize' failed to satisfy constraint"),
    ("--timeout 901", ECHO, "'timeout' failed to satisfy constraint"),
    ("--ephemeral-storage 100", ECHO, "EphemeralStorage.Size, value: 100, valid min value: 512"),
    ("--env A", ECHO, "UsageError: --env A: write NAME=VALUE"),
    ("--env A=1", ECHO, "'environment.variables' failed to satisfy constraint"),
    ("--env AWS_REGION=x", ECHO, "AWS_REGION"),
    ("--nope", ECHO, "UsageError: unrecognized arguments: --nope"),
    ("--network none", ECHO, "--network goes with --environment container"),
    ("--environment vm", ECHO, "UsageError: argument --environment: invalid choice"),
    ("--alias 12", ECHO, "'12' is no name of an alias"),
    ("--alias A --no-publish", ECHO, "leave --no-publish out"),
    ("--with missing", ECHO, "--with missing: the notebook has no variable of this name"),
    ("--with get_ipython", ECHO, "--with get_ipython: "),
    ("--requirements no/such.txt", ECHO, "there is no such file"),
    ("--role nobody", ECHO, "'role' failed to satisfy constraint"),
]


@pytest.mark.parametrize(("options", "body", "message"), REFUSED)
def test_what_is_refused_changes_nothing_and_says_why_in_one_line(
    hello: Notebook, options: str, body: str, message: str
) -> None:
    before = configuration(hello)
    shown = hello.error(f"%%lambda hello {options}\n{body}")
    assert message in shown
    after = configuration(hello)
    assert {**after, "ResponseMetadata": None} == {**before, "ResponseMetadata": None}
    assert len(hello.run("%versions hello")) == 2


@pytest.mark.parametrize(("options", "body", "message"), REFUSED)
def test_what_is_refused_makes_no_function_either(
    notebook: Notebook, options: str, body: str, message: str
) -> None:
    assert message in notebook.error(f"%%lambda new {options}\n{body}")
    assert list(notebook.run("%functions")) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "the following arguments are required: NAME"),
        ("hello:1", "UsageError: hello:1: give the function's name alone, hello"),
        ("what?", "ValidationException"),
    ],
)
def test_a_name_that_is_none_is_refused(notebook: Notebook, name: str, message: str) -> None:
    assert message in notebook.error(f"%%lambda {name}\n{ECHO}")


def test_an_error_can_be_caught(notebook: Notebook) -> None:
    caught = notebook.run(
        "from lambda_magic.core.errors import InvalidParameterValueException\n"
        "try:\n"
        "    get_ipython().run_cell_magic('lambda', 'hello', 'x = 1')\n"
        "except InvalidParameterValueException as error:\n"
        "    caught = error.code\n"
        "caught"
    )
    assert caught == "InvalidParameterValueException"
