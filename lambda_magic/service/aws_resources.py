"""What requests name in other services of AWS, looked up where an endpoint is configured."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from lambda_magic.core.aws import aws_client
from lambda_magic.core.errors import InvalidParameterValueException, ServiceException
from lambda_magic.core.settings import Settings

_T = TypeVar("_T")


class AwsResources:
    """Asks other services; without an endpoint it knows nothing, and refuses nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def s3_object(self, bucket: str, key: str, version: str | None) -> bytes:
        """An object in S3."""
        if self._settings.aws_endpoint_url is None:
            raise InvalidParameterValueException(
                "Code in S3 is fetched from a configured endpoint only: "
                '%config LambdaMagic.aws_endpoint_url = "http://localhost:5000", or Settings('
                'aws_endpoint_url="...") from Python. Or give the package itself, as ZipFile.'
            )
        place = {"Bucket": bucket, "Key": key} | ({"VersionId": version} if version else {})
        package: bytes = await self._ask(
            "s3",
            lambda client: bytes(client.get_object(**place)["Body"].read()),
            "Error occurred while GetObject. S3 Error Code: {Code}. S3 Error Message: {Message}",
        )
        return package

    async def check_role(self, arn: str) -> None:
        """Refuse a role that does not exist."""
        await self._ask(
            "iam",
            lambda client: client.get_role(RoleName=arn.rpartition("/")[2]),
            "The role defined for the function cannot be assumed by Lambda.",
            # What has no roles at all (ElasticMQ, say) answers something else.
            only="NoSuchEntity",
        )

    async def check_queue(self, arn: str, timeout: int) -> None:
        """Refuse a queue that does not exist, or is too impatient for the function."""

        def visibility_timeout(client: Any) -> int:
            url = client.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
            attributes = client.get_queue_attributes(
                QueueUrl=url, AttributeNames=["VisibilityTimeout"]
            )["Attributes"]
            return int(attributes["VisibilityTimeout"])

        seconds = await self._ask(
            "sqs",
            visibility_timeout,
            "Error occurred while ReceiveMessage. SQS Error Code: {Code}. "
            "SQS Error Message: {Message}",
        )
        if seconds is not None and seconds < timeout:
            raise InvalidParameterValueException(
                f"Queue visibility timeout: {seconds} seconds is less than Function timeout: "
                f"{timeout} seconds"
            )

    async def check_stream(self, arn: str, service: str) -> None:
        """Refuse a stream of Kinesis or DynamoDB that does not exist."""
        asked, name = {
            "kinesis": ("kinesis", "StreamARN"),
            "dynamodb": ("dynamodbstreams", "StreamArn"),
        }[service]
        await self._ask(
            asked,
            lambda client: client.describe_stream(**{name: arn.partition("/consumer/")[0]}),
            f"Stream not found: {arn}",
        )

    async def _ask(
        self,
        service: str,
        question: Callable[[Any], _T],
        refusal: str,
        *,
        only: str | None = None,
    ) -> Any:
        """What the service answers, or None without an endpoint.

        `refusal` is the message of the error where the service answers with an error; `only`, if
        it is given, with the one of this code.
        """
        if self._settings.aws_endpoint_url is None:
            return None
        try:
            return await asyncio.to_thread(lambda: question(aws_client(self._settings, service)))
        except ClientError as error:
            if only is not None and error.response["Error"]["Code"] != only:
                return None
            raise InvalidParameterValueException(
                refusal.format_map(error.response["Error"])
            ) from error
        except BotoCoreError as error:
            raise ServiceException(
                f"{self._settings.aws_endpoint_url} does not answer: {error}"
            ) from error
