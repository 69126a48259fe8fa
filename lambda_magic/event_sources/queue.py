"""A queue of SQS, as its poller uses it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lambda_magic.event_sources.calls import Calls
from lambda_magic.event_sources.queue_records import Record, queue_record

#: The most messages of one request to SQS.
REQUEST_LIMIT = 10
#: Seconds that a request waits for messages at the other end. (A queue that was deleted is
#: noticed when it returns.)
_LONG_POLL = 5


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was received."""

    record: Record
    #: When it was received, on the machine's monotonic clock.
    received: float

    @property
    def identifier(self) -> str:
        """MessageId: what functions report failures by."""
        return str(self.record["messageId"])

    @property
    def receipt(self) -> str:
        """What it is deleted by."""
        return str(self.record["receiptHandle"])

    @property
    def sent(self) -> float | None:
        """When it was sent, in seconds since the epoch, if the queue says so."""
        stamp = self.record["attributes"].get("SentTimestamp")
        return None if stamp is None else int(stamp) / 1000

    @property
    def size(self) -> int:
        """How many bytes it takes in an event, with the comma behind it."""
        return len(json.dumps(self.record, separators=(",", ":"))) + 1

    @property
    def receive_count(self) -> int:
        """How often it has been received."""
        return int(self.record["attributes"].get("ApproximateReceiveCount", 1))


class Queue:
    """One queue; `connect` comes first. Every method raises what boto3 raises."""

    def __init__(self, calls: Calls, arn: str) -> None:
        self._calls = calls
        self._arn = arn
        self._url = ""
        #: In seconds, as of `connect`.
        self.visibility_timeout = 30.0
        #: Whether messages that fail too often go somewhere else, as of `connect`.
        self.has_dead_letters = False

    async def connect(self) -> None:
        """Find the queue."""
        *_, account, name = self._arn.split(":")
        answer = await self._calls(
            "sqs", "get_queue_url", QueueName=name, QueueOwnerAWSAccountId=account
        )
        self._url = answer["QueueUrl"]
        found = await self._calls(
            "sqs",
            "get_queue_attributes",
            QueueUrl=self._url,
            AttributeNames=["VisibilityTimeout", "RedrivePolicy"],
        )
        self.visibility_timeout = float(found["Attributes"]["VisibilityTimeout"])
        self.has_dead_letters = bool(found["Attributes"].get("RedrivePolicy"))

    async def backlog(self) -> int:
        """How many messages wait in it, about."""
        name = "ApproximateNumberOfMessages"
        found = await self._calls(
            "sqs", "get_queue_attributes", QueueUrl=self._url, AttributeNames=[name]
        )
        return int(found["Attributes"][name])

    async def receive(self, count: int) -> list[Record]:
        """The next messages as records, as soon as there are some, or none after a while.

        Those that arrive when nobody waits any more are given back.
        """
        answer = await self._calls.patiently(
            "sqs",
            "receive_message",
            self._give_back_late,
            QueueUrl=self._url,
            MaxNumberOfMessages=min(count, REQUEST_LIMIT),
            WaitTimeSeconds=_LONG_POLL,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return [queue_record(one, self._arn) for one in answer.get("Messages", ())]

    async def delete(self, messages: Sequence[Message]) -> list[Message]:
        """Delete messages; returns those that the queue did not delete."""
        left: list[Message] = []
        for some in _chunks(messages):
            entries = [
                {"Id": str(number), "ReceiptHandle": one.receipt} for number, one in enumerate(some)
            ]
            answer = await self._calls(
                "sqs", "delete_message_batch", QueueUrl=self._url, Entries=entries
            )
            left += [some[int(failed["Id"])] for failed in answer.get("Failed", ())]
        return left

    async def give_back(self, messages: Sequence[Message]) -> None:
        """Have messages visible at once."""
        for some in _chunks(messages):
            entries = _visible_entries([one.receipt for one in some])
            await self._calls(
                "sqs", "change_message_visibility_batch", QueueUrl=self._url, Entries=entries
            )

    def _give_back_late(self, client: Any, answer: dict[str, Any]) -> None:
        receipts = [one["ReceiptHandle"] for one in answer.get("Messages", ())]
        if receipts:
            entries = _visible_entries(receipts)
            client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)


def _visible_entries(receipts: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
        for number, receipt in enumerate(receipts)
    ]


def _chunks(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    for first in range(0, len(messages), REQUEST_LIMIT):
        yield messages[first : first + REQUEST_LIMIT]
