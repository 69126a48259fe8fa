"""What requests name in other services is looked up at the endpoint; here that is moto's."""

import io
import re
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambda_magic.core.arns import Arns
from lambda_magic.core.clock import ManualClock
from lambda_magic.core.errors import LambdaError
from lambda_magic.core.settings import Settings
from lambda_magic.service.fakes import FakeEventInvoker, FakeInvoker, FakePollers, FakeProvisioner
from lambda_magic.service.service import LambdaService
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.code import CodeStore

ROLE = "arn:aws:iam::123456789012:role/lambda"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:queue"
Serve = Callable[[str | None], LambdaService]


@pytest.fixture
def aws(endpoint: str) -> Callable[[str], Any]:
    """A client for a service of moto's; what it makes is gone after the test."""
    credentials = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    session: Any = boto3.Session(region_name="us-east-1", **credentials)
    return lambda service: session.client(service, endpoint_url=endpoint)


@pytest.fixture
async def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Serve]:
    """A service that looks things up at an endpoint, or nowhere."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    catalogs = []

    def make(endpoint: str | None) -> LambdaService:
        catalog = Catalog(tmp_path, Arns(account_id="123456789012", region_name="us-east-1"))
        catalogs.append(catalog)
        return LambdaService(
            Settings(home=tmp_path, aws_endpoint_url=endpoint),
            ManualClock(),
            catalog,
            CodeStore(tmp_path),
            FakeProvisioner(),
            FakeInvoker(),
            FakeEventInvoker(),
            FakePollers(),
        )

    yield make
    for catalog in catalogs:
        catalog.close()


def zipped(text: str = "") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr(zipfile.ZipInfo("index.py"), text)
    return file.getvalue()


def request(**members: Any) -> dict[str, Any]:
    return {
        "FunctionName": "hello",
        "Runtime": "python3.12",
        "Role": ROLE,
        "Handler": "index.handler",
        "Code": {"ZipFile": zipped()},
    } | members


async def refused(service: LambdaService, operation: str, **members: Any) -> str:
    with pytest.raises(LambdaError) as caught:
        await service.call(operation, members)
    return f"{caught.value.code}: {caught.value.message}"


@pytest.fixture
def role(aws: Callable[[str], Any]) -> Iterator[None]:
    aws("iam").create_role(RoleName="lambda", AssumeRolePolicyDocument="{}")
    yield
    aws("iam").delete_role(RoleName="lambda")


@pytest.mark.usefixtures("role")
async def test_code_comes_from_s3(serve: Serve, endpoint: str, aws: Callable[[str], Any]) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="code")
    s3.put_bucket_versioning(Bucket="code", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="code", Key="a.zip", Body=zipped("first"))["VersionId"]
    s3.put_object(Bucket="code", Key="a.zip", Body=zipped("second"))
    place = {"S3Bucket": "code", "S3Key": "a.zip"}
    service = serve(endpoint)

    created = await service.call("CreateFunction", request(Code=place))
    older = await service.call(
        "CreateFunction",
        request(FunctionName="older", Code=place | {"S3ObjectVersion": first}),
    )
    layer = await service.call("PublishLayerVersion", {"LayerName": "lib", "Content": place})

    direct = await service.call(
        "CreateFunction", request(FunctionName="direct", Code={"ZipFile": zipped("second")})
    )
    assert created["CodeSha256"] == direct["CodeSha256"] == layer["Content"]["CodeSha256"]
    assert older["CodeSha256"] != created["CodeSha256"]
    assert await refused(
        service, "CreateFunction", **request(FunctionName="x", Code=place | {"S3Key": "none"})
    ) == (
        "InvalidParameterValueException: Error occurred while GetObject. S3 Error Code: NoSuchKey. "
        "S3 Error Message: The specified key does not exist."
    )


async def test_without_an_endpoint_s3_says_how_to_configure_one(serve: Serve) -> None:
    code = {"S3Bucket": "code", "S3Key": "a.zip"}

    assert await refused(serve(None), "CreateFunction", **request(Code=code)) == (
        "InvalidParameterValueException: Code in S3 is fetched from a configured endpoint only: "
        '%config LambdaMagic.aws_endpoint_url = "http://localhost:5000", or Settings('
        'aws_endpoint_url="...") from Python. Or give the package itself, as ZipFile.'
    )


async def test_a_role_must_exist(serve: Serve, endpoint: str) -> None:
    assert await refused(serve(endpoint), "CreateFunction", **request()) == (
        "InvalidParameterValueException: The role defined for the function cannot be assumed by "
        "Lambda."
    )


@pytest.mark.usefixtures("role")
async def test_sources_must_exist_and_queues_be_patient(
    serve: Serve, endpoint: str, aws: Callable[[str], Any]
) -> None:
    service = serve(endpoint)
    await service.call("CreateFunction", request(Timeout=60))
    stream = "arn:aws:kinesis:us-east-1:123456789012:stream/records"
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2023"
    starting = {"FunctionName": "hello", "StartingPosition": "LATEST"}
    mapping = {"FunctionName": "hello", "EventSourceArn": QUEUE}

    missing = await refused(service, "CreateEventSourceMapping", **mapping)
    url = aws("sqs").create_queue(QueueName="queue")["QueueUrl"]
    hasty = await refused(service, "CreateEventSourceMapping", **mapping)
    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    created = await service.call("CreateEventSourceMapping", mapping)
    aws("sqs").delete_queue(QueueUrl=url)

    assert re.match(
        "InvalidParameterValueException: Error occurred while ReceiveMessage. SQS Error Code: "
        "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: ",
        missing,
    )
    assert hasty == (
        "InvalidParameterValueException: Queue visibility timeout: 30 seconds is less than "
        "Function timeout: 60 seconds"
    )
    assert created["State"] == "Creating"
    for arn in (stream, table):
        assert await refused(
            service, "CreateEventSourceMapping", **starting, EventSourceArn=arn
        ) == (f"InvalidParameterValueException: Stream not found: {arn}")


async def test_an_endpoint_that_does_not_answer(serve: Serve) -> None:
    refusal = await refused(serve("http://127.0.0.1:9"), "CreateFunction", **request())

    assert refusal.startswith("ServiceException: http://127.0.0.1:9 does not answer: ")
