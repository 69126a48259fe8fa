"""What runs where."""

import pytest

from lambda_magic.environments.languages import (
    JAVA,
    NODE,
    OS_ONLY,
    PYTHON,
    RUBY,
    language_of,
    numbers,
    text,
)
from lambda_magic.service.runtimes import supported_runtimes

IDENTIFIERS = {
    "python3.12": (PYTHON, (3, 12)),
    "nodejs20.x": (NODE, (20,)),
    "ruby3.3": (RUBY, (3, 3)),
    "java17": (JAVA, (17,)),
    "java8.al2": (JAVA, (8,)),
    "java17.al2023": (JAVA, (17,)),
    "provided.al2023": None,
    "dotnet8": None,
    "pythonic": None,
    "": None,
}


@pytest.mark.parametrize("runtime", IDENTIFIERS)
def test_an_identifier_names_a_language_and_a_version(runtime: str) -> None:
    assert language_of(runtime) == IDENTIFIERS[runtime]


def test_all_runtimes_but_dotnets_have_a_place_in_the_table() -> None:
    unknown = [name for name in supported_runtimes() if name not in OS_ONLY]
    unknown = [name for name in unknown if language_of(name) is None]
    assert unknown == [name for name in supported_runtimes() if name.startswith("dotnet")]


def test_versions_are_numbers_and_text() -> None:
    assert numbers("20.1.0-rc1") == (20, 1, 0)
    assert numbers("none") == ()
    assert text((3, 12)) == "3.12"


def test_each_language_has_an_image_of_awss() -> None:
    assert NODE.image((20,)) == "public.ecr.aws/lambda/nodejs:20"
