"""Queues of moto's that can be polled for long, and hold thousands of messages.

moto's own long poll looks again and again at messages of a group that is being worked on, as the
group was when it began; and for every message it works out all attributes of the queue.
"""

import time
from typing import Any

from moto.sqs.models import Message, SQSBackend

from lambda_magic.embedded_aws.turnstile import Turnstile

#: Seconds between looks for what becomes visible; a new message is noticed at once.
_LOOK = 0.1


def install(turnstile: Turnstile) -> None:
    """Replace these two parts of moto's."""
    receive = SQSBackend.receive_message

    def receive_patiently(
        self: SQSBackend,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,
    ) -> list[Message]:
        end = time.monotonic() + wait_seconds_timeout
        while True:
            found = receive(self, queue_name, count, 0, visibility_timeout, message_attribute_names)
            if found or time.monotonic() >= end:
                return found
            changed = self.get_queue(queue_name)._messages_lock
            with turnstile.outside(), changed:
                changed.wait(_LOOK)

    SQSBackend.receive_message = receive_patiently  # type: ignore[method-assign]
    SQSBackend.is_message_valid_based_on_retention_period = _is_retained  # type: ignore[method-assign]


def _is_retained(self: SQSBackend, queue_name: str, message: Message) -> bool:
    queue: Any = self.get_queue(queue_name)
    sent = float(message.sent_timestamp or 0) / 1000
    return sent + int(queue.message_retention_period) > time.time()
