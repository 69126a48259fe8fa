"""Regions whose functions are callables of the test, beside a real embedded AWS."""

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.embedded_aws.process import EmbeddedAws
from lambda_magic.environments.fake_sandbox import FakeSandboxFactory
from lambda_magic.region import Region

ROLE = "arn:aws:iam::123456789012:role/lambda"


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """The embedded AWS, with the role of functions in it."""
    aws = EmbeddedAws(
        tmp_path_factory.mktemp("aws"), account_id="123456789012", region_name="us-east-1"
    )
    make_client(aws.url, "iam").create_role(RoleName="lambda", AssumeRolePolicyDocument="{}")
    yield aws
    aws.stop()


def make_client(url: str, service: str) -> Any:
    session: Any = boto3.Session(
        region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any"
    )
    return session.client(service, endpoint_url=url)


@pytest.fixture(scope="session")
def aws(embedded: EmbeddedAws) -> Callable[[str], Any]:
    """A client for a service."""
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in clients:
            clients[service] = make_client(embedded.url, service)
        return clients[service]

    return client


_numbers = itertools.count(1)


@pytest.fixture
def name() -> str:
    """A name that nothing has yet."""
    return f"thing-{next(_numbers)}"


class Place:
    """A region with one function, "hello", that is a callable of the test."""

    def __init__(self, home: Path, url: str, handler: Callable[[Any], Any]) -> None:
        self.home, self.url = home, url
        self.region = Region(
            Settings(home=home, aws_endpoint_url=url), factory=FakeSandboxFactory(handler)
        )
        self.client: Any = self.region.client()

    def create(self, **members: Any) -> None:
        self.client.create_function(
            FunctionName="hello",
            Role=ROLE,
            Runtime="python3.12",
            Handler="index.handler",
            Code={"ZipFile": build_zip({"index.py": b""})},
            **{"Timeout": 5} | members,
        )
        self.client.get_waiter("function_active_v2").wait(FunctionName="hello")

    def map(self, arn: str, **members: Any) -> str:
        """The UUID of a new mapping."""
        made = self.client.create_event_source_mapping(
            FunctionName="hello", EventSourceArn=arn, **members
        )
        assert made["State"] == "Creating"
        return str(made["UUID"])

    def mapping(self, uuid: str) -> Any:
        return self.client.get_event_source_mapping(UUID=uuid)


@pytest.fixture
def place(tmp_path: Path, embedded: EmbeddedAws) -> Iterator[Callable[..., Place]]:
    """Opens a region; of the same home, if it is asked again."""
    places: list[Place] = []

    def make(handler: Callable[[Any], Any], **members: Any) -> Place:
        made = Place(tmp_path / "home", embedded.url, handler)
        places.append(made)
        if len(places) == 1:
            made.create(**members)
        return made

    yield make
    for one in places:
        one.region.close()


def bodies(event: Any) -> list[Any]:
    """What is in the messages of an event."""
    return [json.loads(record["body"]) for record in event["Records"]]
