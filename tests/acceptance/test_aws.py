"""`%aws`, `%queue`, `%send` and `%trigger`, in a notebook with the embedded AWS."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambda_magic import default_region
from lambda_magic.core.aws import function_credentials
from lambda_magic.embedded_aws.process import EmbeddedAws

from .conftest import Notebook

VARIABLES = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA", "AWS_DEFAULT_REGION", "AWS_REGION")


@pytest.fixture
def notebook(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    """A notebook of a user who has no credentials."""
    for name in (*VARIABLES, "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    yield notebook
    notebook.run("%aws stop")


def test_plain_boto3_finds_it_in_cells_and_in_functions(notebook: Notebook) -> None:
    status = notebook.run("%aws start")
    assert status.is_embedded
    assert "Embedded AWS  http://127.0.0.1:" in str(status)
    notebook.run("import boto3\nboto3.client('s3').create_bucket(Bucket='photos')")
    notebook.run("""%%lambda painter --timeout 30 --memory 1769
import boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket="photos", Key=event["key"], Body=b"a photo")
    return [one["FunctionName"] for one in boto3.client("lambda").list_functions()["Functions"]]
""")
    assert notebook.run("%invoke painter {'key': 'a'}").payload == ["painter"]
    found = notebook.run("boto3.client('s3').get_object(Bucket='photos', Key='a')['Body'].read()")
    assert found == b"a photo"
    assert notebook.run("boto3.client('lambda').list_functions()['Functions']") != []
    assert notebook.run("%aws start").url == status.url  # it runs already
    assert "Stopped." in notebook.output("%aws stop")
    assert not any(name in os.environ for name in VARIABLES)
    assert "There is no AWS but Lambda here" in notebook.output("%aws")
    # What was in it is there again.
    notebook.run("%aws start")
    assert notebook.run("boto3.client('s3').list_buckets()['Buckets'][0]['Name']") == "photos"


def test_another_aws_can_be_used(notebook: Notebook, tmp_path: Path) -> None:
    other = EmbeddedAws(tmp_path / "other", account_id="123456789012", region_name="us-east-1")
    try:
        status = notebook.run(f"%aws use {other.url}")
        assert (status.url, status.is_embedded) == (other.url, False)
        assert "AWS stand-in" in str(status)
        assert os.environ["AWS_ENDPOINT_URL"] == other.url
        notebook.run("%queue orders")
        assert len(notebook.run("%queue")) == 1
        # Of the embedded one it knows nothing.
        assert notebook.run("%aws start").is_embedded
        assert len(notebook.run("%queue")) == 0
    finally:
        other.stop()


def test_aws_itself_has_no_endpoint_and_the_users_credentials(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    status = notebook.run("%aws use aws")
    assert "AWS itself" in str(status)
    assert "Functions have your own credentials, as of now." in str(status)
    assert "AWS_ENDPOINT_URL" not in os.environ
    assert os.environ["AWS_ENDPOINT_URL_LAMBDA"] == status.lambda_url
    region = default_region.get()
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    assert function_credentials(region.settings) == dict(
        zip(names, ("mine", "secret"), strict=False)
    )
    assert "secret" not in repr(region.settings)


def test_without_credentials_aws_itself_is_not_used(
    notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    assert notebook.error("%aws use aws") == (
        "UsageError: boto3 finds no credentials for AWS: aws configure, or AWS_PROFILE"
    )
    assert "AWS_ENDPOINT_URL_LAMBDA" not in os.environ


def test_a_queue_triggers_a_function(notebook: Notebook, hear: Any) -> None:
    notebook.run("%aws start")
    notebook.run("""%%lambda taker --timeout 20
def handler(event, context):
    print([record["body"] for record in event["Records"]])
""")
    assert len(notebook.run("%queue orders --dead-letters failed")) == 1
    assert len(notebook.run("%queue")) == 2
    table = notebook.run("%trigger taker sqs:orders --batch-size 2")
    assert table[0]["Source"] == "sqs:orders"
    assert table[0]["Batch"] == 2
    heard = hear(default_region.get())
    assert "3 sent to sqs:orders" in notebook.output('%send sqs:orders {"id": 1} --count 3')
    heard.wait("DeletedEventCount", 3)
    assert '{"id": 1}' in str(notebook.run("lambda_magic = __import__('lambda_magic')\n"
                                           "lambda_magic.function('taker').logs()"))  # fmt: skip
    assert notebook.run("%trigger taker sqs:orders --batch-size 5")[0]["Batch"] == 5
    assert notebook.run("%trigger taker sqs:orders --disable")[0]["State"] in (
        "Disabling",
        "Disabled",
    )
    assert [row["Function"] for row in notebook.run("%trigger")] == ["taker"]
    notebook.run("%trigger taker sqs:orders -d")
    assert notebook.error("%trigger taker sqs:orders -d").startswith("UsageError: ")
    assert len(notebook.run("%queue failed -d")) == 1


def test_services_that_push(notebook: Notebook, hear: Any) -> None:
    notebook.run("%aws start")
    notebook.run("""%%lambda taker --timeout 20
