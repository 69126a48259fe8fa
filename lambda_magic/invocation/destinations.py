"""Destinations: records and dead letters leave for SQS, SNS, EventBridge and S3, through boto3.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html

They are reached at the AWS endpoint that the user has configured; none is by default, and then
nothing can be delivered. boto3 waits, so it does so in threads.
"""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lambda_magic.core.aws import aws_client
from lambda_magic.core.settings import Settings
from lambda_magic.invocation.records import detail_type, object_key
from lambda_magic.store.event_queue import Delivery


class Destinations:
    """Sends deliveries. `client` makes a boto3 client for a service, or None without an endpoint.

    Used on the loop thread.
    """

    #: Deliveries that are made at the same time.
    THREADS = 4

    def __init__(
        self,
        settings: Settings,
        *,
        client: Callable[[Settings, str], Any] = aws_client,
    ) -> None:
        self._settings = settings
        self._client = client
        self._clients: dict[str, Any] = {}
        self._threads = ThreadPoolExecutor(self.THREADS, "lambda_magic destination")

    async def send(self, delivery: Delivery, time: float) -> None:
        """Deliver, at `time`; raises what boto3 raises, or `LookupError` without an endpoint."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._send, delivery, time)

    def close(self) -> None:
        """Begin no delivery any more; those in flight end in their own time."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    # In a thread...

    def _send(self, delivery: Delivery, time: float) -> None:
        service = delivery.target.split(":")[2]
        senders = {"sqs": _to_sqs, "sns": _to_sns, "events": _to_events, "s3": _to_s3}
        if service not in senders:
            raise LookupError(f"Nothing is delivered to {delivery.target}: it is no destination.")
        if service not in self._clients:
            self._clients[service] = self._client(self._settings, service)
        if self._clients[service] is None:
            raise LookupError(
                f"{delivery.target} is reached at a configured endpoint only: "
                '%config LambdaMagic.aws_endpoint_url = "http://localhost:5000", or Settings('
                'aws_endpoint_url="...") from Python.'
            )
        senders[service](self._clients[service], delivery, time)


def _to_sqs(client: Any, delivery: Delivery, time: float) -> None:
    *_, account, name = delivery.target.split(":")
    url = client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
    client.send_message(
        QueueUrl=url,
        MessageBody=delivery.body.decode(),
        MessageAttributes=_attributes(delivery),
        # Whoever reads the message belongs to the same chain of requests.
        MessageSystemAttributes={
            "AWSTraceHeader": {"DataType": "String", "StringValue": delivery.trace_id}
        },
    )


def _to_sns(client: Any, delivery: Delivery, time: float) -> None:
    client.publish(
        TopicArn=delivery.target,
        Message=delivery.body.decode(),
        MessageAttributes=_attributes(delivery),
    )


def _to_events(client: Any, delivery: Delivery, time: float) -> None:
    entry = {
        "Time": time,
        "Source": "lambda",
        "DetailType": detail_type(json.loads(delivery.body)),
        "Detail": delivery.body.decode(),
        "Resources": [delivery.function_arn, delivery.target],
        "EventBusName": delivery.target,
    }
    answer = client.put_events(Entries=[entry])
    if answer.get("FailedEntryCount"):
        (failed,) = answer["Entries"]
        raise RuntimeError(f"{failed['ErrorCode']}: {failed['ErrorMessage']}")


def _to_s3(client: Any, delivery: Delivery, time: float) -> None:
    client.put_object(
        Bucket=delivery.target.rpartition(":")[2],
        Key=object_key(delivery.function_name, time),
        Body=delivery.body,
        ContentType="application/json",
    )


def _attributes(delivery: Delivery) -> dict[str, dict[str, str]]:
    return {
        name: {"DataType": "Number" if name == "ErrorCode" else "String", "StringValue": value}
        for name, value in delivery.attributes.items()
    }
