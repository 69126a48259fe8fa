"""Containers, as one types them."""

import pytest

from lambda_magic.environments.engine import Engine

from .conftest import Notebook

CELL = "%%lambda hello {}\nimport os\ndef handler(event, context):\n    return os.getuid()"


def test_a_cell_runs_in_a_container_because_it_says_so(
    notebook: Notebook, container_engine: Engine
) -> None:
    notebook.run(CELL.format("--environment container --network none"))
    assert notebook.run("%invoke hello").payload == 993
    arn = notebook.client().get_function_configuration(FunctionName="hello")["FunctionArn"]
    assert notebook.client().list_tags(Resource=arn)["Tags"] == {
        "lambda-magic:environment": "container",
        "lambda-magic:network": "none",
    }


def test_a_cell_that_no_longer_says_so_runs_in_subprocesses_again(
    notebook: Notebook, container_engine: Engine
) -> None:
    notebook.run(CELL.format("--environment container"))
    deployed = notebook.run(CELL.format(""))
    assert deployed.outcome == "updated"
    isolation = "import os; os.path.exists('/.dockerenv')"
    notebook.run(f"%%lambda hello\ndef handler(event, context):\n    {isolation}\n    return 1")
    assert notebook.run("%invoke hello").payload == 1
    assert container_engine.containers(["lambda_magic.function=hello"]) == []


def test_all_functions_run_in_containers_that_do_not_say_otherwise(
    notebook: Notebook, container_engine: Engine
) -> None:
    notebook.run("%config LambdaMagic.environment = 'container'")
    cell = "%%lambda {}\nimport os\ndef handler(event, context):\n    return os.listdir('/')"
    notebook.run(cell.format("inside"))
    notebook.run(cell.format("outside --environment subprocess"))
    assert ".dockerenv" in notebook.run("%invoke inside").payload
    assert ".dockerenv" not in notebook.run("%invoke outside").payload


def test_without_an_engine_one_line_says_how_to_get_one(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    line = notebook.error(CELL.format("--environment container"))
    assert line.startswith("ServiceException: No container engine answers (unix:///nowhere.sock")
    assert "apt-get install docker.io" in line
    assert notebook.client().list_functions()["Functions"] == []
    notebook.run(CELL.format(""))
    assert isinstance(notebook.run("%invoke hello").payload, int)


def test_a_function_says_how_to_get_an_engine_that_has_gone(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook.run(CELL.format(""))
    notebook.client().tag_resource(
        Resource="arn:aws:lambda:us-east-1:123456789012:function:hello",
        Tags={"lambda-magic:environment": "container"},
    )
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    assert "No container engine answers" in notebook.error("%invoke hello")
