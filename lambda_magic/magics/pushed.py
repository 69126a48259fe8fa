"""Triggers that services push: buckets, topics and rules, as `%trigger` makes and lists them."""

import argparse
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from IPython.core.error import UsageError

from lambda_magic.magics.sources import Services, Source, no_topic

#: What a bucket tells of unless something else is asked for.
_CREATED = "s3:ObjectCreated:*"


@dataclass(frozen=True, slots=True)
class Target:
    """The function that is invoked."""

    #: Of Lambda.
    client: Any
    #: With its qualifier, as `FunctionName` takes it.
    name: str
    arn: str

    def allow(self, source: Source, source_arn: str) -> None:
        """Let the source's service invoke it, as AWS's console does along the way."""
        with suppress(self.client.exceptions.ResourceConflictException):  # it may already
            self.client.add_permission(
                FunctionName=self.name,
                StatementId=self._statement(source),
                Action="lambda:InvokeFunction",
                Principal=f"{source.kind}.amazonaws.com",
                SourceArn=source_arn,
            )

    def disallow(self, source: Source) -> None:
        """Take that back."""
        with suppress(self.client.exceptions.ResourceNotFoundException):
            self.client.remove_permission(
                FunctionName=self.name, StatementId=self._statement(source)
            )

    def _statement(self, source: Source) -> str:
        return f"trigger-{source.kind}-{zlib.crc32(str(source).encode()):08x}"


def change(
    services: Services, target: Target, source: Source, arguments: argparse.Namespace
) -> None:
    """Make, replace or delete a trigger. Raises `UsageError` where the source is not there."""
    client = services.client(source.kind)
    if arguments.delete:
        _REMOVERS[source.kind](client, target, source)
        target.disallow(source)
    else:
        target.allow(source, services.pushed_arn(source))
        _MAKERS[source.kind](client, target, source, arguments)


def rows(services: Services, prefix: str) -> Iterator[dict[str, Any]]:
    """The triggers of functions whose ARN begins so; none where a service is not there."""
    for kind, find in _FINDERS.items():
        with suppress(ClientError):
            for name, arn, about in find(services.client(kind)):
                if arn == prefix or arn.startswith(f"{prefix}:") or not prefix:
                    yield {
                        "Function": arn.partition(":function:")[2],
                        "Source": f"{kind}:{name}",
                        "State": "Enabled",
                        "About": about,
                    }


# Buckets...


def _configuration(client: Any, bucket: str) -> dict[str, Any]:
    try:
        found = client.get_bucket_notification_configuration(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
        raise UsageError(
            f"There is no bucket {bucket}: boto3.client('s3').create_bucket(Bucket={bucket!r})"
        ) from None
    return {key: value for key, value in found.items() if key != "ResponseMetadata"}


def _others(configuration: Mapping[str, Any], arn: str) -> list[dict[str, Any]]:
    given = configuration.get("LambdaFunctionConfigurations", ())
    return [one for one in given if one["LambdaFunctionArn"] != arn]


def _notify(client: Any, target: Target, source: Source, arguments: argparse.Namespace) -> None:
    configuration = _configuration(client, source.name)
    made: dict[str, Any] = {
        "LambdaFunctionArn": target.arn,
        "Events": arguments.events or [_CREATED],
    }
    options = {"prefix": arguments.prefix, "suffix": arguments.suffix}
    rules = [{"Name": name, "Value": value} for name, value in options.items() if value]
    if rules:
        made["Filter"] = {"Key": {"FilterRules": rules}}
    configuration["LambdaFunctionConfigurations"] = [*_others(configuration, target.arn), made]
    client.put_bucket_notification_configuration(
        Bucket=source.name, NotificationConfiguration=configuration
    )


def _notify_no_more(client: Any, target: Target, source: Source) -> None:
    configuration = _configuration(client, source.name)
    left = _others(configuration, target.arn)
    if len(left) == len(configuration.get("LambdaFunctionConfigurations", ())):
        raise _no_trigger(source, target)
    configuration["LambdaFunctionConfigurations"] = left
    client.put_bucket_notification_configuration(
        Bucket=source.name, NotificationConfiguration=configuration
    )


def _notified(client: Any) -> Iterator[tuple[str, str, str]]:
    for bucket in client.list_buckets()["Buckets"]:
        configuration = _configuration(client, bucket["Name"])
        for one in configuration.get("LambdaFunctionConfigurations", ()):
            rules = one.get("Filter", {}).get("Key", {}).get("FilterRules", ())
            about = [*one["Events"], *(f"{rule['Name']} {rule['Value']}" for rule in rules)]
            yield bucket["Name"], one["LambdaFunctionArn"], ", ".join(about)


# ...topics...


def _subscribe(client: Any, target: Target, source: Source, arguments: argparse.Namespace) -> None:
    topic = _topic(client, source.name)
    if (found := _subscription(client, topic, target.arn)) is not None:
        client.unsubscribe(SubscriptionArn=found)
    attributes = {"FilterPolicy": arguments.filter[0]} if arguments.filter else {}
    client.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=target.arn, Attributes=attributes)


