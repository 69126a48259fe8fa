"""A queue is polled on, whatever it answers."""

import asyncio
from pathlib import Path
from typing import Any

from lambda_magic.core.clock import ManualClock, VirtualClock
from lambda_magic.core.settings import Settings
from lambda_magic.event_sources.calls import Calls
from lambda_magic.event_sources.mapping import SourceMapping
from lambda_magic.event_sources.queue import Message
from lambda_magic.event_sources.queue_poller import QueuePoller

ARN = "arn:aws:sqs:us-east-1:123456789012:orders"


class Strange:
    """Stands for boto3's client of a service that answers what SQS does not."""

    def get_queue_url(self, **members: Any) -> Any:
        return {"QueueUrl": "http://localhost/orders"}

    def get_queue_attributes(self, **members: Any) -> Any:
        return {"Attributes": {"VisibilityTimeout": "30"}}

    def receive_message(self, **members: Any) -> Any:
        return {"Messages": [{"what": "is this"}]}

    def close(self) -> None:
        """There is nothing to let go of."""


async def test_a_message_that_cannot_be_read_does_not_end_it(tmp_path: Path) -> None:
    machine = ManualClock()
    calls = Calls(Settings(home=tmp_path), client=lambda settings, service: Strange())
    mapping = SourceMapping(
        uuid="u", source_arn=ARN, function_name="f", qualifier=None, batch_size=1
    )
    functions: Any = None
    poller = QueuePoller(mapping, calls, functions, clock=VirtualClock(machine), machine=machine)
    poller.start()
    for _ in range(2):  # and again, once it has waited
        async with asyncio.timeout(20):
            while poller.status.result is None:
                await asyncio.sleep(0.01)
        assert poller.status.result == "PROBLEM: 'MessageId'"
        poller.status.result = None
        machine.advance(30)
    await poller.close(1.0)


def test_what_a_message_takes_is_known_exactly() -> None:
    """Quotes and accents take more in JSON than in the queue; attributes count, too."""
    record = {"messageId": "1", "body": '"é' * 1000, "attributes": {"a": "x" * 5000}}
    assert Message(record, 0.0).size == len('{"messageId":"1","body":"') + 8 * 1000 + len(
        '","attributes":{"a":"'
    ) + 5000 + len('"}},')
