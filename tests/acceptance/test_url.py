"""%url, and %invoke --stream."""

import json
import urllib.request

import pytest

from lambda_magic.magics.url import FunctionUrl

from .conftest import Notebook

STREAMING = """%%lambda counter
def handler(event, context):
    for number in range(event["count"]):
        yield f"number {number}, "
    yield "é".encode()[:1]
    yield "é".encode()[1:]
    assert not event.get("fail"), "as it was told to"
"""


def statements(notebook: Notebook, **names: str) -> set[str]:
    client = notebook.client()
    try:
        policy = client.get_policy(FunctionName="hello", **names)["Policy"]
    except client.exceptions.ResourceNotFoundException:
        return set()
    return {one["Action"] for one in json.loads(policy)["Statement"]}


PUBLIC = {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}


def test_a_url_is_made_shown_changed_and_deleted(hello: Notebook) -> None:
    made: FunctionUrl = hello.run("%url hello")
    assert made.configuration["AuthType"] == "NONE"
    assert statements(hello) == PUBLIC
    assert made.path_url is None
    assert "%endpoint start" in str(made)
    assert hello.run("%url hello").url == made.url

    changed = hello.run("%url hello --auth iam --invoke-mode stream --cors https://a.example")
    assert changed.url == made.url
    assert changed.configuration["AuthType"] == "AWS_IAM"
    assert changed.configuration["InvokeMode"] == "RESPONSE_STREAM"
    assert changed.configuration["Cors"]["AllowOrigins"] == ["https://a.example"]
    assert statements(hello) == set()
    assert "Cors" not in hello.run("%url hello --cors none").configuration

    assert hello.run("%url -d hello") is None
    assert hello.error("%url -d hello").startswith("ResourceNotFoundException")


def test_an_alias_has_its_own(hello: Notebook) -> None:
    hello.run("%alias hello:LIVE 1")
    made = hello.run("%url hello:LIVE")
    assert made.configuration["FunctionArn"].endswith(":hello:LIVE")
    assert statements(hello) == set()
    assert statements(hello, Qualifier="LIVE") == PUBLIC
    hello.run("%url -d hello:LIVE")
    assert statements(hello, Qualifier="LIVE") == set()


def test_the_endpoint_serves_it(hello: Notebook) -> None:
    hello.run("%endpoint start --port 0")
    made: FunctionUrl = hello.run("%url hello")
    assert made.url.endswith(f".localhost:{made.url.rpartition(':')[2]}")
    assert f'<a href="{made.url}"' in made._repr_html_()
    assert made.path_url is not None
    assert made.path_url in str(made)
    with urllib.request.urlopen(made.path_url) as response:
        assert json.load(response) == {"greeting": "hi there"}
    hello.run("%endpoint stop")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%url nope", "ResourceNotFoundException: Function does not exist"),
        ("%url hello:1", "ValidationException: "),
        ("%url hello --auth maybe", "UsageError: argument --auth: invalid choice"),
        ("%url", "UsageError: the following arguments are required"),
    ],
)
def test_mistakes_are_one_line(hello: Notebook, line: str, message: str) -> None:
    assert hello.error(line).startswith(message)


def test_a_response_is_shown_as_it_arrives(notebook: Notebook) -> None:
    notebook.run(STREAMING)
    shown = notebook.output('result = %invoke counter --stream {"count": 2}')
    assert shown == "number 0, number 1, é\n"
    result = notebook.run("result")
    assert (result.function_error, result.payload) == (None, None)
    assert result.report.duration_ms > 0


def test_an_error_is_shown_after_what_came_before_it(notebook: Notebook) -> None:
    notebook.run(STREAMING)
    shown = notebook.output('result = %invoke counter --stream {"count": 1, "fail": 1}\nresult')
    assert shown.startswith("number 0, é\n")
    result = notebook.run("result")
    assert (result.error_type, result.error_message) == ("AssertionError", "as it was told to")


def test_what_is_not_streamed_is_shown_too(hello: Notebook) -> None:
    shown = hello.output("result = %invoke hello --stream")
    assert '{"greeting": "hi there"}' in shown
    assert "--count" in hello.error("%invoke hello --stream --count 2")


def test_a_stream_that_is_interrupted_goes_on_elsewhere(notebook: Notebook) -> None:
    notebook.run(STREAMING)
    code = """
import lambda_magic
response = lambda_magic.function("counter").stream({"count": 3})
first = next(iter(response))
response.close()
"""
    notebook.run(code)
    assert notebook.run("first") == b"number 0, "
    assert notebook.run("response.result.function_error") is None
