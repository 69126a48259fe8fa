"""A region's API on a port, and clients for it."""

import io
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lambda_magic.api.endpoint import Address, Endpoint
from lambda_magic.core.settings import Settings
from lambda_magic.region import Region

ROLE = "arn:aws:iam::123456789012:role/lambda"

#: One that every machine has: the Python that runs the tests.
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"

ECHO = "def handler(event, context):\n    return event\n"


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    region = Region(Settings(home=tmp_path))
    yield region
    region.close()


@pytest.fixture
def endpoint(region: Region) -> Iterator[Endpoint]:
    with Endpoint(region, Address(port=0)) as endpoint:
        yield endpoint


@pytest.fixture
def connect() -> Iterator[Callable[..., Any]]:
    """Makes boto3 clients for an endpoint, which try only once."""
    clients = []
    sessions: dict[tuple[str, str], boto3.Session] = {}

    def make(
        endpoint: Endpoint,
        service: str = "lambda",
        *,
        region_name: str = "us-east-1",
        key: tuple[str, str] = ("any", "any"),
        **config: Any,
    ) -> Any:
        session = sessions.setdefault(key, boto3.Session(*key))
        retries = {"mode": "standard", "total_max_attempts": 1}
        clients.append(
            session.client(
                service,
                region_name=region_name,
                endpoint_url=endpoint.url,
                config=Config(retries=retries, inject_host_prefix=False, **config),
            )
        )
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(endpoint: Endpoint, connect: Callable[..., Any]) -> Any:
    return connect(endpoint)


def deploy(client: Any, name: str = "hello", source: str = ECHO, **members: Any) -> None:
    """A function that is ready."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("index.py", source)
    client.create_function(
        FunctionName=name,
        Runtime=RUNTIME,
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": file.getvalue()},
        **members,
    )
    waiter = client.get_waiter("function_active_v2")
    waiter.config.delay = 0.05
    waiter.wait(FunctionName=name)