def _unsubscribe(client: Any, target: Target, source: Source) -> None:
    found = _subscription(client, _topic(client, source.name), target.arn)
    if found is None:
        raise _no_trigger(source, target)
    client.unsubscribe(SubscriptionArn=found)


def _topic(client: Any, name: str) -> str:
    pages = client.get_paginator("list_topics").paginate()
    for topic in (one["TopicArn"] for page in pages for one in page["Topics"]):
        if topic.endswith(f":{name}"):
            return str(topic)
    raise no_topic(name)


def _subscription(client: Any, topic: str, arn: str) -> str | None:
    pages = client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    for one in (one for page in pages for one in page["Subscriptions"]):
        if one["Endpoint"] == arn:
            return str(one["SubscriptionArn"])
    return None


def _subscribed(client: Any) -> Iterator[tuple[str, str, str]]:
    pages = client.get_paginator("list_subscriptions").paginate()
    for one in (one for page in pages for one in page["Subscriptions"]):
        if one["Protocol"] == "lambda":
            found = client.get_subscription_attributes(SubscriptionArn=one["SubscriptionArn"])
            policy = found["Attributes"].get("FilterPolicy", "")
            yield one["TopicArn"].rpartition(":")[2], one["Endpoint"], policy


# ...rules.


def _put_target(client: Any, target: Target, source: Source, arguments: argparse.Namespace) -> None:
    if arguments.filter:
        client.put_rule(Name=source.name, EventPattern=arguments.filter[0])
    elif not _has_rule(client, source.name):
        raise UsageError(
            f"There is no rule {source.name}: --filter gives it a pattern, put_rule a schedule"
        )
    client.put_targets(Rule=source.name, Targets=[{"Id": _target_id(target), "Arn": target.arn}])


def _remove_target(client: Any, target: Target, source: Source) -> None:
    found = []
    if _has_rule(client, source.name):
        targets = client.list_targets_by_rule(Rule=source.name)["Targets"]
        found = [one["Id"] for one in targets if one["Arn"] == target.arn]
    if not found:
        raise _no_trigger(source, target)
    client.remove_targets(Rule=source.name, Ids=found)


def _has_rule(client: Any, name: str) -> bool:
    try:
        client.describe_rule(Name=name)
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


def _target_id(target: Target) -> str:
    return target.name.replace(":", "-")


def _targeted(client: Any) -> Iterator[tuple[str, str, str]]:
    for rule in client.list_rules()["Rules"]:
        about = rule.get("ScheduleExpression") or rule.get("EventPattern", "")
        for target in client.list_targets_by_rule(Rule=rule["Name"])["Targets"]:
            if ":lambda:" in target["Arn"]:
                yield rule["Name"], target["Arn"], about


def _no_trigger(source: Source, target: Target) -> UsageError:
    return UsageError(f"{source} is no trigger of {target.name}")


_MAKERS: Mapping[str, Callable[[Any, Target, Source, argparse.Namespace], None]] = {
    "s3": _notify,
    "sns": _subscribe,
    "events": _put_target,
}
_REMOVERS: Mapping[str, Callable[[Any, Target, Source], None]] = {
    "s3": _notify_no_more,
    "sns": _unsubscribe,
    "events": _remove_target,
}
_FINDERS: Mapping[str, Callable[[Any], Iterator[tuple[str, str, str]]]] = {
    "s3": _notified,
    "sns": _subscribed,
    "events": _targeted,
}
