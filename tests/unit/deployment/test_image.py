import pytest

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment.image import build_context, image_config, image_name

CELL = """# how to build it
FROM base
COPY . /var/task
# %% app.py
def handler(event, context):
    # %%not a file
    return 1

# %% data/words.txt
one
"""


def test_a_cell_is_a_dockerfile_and_files() -> None:
    assert build_context(CELL) == {
        "Dockerfile": b"# how to build it\nFROM base\nCOPY . /var/task\n",
        "app.py": b"def handler(event, context):\n    # %%not a file\n    return 1\n\n",
        "data/words.txt": b"one\n",
    }


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "Dockerfile", "a/../../b"])
def test_a_file_has_a_name_of_its_own_in_the_context(name: str) -> None:
    with pytest.raises(InvalidParameterValueException, match="no name of another file"):
        build_context(f"FROM base\n# %% {name}\n")


def test_a_dockerfile_begins_with_an_image() -> None:
    with pytest.raises(InvalidParameterValueException, match="begins with FROM"):
        build_context("def handler(event, context): ...\n")


def test_another_context_is_another_name() -> None:
    first, second = build_context("FROM a\n"), build_context("FROM b\n")
    assert image_name("Hello_", first) != image_name("Hello_", second)
    assert image_name("Hello_", first).startswith("lambda-magic/functions/hello:")
    assert image_name("x", first) == image_name("x", dict(first))


@pytest.mark.parametrize(
    ("cell", "config"),
    [
        ("", {}),
        ("# nothing\n\n", {}),
        ('CMD ["app.handler"]', {"Command": ["app.handler"]}),
        ("cmd app.handler", {"Command": ["app.handler"]}),
        (
            'ENTRYPOINT ["/bin/sh", "-c"]\nWORKDIR /a b',
            {"EntryPoint": ["/bin/sh", "-c"], "WorkingDirectory": "/a b"},
        ),
    ],
)
def test_how_an_image_is_run(cell: str, config: dict[str, object]) -> None:
    assert image_config(cell) == config


@pytest.mark.parametrize(
    "cell", ["RUN x", "CMD", "def handler(): ...", "CMD {}", "CMD [1]", 'CMD "a']
)
def test_what_says_nothing_about_that(cell: str) -> None:
    with pytest.raises(InvalidParameterValueException):
        image_config(cell)
