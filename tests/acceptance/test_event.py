"""`%event` and `%invoke --event`: sample events, as one types them."""

import json

import pytest

import lambda_magic

from .conftest import Notebook


def test_an_event_is_a_plain_value(notebook: Notebook) -> None:
    event = notebook.run("%event s3/put bucket=photos 'key=a cat.png'")
    stored = event["Records"][0]["s3"]
    assert (stored["bucket"]["name"], stored["object"]["key"]) == ("photos", "a+cat.png")
    assert json.loads(json.dumps(event)) == event


def test_a_path_sets_what_is_no_parameter(notebook: Notebook) -> None:
    event = notebook.run("%event s3/put Records.0.awsRegion=eu-west-1")
    assert event["Records"][0]["awsRegion"] == "eu-west-1"


def test_functions_are_invoked_with_one(hello: Notebook) -> None:
    hello.run(
        "%%lambda parse\ndef handler(event, context):\n    return event['Records'][0]['body']"
    )
    assert hello.run("%invoke parse --event sqs/message body=hi").payload == "hi"
    assert hello.run("%invoke parse 'body=hi there' --event sqs/message").payload == "hi there"
    hello.run("event = %event sqs/message body=later")
    assert hello.run("%invoke parse event").payload == "later"


def test_they_are_listed(notebook: Notebook) -> None:
    table = notebook.run("%event --list")
    assert len(table) >= 60
    assert notebook.run("%event")[0] == table[0]
    assert {row["Event"].partition("/")[0] for row in notebook.run("%event --list sns")} == {"sns"}
    assert "bucket, key, size, content" in str(notebook.run("%event --list s3"))


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("%event s3/get", "ResourceNotFoundException: There is no sample event s3/get."),
        ("%event --list s4", "ResourceNotFoundException: There is no sample event of s4."),
        (
            "%event s3/put buket=x",
            "InvalidParameterValueException: s3/put has no parameter buket. Did you mean bucket?",
        ),
        ("%event s3/put 'bucket=x", "UsageError: No closing quotation"),
        ("%invoke hello --event s3/put 'bucket", "UsageError: No closing quotation"),
        ("%%invoke hello --event s3/put\n{}", "UsageError: --event does not go with a cell"),
        ("%invoke hello --event nothing", "ResourceNotFoundException: There is no sample event"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(hello: Notebook, cell: str, error: str) -> None:
    shown = hello.error(cell)
    assert shown.startswith(error)
    assert "\n" not in shown


def test_from_python_it_is_in_the_regions_account(notebook: Notebook) -> None:
    notebook.run("%config LambdaMagic.account_id = '000000000000'")
    event = lambda_magic.sample_event("sqs/message", queue="q")
    assert event["Records"][0]["eventSourceARN"] == "arn:aws:sqs:us-east-1:000000000000:q"
