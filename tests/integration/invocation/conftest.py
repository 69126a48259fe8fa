"""A region with real execution environments, and functions in it made of a few lines."""

import itertools
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.function import Function
from lambda_magic.region import Region

Make = Callable[..., Function]


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    region = Region(Settings(home=tmp_path_factory.mktemp("home")))
    yield region
    region.close()


_numbers = itertools.count(1)


@pytest.fixture
def make(region: Region) -> Make:
    """Makes a function of source text; keyword arguments are CreateFunction's."""

    def make(source: str, **members: Any) -> Function:
        name = f"function-{next(_numbers)}"
        region.client().create_function(
            FunctionName=name,
            Role="arn:aws:iam::123456789012:role/test",
            Code={"ZipFile": build_zip({"app.py": textwrap.dedent(source).encode()})},
            **{
                "Runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
                "Handler": "app.handler",
                "Timeout": 30,
                **members,
            },
        )
        region.client().get_waiter("function_active_v2").wait(FunctionName=name)
        return Function(region, name)

    return make