def handler(event, context):
    print(event)
""")
    notebook.run(
        "import boto3\nboto3.client('s3').create_bucket(Bucket='photos')\n"
        "boto3.client('sns').create_topic(Name='news')"
    )
    notebook.run("%trigger taker s3:photos --prefix in/")
    notebook.run("%trigger taker sns:news")
    table = notebook.run('%trigger taker events:orders --filter \'{"source": ["shop"]}\'')
    assert [(row["Source"], row["About"]) for row in table] == [
        ("s3:photos", "s3:ObjectCreated:*, prefix in/"),
        ("sns:news", ""),
        ("events:orders", '{"source": ["shop"]}'),
    ]
    heard = hear(default_region.get())
    notebook.run("%send s3:photos/in/a.json 1")
    notebook.run("%send s3:photos/out/a.json 1")
    notebook.run("%send sns:news {'text': 'hi'} --subject 'hello you'")
    notebook.run("%send events:default {'amount': 1} --event-source shop")
    heard.wait("AsyncEventsReceived", 3)
    default_region.get().call(default_region.get().asynchronous.settle())
    assert "'Subject': 'hello you'" in str(notebook.run("%logs taker"))
    for source in ("s3:photos", "sns:news", "events:orders"):
        notebook.run(f"%trigger taker {source} -d")
        assert notebook.error(f"%trigger taker {source} -d") == (
            f"UsageError: {source} is no trigger of taker"
        )
    assert len(notebook.run("%trigger")) == 0
    policy = notebook.output("boto3.client('lambda').get_policy(FunctionName='taker')")
    assert "ResourceNotFoundException" in policy
    assert notebook.error("%trigger taker sns:nothing").startswith("UsageError: There is no topic")
    assert notebook.error("%send sns:nothing 1").startswith("UsageError: There is no topic nothing")
    notebook.run("%queue large")
    text = "'x' * 150_000"
    assert "8 sent to sqs:large" in notebook.output(f"%send sqs:large --count 8 {text}")
    assert notebook.error('%send events:default {} --event-source ""') == (
        "InvalidArgument: Parameter Source is not valid. Reason: Source is a required argument."
    )
    notebook.run(
        "boto3.client('dynamodb').create_table(TableName='items', BillingMode='PAY_PER_REQUEST', "
        "KeySchema=[{'AttributeName': 'id', 'KeyType': 'HASH'}], "
        "AttributeDefinitions=[{'AttributeName': 'id', 'AttributeType': 'S'}])"
    )
    assert notebook.error("%send dynamodb:items [1, 2]").startswith("UsageError: an item")
    assert notebook.error("%trigger taker events:x").startswith("UsageError: There is no rule x")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%queue -d", "Which queue? %queue NAME --delete (%queue -h)"),
        ("%aws use", "%aws use URL takes a URL, the others take none (%aws -h)"),
        ("%aws start http://x", "%aws use URL takes a URL, the others take none (%aws -h)"),
        ("%aws use localhost", "localhost: write it as in http://localhost:4566, or aws"),
        ("%aws use http://127.0.0.1:9", "http://127.0.0.1:9 does not answer: Connection refused"),
        ("%queue orders", "There is no AWS but Lambda here: %aws start starts one"),
        ("%send sqs:orders 1", "There is no AWS but Lambda here: %aws start starts one"),
        ("%trigger f sqs:orders", "There is no AWS but Lambda here: %aws start starts one"),
        (
            "%trigger f kafka:orders",
            "kafka: is not supported; these are: dynamodb:, events:, kinesis:, s3:, sns:, sqs:",
        ),
        (
            "%trigger f orders",
            "orders is no source: write dynamodb:, events:, files:, http:, kinesis:, s3:, "
            "schedule:, sns:, sqs: and a name, or an ARN",
        ),
    ],
)
def test_mistakes_are_one_line(notebook: Notebook, line: str, message: str) -> None:
    assert notebook.error(line) == f"UsageError: {message}"


@pytest.mark.parametrize("magic", ["aws", "trigger", "queue", "send"])
def test_help(notebook: Notebook, magic: str) -> None:
    assert f"usage: %{magic}" in notebook.output(f"%{magic} -h")
