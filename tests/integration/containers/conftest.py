"""A region on a real engine, and functions in it that run in containers."""

import itertools
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.interpreters import OWN_RUNTIME
from lambda_magic.environments.spec import ENVIRONMENT_TAG
from lambda_magic.function import Function
from lambda_magic.region import Region

Make = Callable[..., Function]

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def region(container_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    region = Region(Settings(home=tmp_path_factory.mktemp("home")))
    yield region
    region.close()


def deploy(region: Region, source: str, **members: Any) -> Function:
    """A function of source text that runs in containers; keyword arguments are CreateFunction's."""
    name = f"contained-{next(_numbers)}"
    tags = {ENVIRONMENT_TAG: "container", **members.pop("Tags", {})}
    region.client().create_function(
        FunctionName=name,
        Role="arn:aws:iam::123456789012:role/test",
        Code={"ZipFile": build_zip({"app.py": textwrap.dedent(source).encode()})},
        Tags=tags,
        **{"Runtime": OWN_RUNTIME, "Handler": "app.handler", "Timeout": 60, **members},
    )
    region.client().get_waiter("function_active_v2").wait(FunctionName=name)
    return Function(region, name)


@pytest.fixture
def make(region: Region) -> Make:
    """Makes a function of source text; keyword arguments are CreateFunction's."""
    return lambda source, **members: deploy(region, source, **members)
