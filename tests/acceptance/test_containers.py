"""Containers, as one types them."""

from collections.abc import Iterator

import pytest

from lambda_magic import cli, default_region
from lambda_magic.environments.container_owner import FUNCTION_LABEL
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.interpreters import OWN_RUNTIME

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


DOCKERFILE = """%%lambda imaged --dockerfile --timeout 30
FROM lambda-magic/python:{version}
ENV GREETING=hi
COPY app.py ${{LAMBDA_TASK_ROOT}}/
CMD ["app.handler"]
# %% app.py
import os

def handler(event, context):
    return [os.environ["GREETING"], {answer}]

def other(event, context):
    return "other"
"""
VERSION = OWN_RUNTIME.removeprefix("python")


@pytest.fixture
def images(notebook: Notebook, container_engine: Engine) -> Iterator[Notebook]:
    """A notebook whose cells may build images; they are removed afterwards."""
    notebook.run("%runtime build")
    yield notebook
    default_region.close()
    for image in container_engine.images(f"{FUNCTION_LABEL}=imaged"):
        container_engine.remove_image(image.image_id)


def test_a_cell_is_a_dockerfile_with_its_files(images: Notebook) -> None:
    deployed = images.run(DOCKERFILE.format(version=VERSION, answer=1))
    assert deployed.outcome == "created"
    assert images.run("%invoke imaged").payload == ["hi", 1]
    again = images.run(DOCKERFILE.format(version=VERSION, answer=1))
    assert (again.outcome, again.version) == ("unchanged", "1")
    changed = images.run(DOCKERFILE.format(version=VERSION, answer=2))
    assert (changed.outcome, changed.version) == ("updated", "2")
    assert images.run("%invoke imaged").payload == ["hi", 2]
    assert images.run("%invoke imaged:1").payload == ["hi", 1]
    assert "Image" in str(images.run("%functions"))


def test_an_image_by_its_name_and_how_it_is_run(images: Notebook) -> None:
    images.run(DOCKERFILE.format(version=VERSION, answer=1))
    uri = images.client().get_function(FunctionName="imaged")["Code"]["ImageUri"]
    images.run(f'%%lambda named --image {uri}\n# the other one of its handlers\nCMD ["app.other"]')
    assert images.run("%invoke named").payload == "other"
    deployed = images.run(f"%%lambda named --image {uri}\n# as it is")
    assert deployed.outcome == "updated"
    assert images.run("%invoke named").payload == ["hi", 1]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("--dockerfile --handler f\nFROM x", "UsageError: --handler is for deployment packages"),
        ("--dockerfile --image x\nFROM x", "UsageError: --image and --dockerfile are two ways"),
        ("--image x --environment subprocess\n#", "UsageError: an image runs in a container"),
        ("--image localhost:1/no\n#", "Source image localhost:1/no does not exist."),
        ("--image x\nRUN rm", "InvalidParameterValueException: 'RUN rm'"),
        ("--dockerfile\nCOPY a b", "InvalidParameterValueException: The cell has no Dockerfile"),
        ("--dockerfile\nFROM localhost:1/no", "ServiceException: "),
    ],
)
def test_what_is_no_image_makes_no_function(
    notebook: Notebook, container_engine: Engine, cell: str, message: str
) -> None:
    assert message in notebook.error(f"%%lambda nothing {cell}")
    assert notebook.client().list_functions()["Functions"] == []


def test_runtimes_are_listed_and_built(notebook: Notebook, container_engine: Engine) -> None:
    notebook.run("%runtime build")
    rows = notebook.run("%runtime")
    (own,) = (row for row in rows if row["Runtime"] == OWN_RUNTIME)
    assert own["Image"] == f"lambda-magic/python:{VERSION}"
    assert own["Size (MB)"] > 10
    assert "python9.9" in notebook.error("%runtime build python9.9")


def test_runtimes_are_listed_without_an_engine(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    rows = notebook.run("%runtime")
    assert OWN_RUNTIME in [row["Runtime"] for row in rows]
    assert "No container engine answers" in str(rows)
    assert "No container engine answers" in notebook.error("%runtime build")


def test_the_command_line_builds_and_lists_images(
    container_engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["image", "build"]) == 0
    assert f"lambda-magic/python:{VERSION}: " in capsys.readouterr().err
    assert cli.main(["image", "list"]) == 0
    assert f"{OWN_RUNTIME}  lambda-magic/python:{VERSION}" in capsys.readouterr().out


def test_the_command_line_says_how_to_get_an_engine(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    assert cli.main(["image", "build"]) == 1
    assert "No container engine answers" in capsys.readouterr().err
