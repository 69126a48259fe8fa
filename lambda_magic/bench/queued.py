"""Messages of a queue that a function is triggered with, beside a loop that receives and deletes.

Both read from the same embedded AWS, in turns. It answers one request at a time, so what a
trigger adds is what its function and its bookkeeping take away from that.
"""

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from lambda_magic.bench.measurements import deploy
from lambda_magic.bench.row import Row
from lambda_magic.core.aws import aws_client
from lambda_magic.embedded_aws.process import EmbeddedAws, EmbeddedAwsError
from lambda_magic.monitoring.events import Event, Measurement
from lambda_magic.region import Region

_TAKE = "def handler(event, context):\n    return len(event['Records'])\n"
_ROUNDS = 4
#: The most messages of one request.
_BATCH = 10


def queued(region: Region, messages: int) -> Iterator[Row]:
    """Messages per second from a queue; nothing where moto is not installed."""
    settings = region.settings
    try:
        aws = EmbeddedAws(
            settings.home / "queued",
            account_id=settings.account_id,
            region_name=settings.region_name,
        )
    except EmbeddedAwsError as error:
        print(f"queues are not measured: {error}", file=sys.stderr)
        return
    here = Region(replace(settings, home=settings.home / "queued", aws_endpoint_url=aws.url))
    try:
        yield _row(here, messages)
    finally:
        here.close()
        aws.stop()


def _row(region: Region, messages: int) -> Row:
    aws_client(region.settings, "iam").create_role(RoleName="bench", AssumeRolePolicyDocument="{}")
    sqs = aws_client(region.settings, "sqs")
    queues = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("ours", "bare")}
    deploy(region, "bench-queue", _TAKE, timeout=20)
    arn = f"arn:aws:sqs:{region.settings.region_name}:{region.settings.account_id}:ours"
    deleted = _Deleted()
    region.call(deleted.subscribe(region))
    # The first one waits for clients to be made, and for a cold start.
    _send(sqs, queues["ours"], 1)
    made = region.client().create_event_source_mapping(
        FunctionName="bench-queue", EventSourceArn=arn
    )
    mapping = made["UUID"]
    deleted.wait(1)
    region.client().update_event_source_mapping(UUID=mapping, Enabled=False)
    ours = bare = 0.0
    number = messages // _ROUNDS
    for _ in range(_ROUNDS):
        _send(sqs, queues["bare"], number)
        started = time.perf_counter()
        _receive_and_delete(sqs, queues["bare"], number)
        bare += time.perf_counter() - started
        _send(sqs, queues["ours"], number)
        started = time.perf_counter()
        region.client().update_event_source_mapping(UUID=mapping, Enabled=True)
        deleted.wait(number)
        ours += time.perf_counter() - started
        region.client().update_event_source_mapping(UUID=mapping, Enabled=False)
    return Row(
        name="SQS messages to a function",
        measured=f"{messages / ours:,.0f} messages/s",
        peer=f"bare receive and delete {messages / bare:,.0f}/s",
        figure=bare / ours,
        bar=">= 0.5",
    )


def _send(sqs: Any, url: str, number: int) -> None:
    for first in range(0, number, _BATCH):
        entries = [
            {"Id": str(one), "MessageBody": str(one)}
            for one in range(first, min(first + _BATCH, number))
        ]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)


def _receive_and_delete(sqs: Any, url: str, number: int) -> None:
    while number > 0:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_BATCH,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        entries = [
            {"Id": str(index), "ReceiptHandle": one["ReceiptHandle"]}
            for index, one in enumerate(answer.get("Messages", ()))
        ]
        if entries:
            sqs.delete_message_batch(QueueUrl=url, Entries=entries)
        number -= len(entries)


class _Deleted:
    """Counts the messages that were deleted."""

    def __init__(self) -> None:
        self._number = 0.0
        self._changed = threading.Condition()

    async def subscribe(self, region: Region) -> None:
        region.bus.subscribe(self._receive)

    def wait(self, number: int) -> None:
        """Return when so many more have been."""
        with self._changed:
            self._changed.wait_for(lambda: self._number >= number, timeout=300)
            self._number -= number

    def _receive(self, events: Sequence[Event]) -> None:
        measured = [one for one in events if isinstance(one, Measurement)]
        with self._changed:
            self._number += sum(m.value for m in measured if m.metric == "DeletedEventCount")
            self._changed.notify_all()
