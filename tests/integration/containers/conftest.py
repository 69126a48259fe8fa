"""A region on a real engine, and functions in it that run in containers."""

import itertools
import os
import textwrap
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.environments.base_image import context_archive, provide_base_image
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.interpreters import OWN_RUNTIME
from lambda_magic.environments.spec import ENVIRONMENT_TAG
from lambda_magic.function import Function
from lambda_magic.region import Region

Make = Callable[..., Function]
Build = Callable[..., str]

ROLE = "arn:aws:iam::123456789012:role/test"

_numbers = itertools.count(1)
_PATIENCE = 60
_TEST_LABEL = "lambda_magic.test"


@pytest.fixture(scope="module")
def test_label(container_engine: Engine) -> Iterator[dict[str, str]]:
    """What images that are built here are known by.

    They are removed after the region: an image that a container is made of would only lose its
    name.
    """
    label = f"{_TEST_LABEL}={os.getpid()}"
    yield {_TEST_LABEL: str(os.getpid())}
    for image in container_engine.images(label):
        container_engine.remove_image(image.image_id)
    assert container_engine.images(label) == []


@pytest.fixture(scope="module")
def region(
    container_engine: Engine,
    test_label: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Region]:
    region = Region(Settings(home=tmp_path_factory.mktemp("home")))
    yield region
    region.close()


def deploy(region: Region, source: str, **members: Any) -> Function:
    """A function of source text that runs in containers; keyword arguments are CreateFunction's."""
    name = f"contained-{next(_numbers)}"
    tags = {ENVIRONMENT_TAG: "container", **members.pop("Tags", {})}
    region.client().create_function(
        FunctionName=name,
        Role=ROLE,
        Code={"ZipFile": build_zip({"app.py": textwrap.dedent(source).encode()})},
        Tags=tags,
        **{"Runtime": OWN_RUNTIME, "Handler": "app.handler", "Timeout": 60, **members},
    )
    region.client().get_waiter("function_active_v2").wait(FunctionName=name)
    return Function(region, name)


def lasting(engine: Engine, label: str) -> list[str]:
    """The containers with a label that are there to stay: those that go are waited for."""
    end = time.monotonic() + _PATIENCE
    while (left := engine.containers([label])) and time.monotonic() < end:
        pass
    return [container for container, _ in left]


@pytest.fixture
def make(region: Region) -> Make:
    """Makes a function of source text; keyword arguments are CreateFunction's."""
    return lambda source, **members: deploy(region, source, **members)


@pytest.fixture
def build(container_engine: Engine, test_label: dict[str, str]) -> Build:
    """Builds an image of a Dockerfile and files beside it; returns its name."""
    provide_base_image(container_engine, OWN_RUNTIME, lambda line: None)

    def build(dockerfile: str, files: dict[str, bytes] | None = None, name: str = "") -> str:
        name = name or f"lambda-magic-test:{next(_numbers)}"
        context = {"Dockerfile": dockerfile.encode(), **(files or {})}
        container_engine.build(context_archive(context), name, test_label, lambda line: None)
        return name

    return build


def create_image_function(region: Region, uri: str, **members: Any) -> Function:
    name = f"image-{next(_numbers)}"
    region.client().create_function(
        FunctionName=name,
        Role=ROLE,
        PackageType="Image",
        Code={"ImageUri": uri},
        **{"Timeout": 60, **members},
    )
    region.client().get_waiter("function_active_v2").wait(FunctionName=name)
    return Function(region, name)
