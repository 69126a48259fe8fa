"""The events with which S3, SNS and EventBridge invoke functions.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
"""

import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus, unquote_plus

Event = dict[str, Any]

_PATH_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]")
_PLACEHOLDER = re.compile(r'(")?<([\w.-]+)>(")?')


def s3_event(notification: Mapping[str, Any]) -> Event:
    """What the embedded AWS tells of an object, with the members that it leaves out."""
    return {"Records": [_s3_record(one) for one in notification["event"]["Records"]]}


def _s3_record(told: Mapping[str, Any]) -> Event:
    identity = {"principalId": "A3NL1KOZZKExample"}
    described = told["s3"]["object"]
    # Slashes stay as they are.
    found = {"key": quote_plus(unquote_plus(described["key"]), safe="/")}
    if told["eventName"].startswith("ObjectCreated"):
        found |= {"size": described["size"], "eTag": described["eTag"]}
    if "versionId" in described:
        found["versionId"] = described["versionId"]
    return {
        **told,
        "userIdentity": identity,
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {
            "x-amz-request-id": uuid.uuid4().hex[:16].upper(),
            "x-amz-id-2": uuid.uuid4().hex,
        },
        "s3": {
            **told["s3"],
            "bucket": {
                "name": told["s3"]["bucket"]["name"],
                "ownerIdentity": identity,
                "arn": told["s3"]["bucket"]["arn"],
            },
            "object": {**found, "sequencer": uuid.uuid4().hex[:18].upper()},
        },
    }


def sns_event(notification: Mapping[str, Any], time: float) -> Event:
    """A message that was published to a topic, at `time`."""
    region_name = notification["topic_arn"].split(":")[3]
    service = f"https://sns.{region_name}.amazonaws.com/"
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": notification["subscription_arn"],
                "Sns": {
                    "Type": "Notification",
                    "MessageId": notification["message_id"],
                    "TopicArn": notification["topic_arn"],
                    "Subject": notification["subject"],
                    "Message": notification["message"],
                    "Timestamp": timestamp(time),
                    "SignatureVersion": "1",
                    "Signature": "EXAMPLE",
                    "SigningCertUrl": f"{service}SimpleNotificationService.pem",
                    "UnsubscribeUrl": (
                        f"{service}?Action=Unsubscribe&SubscriptionArn="
                        f"{notification['subscription_arn']}"
                    ),
                    "MessageAttributes": notification["attributes"],
                },
            }
        ]
    }


def bus_event(told: Mapping[str, Any]) -> Event:
    """An event as it is on the bus."""
    event = {name: value for name, value in told.items() if name != "ingestion-time"}
    if isinstance(event["time"], int | float):
        event["time"] = _seconds(event["time"])
    return event


def scheduled_event(rule_arn: str, time: float) -> Event:
    """The event of a schedule that is due."""
    _, _, _, region_name, account_id, _ = rule_arn.split(":", 5)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account_id,
        "time": _seconds(time),
        "region": region_name,
        "resources": [rule_arn],
        "detail": {},
    }


def target_input(target: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str) -> bytes:
    """What a rule's target gets of an event, as JSON: Input, InputPath or InputTransformer.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    if "Input" in target:
        return str(target["Input"]).encode()
    if "InputPath" in target:
        return json.dumps(_at(event, target["InputPath"])).encode()
    if "InputTransformer" in target:
        return _transformed(target["InputTransformer"], event, rule_arn).encode()
    return json.dumps(event).encode()


def _transformed(transformer: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str) -> str:
    values: dict[str, Any] = {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
        "aws.events.event": event,
        "aws.events.event.json": event,
        "aws.events.event.ingestion-time": event.get("time"),
    }
    for name, path in (transformer.get("InputPathsMap") or {}).items():
        values[name] = _at(event, path)

    def written(match: re.Match[str]) -> str:
        before, name, after = match.groups(default="")
        if name not in values:
            return match[0]
        value = values[name]
        if before and after:
            # In quotes: text, whatever it is.
            text = value if isinstance(value, str) else json.dumps(value)
            return json.dumps(text)
        inner = json.dumps(value)
        if before or after or _within_text(match):
            inner = inner[1:-1] if isinstance(value, str) else inner.replace('"', '\\"')
        return f"{before}{inner}{after}"

    return _PLACEHOLDER.sub(written, transformer["InputTemplate"])


def _within_text(match: re.Match[str]) -> bool:
    """Whether a placeholder stands inside a string of the template."""
    before = match.string[: match.start()].replace('\\"', "")
    return before.count('"') % 2 == 1


def _at(document: Any, path: str) -> Any:
    """What a JSONPath leads to, or None: names and indexes, from "$" on."""
    for name, index, quoted in _PATH_STEP.findall(path.removeprefix("$")):
        if index:
            found = isinstance(document, list) and int(index) < len(document)
            document = document[int(index)] if found else None
        else:
            document = document.get(name or quoted) if isinstance(document, Mapping) else None
    return document


def _seconds(time: float) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%dT%H:%M:%SZ}"


def timestamp(time: float) -> str:
    """A time as most services write it, with milliseconds."""
    moment = datetime.fromtimestamp(time, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
