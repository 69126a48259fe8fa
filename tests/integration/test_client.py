"""The client of a local region: boto3's own, with a real service on a real loop thread."""

import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError, WaiterError

from lambda_magic.client import local_client
from lambda_magic.core.arns import Arns
from lambda_magic.core.clock import SystemClock
from lambda_magic.core.errors import DamagedStoreError, TooManyRequestsException
from lambda_magic.core.loop_thread import LoopThread
from lambda_magic.core.settings import Settings
from lambda_magic.service.fakes import FakeEventInvoker, FakeInvoker, FakePollers, FakeProvisioner
from lambda_magic.service.service import LambdaService
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.code import CodeStore

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:hello"


class ControlPlane:
    """A region without the part that runs functions."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home, region_name="eu-west-1")
        self.invoker = FakeInvoker()
        self._loop_thread = LoopThread("control plane")
        self.call = self._loop_thread.call
        self.call(self._build())

    async def _build(self) -> dict[str, Any]:
        home = self.settings.home
        self.catalog = Catalog(home, Arns(account_id="123456789012", region_name="eu-west-1"))
        self.service = LambdaService(
            self.settings,
            SystemClock(),
            self.catalog,
            CodeStore(home),
            FakeProvisioner(),
            self.invoker,
            FakeEventInvoker(),
            FakePollers(),
        )
        return {}

    def close(self) -> None:
        self._loop_thread.close()
        self.catalog.close()


@pytest.fixture
def region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ControlPlane]:
    # What the user has configured for AWS is none of a local client's business.
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    region = ControlPlane(tmp_path)
    yield region
    region.close()


@pytest.fixture
def client(region: ControlPlane) -> Any:
    return local_client(region)


def create(client: Any, name: str = "hello") -> Any:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("index.py", "")
    return client.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role="arn:aws:iam::123456789012:role/lambda",
        Handler="index.handler",
        Code={"ZipFile": file.getvalue()},
    )


def test_a_response_is_as_boto3_answers(client: Any) -> None:
    created = create(client)

    assert created["FunctionArn"] == ARN
    assert created["State"] == "Pending"
    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert len(created["ResponseMetadata"]["RequestId"]) == 36


def test_waiters_wait(client: Any) -> None:
    create(client)

    client.get_waiter("function_active_v2").wait(FunctionName="hello")

    assert client.get_function(FunctionName="hello")["Configuration"]["State"] == "Active"


def test_waiters_ask_often(client: Any) -> None:
    waiter = client.get_waiter("function_exists")
    assert waiter.config.delay == 0.05

    with pytest.raises(WaiterError):
        waiter.wait(FunctionName="nobody", WaiterConfig={"MaxAttempts": 2})


def test_paginators_turn_pages(client: Any) -> None:
    for number in range(3):
        create(client, f"f{number}")

    pages = list(client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}))

    assert [[one["FunctionName"] for one in page["Functions"]] for page in pages] == [
        ["f0", "f1"],
        ["f2"],
    ]


def test_an_error_of_the_api_is_boto3s_exception(client: Any) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.get_function(FunctionName="nobody")

    response = caught.value.response
    message = f"Function not found: {ARN.replace('hello', 'nobody')}"
    assert response.pop("ResponseMetadata")["HTTPStatusCode"] == 404
    assert response == {
        "Error": {"Code": "ResourceNotFoundException", "Message": message},
        "Message": message,
        "Type": "User",
    }
    assert str(caught.value) == (
        f"An error occurred (ResourceNotFoundException) when calling the GetFunction operation: "
        f"{message}"
    )


def test_an_error_has_its_other_members(region: ControlPlane, client: Any) -> None:
    region.invoker.error = TooManyRequestsException(Reason="ConcurrentInvocationLimitExceeded")

    with pytest.raises(client.exceptions.TooManyRequestsException) as caught:
        client.invoke(FunctionName="hello")

    assert caught.value.response["Reason"] == "ConcurrentInvocationLimitExceeded"
    assert caught.value.response["message"] == "Rate Exceeded."
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_an_error_that_boto3_does_not_know_is_a_client_error(
    region: ControlPlane, client: Any
) -> None:
    region.invoker.error = DamagedStoreError("The store is damaged")

    with pytest.raises(ClientError) as caught:
        client.invoke(FunctionName="hello")

    assert caught.value.response["Error"] == {
        "Code": "DamagedStoreError",
        "Message": "The store is damaged",
    }


def test_parameters_are_checked_by_boto3(client: Any) -> None:
    with pytest.raises(ParamValidationError, match="Unknown parameter in input"):
        client.get_function(FunctionName="hello", Colour="blue")


def test_a_payload_is_streamed(client: Any) -> None:
    answer = client.invoke(FunctionName="hello", Payload=b'{"a": 1}')

    assert answer["Payload"].read() == b'{"a": 1}'
    assert answer["StatusCode"] == answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["ResponseMetadata"]["RequestId"] == "6f0e9c1e-8d0f-4c55-9d5e-0d4a4cbb3c5a"
    assert "LogResult" not in answer


def test_a_payload_may_come_from_a_file(client: Any, tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text("[1, 2]")

    with path.open("rb") as file:
        answer = client.invoke(FunctionName="hello", Payload=file, LogType="Tail")

    assert answer["Payload"].read() == b"[1, 2]"
    assert answer["LogResult"] == "bG9n"


def test_the_tags_of_an_arn_are_found(client: Any) -> None:
    create(client)

    tagged = client.tag_resource(Resource=ARN, Tags={"team": "blue"})

    assert tagged["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert client.list_tags(Resource=ARN)["Tags"] == {"team": "blue"}


def test_deleting_answers_204(client: Any) -> None:
    create(client)

    deleted = client.delete_function(FunctionName="hello")

    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == deleted["StatusCode"] == 204


def test_threads_may_share_a_client(client: Any) -> None:
    names = [f"f{number}" for number in range(8)]
    threads = [threading.Thread(target=create, args=(client, name)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    functions = client.list_functions()["Functions"]
    assert [function["FunctionName"] for function in functions] == names


def test_the_region_is_the_clients(client: Any) -> None:
    assert client.meta.region_name == "eu-west-1"
