"""One endpoint for the whole table; each row has a function of its own."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lambda_magic.api.endpoint import Address, Endpoint
from lambda_magic.core.settings import Settings
from lambda_magic.region import Region

from .table import Row, check


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    home: Path = tmp_path_factory.mktemp("home")
    region = Region(Settings(home=home))
    with Endpoint(region, Address(port=0)) as endpoint:
        yield endpoint
    region.close()


@pytest.fixture(scope="session")
def connect(endpoint: Endpoint) -> Iterator[Callable[..., Any]]:
    """Makes boto3 clients that leave all checks to the service, and try only once."""
    clients = []

    def make(service: str, region_name: str = "us-east-1") -> Any:
        clients.append(
            boto3.Session(
                aws_access_key_id="any", aws_secret_access_key="any", region_name=region_name
            ).client(
                service,
                endpoint_url=endpoint.url,
                config=Config(
                    parameter_validation=False,
                    inject_host_prefix=False,
                    retries={"mode": "standard", "total_max_attempts": 1},
                ),
            )
        )
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture(scope="session")
def client(connect: Callable[..., Any]) -> Any:
    return connect("lambda")


_numbers = itertools.count(1)


@pytest.fixture
def conforms(client: Any) -> Callable[[Row], None]:
    """Checks one row."""
    return lambda row: check(client, f"row-{next(_numbers)}", row)
