import socket
from typing import Any

import boto3

from lambda_magic import default_region

from .conftest import Notebook


def client(url: str) -> Any:
    return boto3.client(
        "lambda",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )


def test_what_the_notebook_has_is_served(hello: Notebook) -> None:
    endpoint = hello.run("%endpoint start --port 0")
    served = client(endpoint.url)
    assert served.list_functions()["Functions"][0]["FunctionName"] == "hello"
    answer = served.invoke(FunctionName="hello", Payload=b'{"name": "Ada"}')
    assert answer["Payload"].read() == b'{"greeting": "hi Ada"}'
    served.close()
    assert hello.run("%endpoint") is endpoint
    assert hello.run("%endpoint start --port 0") is endpoint
    assert hello.run("%endpoint stop") is endpoint
    assert not endpoint.is_serving


def test_it_says_how_to_use_it(notebook: Notebook) -> None:
    shown = notebook.output("%endpoint start --port 0")
    assert "Lambda's API at http://127.0.0.1:" in shown
    assert "Any credentials are accepted: only this machine can connect." in shown
    assert "no longer served" in notebook.output("%endpoint stop")


def test_nothing_is_served_at_first(notebook: Notebook) -> None:
    assert notebook.output("%endpoint") == "Nothing is served; %endpoint start does.\n"
    assert notebook.output("%endpoint stop") == "Nothing is served; %endpoint start does.\n"


def test_unloading_stops_it(notebook: Notebook) -> None:
    endpoint = notebook.run("%endpoint start --port 0")
    notebook.run("%unload_ext lambda_magic")
    assert not endpoint.is_serving


def test_closing_the_region_stops_it(notebook: Notebook) -> None:
    endpoint = notebook.run("%endpoint start --port 0")
    default_region.close()
    assert not endpoint.is_serving
    again = notebook.run("%endpoint start --port 0")
    assert again.is_serving
    assert again is not endpoint


def test_mistakes(notebook: Notebook) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = notebook.error(f"%endpoint start --port {port}")
        assert f"Port {port}: Address already in use" in line
    assert "'many' is not a port" in notebook.error("%endpoint start --port many")
    assert "invalid choice: 'now'" in notebook.error("%endpoint now")
    notebook.run("%endpoint start --port 0")
    assert "%endpoint stop comes first" in notebook.error(f"%endpoint start --port {port}")


def test_help(notebook: Notebook) -> None:
    shown = notebook.output("%endpoint -h")
    assert "usage: %endpoint" in shown
    assert "%endpoint start --port 9001" in shown
