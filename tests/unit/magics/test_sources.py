from pathlib import Path

import pytest
from IPython.core.error import UsageError

from lambda_magic.core.settings import Settings
from lambda_magic.magics.sources import Services, Source, read_source, shown


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("sqs:orders", Source("sqs", "orders")),
        ("kinesis:clicks", Source("kinesis", "clicks")),
        ("arn:aws:sqs:us-east-1:123456789012:orders.fifo", Source("sqs", "orders.fifo")),
        ("arn:aws:kinesis:us-east-1:123456789012:stream/clicks", Source("kinesis", "clicks")),
        (
            "arn:aws:dynamodb:us-east-1:123456789012:table/users/stream/2023-11-14T22:13:20.000",
            Source("dynamodb", "users"),
        ),
    ],
)
def test_what_a_source_stands_for(text: str, source: Source) -> None:
    assert read_source(text) == source
    assert str(source) == f"{source.kind}:{source.name}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("orders", "orders is no source: write dynamodb:, kinesis:, sqs: and a name, or an ARN"),
        ("sqs:", "sqs: is no source: write dynamodb:, kinesis:, sqs: and a name, or an ARN"),
        ("arn:aws:sqs", "arn:aws:sqs is no ARN"),
        ("mq:broker", "mq: is not supported; these are: dynamodb:, kinesis:, sqs:"),
    ],
)
def test_what_is_no_source(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_source(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("arn", "text"),
    [
        ("arn:aws:sqs:us-east-1:123456789012:orders", "sqs:orders"),
        ("arn:aws:kinesis:us-east-1:123456789012:stream/clicks", "kinesis:clicks"),
        ("arn:aws:dynamodb:us-east-1:123456789012:table/users/stream/now", "dynamodb:users"),
    ],
)
def test_how_an_arn_is_shown(arn: str, text: str) -> None:
    assert shown(arn) == text


def test_without_the_rest_of_aws_there_is_a_line_that_says_so(tmp_path: Path) -> None:
    services = Services(Settings(home=tmp_path))
    assert not services.are_there
    with pytest.raises(UsageError, match="There is no AWS but Lambda here: %aws start starts one"):
        services.arn(Source("sqs", "orders"))


def test_arns(tmp_path: Path) -> None:
    services = Services(Settings(home=tmp_path, aws_endpoint_url="http://127.0.0.1:9"))
    assert services.arn(Source("sqs", "q")) == "arn:aws:sqs:us-east-1:123456789012:q"
    assert services.arn(Source("kinesis", "s")).endswith(":stream/s")
    assert services.pushed_arn(Source("s3", "b")) == "arn:aws:s3:::b"
    assert services.pushed_arn(Source("events", "r")).endswith(":rule/r")
    assert services.pushed_arn(Source("sns", "t")) == "arn:aws:sns:us-east-1:123456789012:t"
    services.close()
