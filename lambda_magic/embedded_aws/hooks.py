"""Where moto would call a function: it is told to the kernel instead, in the child process.

moto runs functions of its own Lambda, which has none of ours. So the places where S3, SNS and
EventBridge hand something to a function are replaced; what they hand over goes to `Outbox`.
"""

import json
import threading
from collections.abc import Callable
from typing import Any

from moto.events.models import EventPattern, Rule
from moto.s3 import notifications
from moto.sns.models import Subscription

from lambda_magic.event_sources.patterns import compile_pattern

#: Takes the kind of a notification, and its members.
Send = Callable[..., None]


class Outbox:
    """Notifications on their way to the kernel: each is kept until the kernel has taken it."""

    def __init__(self, write: Callable[[dict[str, Any]], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._pending: dict[int, dict[str, Any]] = {}
        self._last = 0

    def send(self, kind: str, **members: Any) -> None:
        """Tell the kernel; in any thread."""
        with self._lock:
            self._last += 1
            notification = {"id": self._last, "kind": kind, **members}
            self._pending[self._last] = notification
            self._write(notification)

    def taken(self, number: int) -> None:
        """The kernel has it for good."""
        with self._lock:
            self._pending.pop(number, None)

    def dump(self) -> bytes:
        """What is pending, to be kept."""
        with self._lock:
            return json.dumps(list(self._pending.values())).encode()

    def load(self, dumped: bytes) -> None:
        """Send again what was pending."""
        for notification in json.loads(dumped):
            notification.pop("id")
            self.send(notification.pop("kind"), **notification)


def install(send: Send) -> None:
    """Have functions called by way of `send` from now on."""
    _hook_s3(send)
    _hook_sns(send)
    _hook_events(send)


def _hook_s3(send: Send) -> None:
    def invoke(account_id: str, event_body: Any, fn_arn: str, region_name: str) -> None:
        send("s3", function_arn=fn_arn, account_id=account_id, event=event_body)

    notifications._invoke_awslambda = invoke


def _hook_sns(send: Send) -> None:
    publish = Subscription.publish

    def hooked(self: Subscription, message: str, message_id: str, **members: Any) -> None:
        if self.protocol != "lambda":
            publish(self, message, message_id, **members)
            return
        attributes = members.get("message_attributes")
        matcher = self._filter_policy_matcher
        if matcher is not None and not matcher.matches(attributes, message):
            return
        if members.get("message_structure") == "json":
            message = self._parse_message_structure(message, self.protocol)
        send(
            "sns",
            function_arn=self.endpoint,
            topic_arn=self.topic.arn,
            subscription_arn=self.arn,
            message_id=message_id,
            message=message,
            subject=members.get("subject"),
            attributes=_attributes(attributes),
        )

    Subscription.publish = hooked  # type: ignore[method-assign,assignment]


def _attributes(attributes: dict[str, Any] | None) -> dict[str, dict[str, str]]:
    """Message attributes as they are in a notification; a binary one is in base64 already."""
    return {
        name: {
            "Type": value["Type"],
            "Value": v.decode() if isinstance(v := value["Value"], bytes) else str(v),
        }
        for name, value in (attributes or {}).items()
    }


def _hook_events(send: Send) -> None:
    send_to_targets = Rule.send_to_targets

    def matches(self: EventPattern, event: Any) -> bool:
        return compile_pattern(self.get_pattern() or {})(json.loads(json.dumps(event)))

    def hooked(self: Rule, original_event: Any, transform_input: bool = True) -> None:
        if self.state != "ENABLED" or self.scheduled_expression:
            return
        if not self.event_pattern.matches_event(original_event):
            return
        functions = [one for one in self.targets if ":lambda:" in one["Arn"]]
        for target in functions:
            send("events", function_arn=target["Arn"], rule_arn=self.arn, target=target,
                 event=original_event)  # fmt: skip
        others = [one for one in self.targets if one not in functions]
        everything, self.targets = self.targets, others
        try:
            send_to_targets(self, original_event, transform_input)
        finally:
            self.targets = everything

    EventPattern.matches_event = matches  # type: ignore[method-assign]
    Rule.send_to_targets = hooked  # type: ignore[method-assign]
