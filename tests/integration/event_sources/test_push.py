"""S3, SNS, EventBridge and its Scheduler invoke functions, set up with plain boto3."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.embedded_aws.process import EmbeddedAws

from .conftest import Place, make_client
from .test_sqs import hasten, wait_for

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:hello"


class Pushed:
    """A region, an embedded AWS that tells it of everything, and the events of its function."""

    def __init__(self, home: Path) -> None:
        self.events: list[Any] = []
        self.failures = 0
        self.embedded = EmbeddedAws(
            home, account_id="123456789012", region_name="us-east-1", receive=self._receive
        )
        self.aws("iam").create_role(RoleName="lambda", AssumeRolePolicyDocument="{}")
        self.here = Place(home, self.embedded.url, self._handle)
        self.here.create()

    def aws(self, service: str) -> Any:
        return make_client(self.embedded.url, service)

    def allow(self, service: str, source_arn: str) -> None:
        self.here.client.add_permission(
            FunctionName="hello",
            StatementId=service,
            Action="lambda:InvokeFunction",
            Principal=f"{service}.amazonaws.com",
            SourceArn=source_arn,
        )

    def close(self) -> None:
        self.here.region.close()
        self.embedded.stop()

    def _handle(self, event: Any) -> None:
        if self.failures:
            self.failures -= 1
            raise ValueError("not yet")
        self.events.append(event)

    def _receive(self, notification: Any) -> None:
        region = self.here.region
        region.call(region.event_sources.push.receive(notification))


@pytest.fixture
def pushed(tmp_path: Path) -> Iterator[Pushed]:
    made = Pushed(tmp_path)
    yield made
    made.close()


def test_objects_of_a_bucket(pushed: Pushed) -> None:
    s3 = pushed.aws("s3")
    s3.create_bucket(Bucket="photos")
    pushed.allow("s3", "arn:aws:s3:::photos")
    rules = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".jpg"}]
    s3.put_bucket_notification_configuration(
        Bucket="photos",
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {
                    "LambdaFunctionArn": FUNCTION,
                    "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
                    "Filter": {"Key": {"FilterRules": rules}},
                }
            ]
        },
    )
    for key in ("in/a b.jpg", "in/a.png", "out/a.jpg"):
        s3.put_object(Bucket="photos", Key=key, Body=b"photo")
    s3.delete_object(Bucket="photos", Key="in/a b.jpg")
    assert wait_for(lambda: len(pushed.events) == 2)
    created, removed = (event["Records"][0] for event in pushed.events)
    assert created["eventName"] == "ObjectCreated:Put"
    assert created["s3"]["object"]["key"] == "in/a+b.jpg"
    assert created["s3"]["object"]["size"] == 5
    assert removed["eventName"] == "ObjectRemoved:Delete"


def test_messages_of_a_topic(pushed: Pushed) -> None:
    sns = pushed.aws("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    pushed.allow("sns", topic)
    sns.subscribe(
        TopicArn=topic,
        Protocol="lambda",
        Endpoint=FUNCTION,
        Attributes={"FilterPolicy": json.dumps({"kind": ["good"]})},
    )
    for kind in ("bad", "good"):
        attributes = {"kind": {"DataType": "String", "StringValue": kind}}
        sns.publish(TopicArn=topic, Message=f"{kind} news", MessageAttributes=attributes)
    assert wait_for(lambda: pushed.events)
    ((record,),) = (event["Records"] for event in pushed.events)
    assert record["Sns"]["Message"] == "good news"
    assert record["Sns"]["TopicArn"] == topic
    assert record["Sns"]["MessageAttributes"] == {"kind": {"Type": "String", "Value": "good"}}


def test_events_that_fit_a_rule(pushed: Pushed) -> None:
    events = pushed.aws("events")
    rule = events.put_rule(
        Name="orders", EventPattern=json.dumps({"detail": {"amount": [{"numeric": [">", 9]}]}})
    )["RuleArn"]
    pushed.allow("events", rule)
    events.put_targets(Rule="orders", Targets=[{"Id": "1", "Arn": FUNCTION}])
    events.put_events(
        Entries=[
            {"Source": "shop", "DetailType": "order", "Detail": json.dumps({"amount": amount})}
            for amount in (5, 10)
        ]
    )
    assert wait_for(lambda: pushed.events)
    (event,) = pushed.events
    assert event["detail"] == {"amount": 10}
    assert event["source"] == "shop"
    assert event["detail-type"] == "order"


def test_a_function_that_fails_is_tried_again_as_for_any_event(pushed: Pushed) -> None:
    pushed.failures = 2
    pushed.here.region.call(hasten(pushed.here))
    sns = pushed.aws("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    pushed.allow("sns", topic)
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION)
    sns.publish(TopicArn=topic, Message="hi")
    assert wait_for(lambda: pushed.events)
    assert pushed.here.region.metrics.function("hello")["Errors"]["Sum"] == 2


def test_nobody_invokes_without_permission(
    pushed: Pushed, caplog: pytest.LogCaptureFixture
) -> None:
    sns = pushed.aws("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION)
    sns.publish(TopicArn=topic, Message="hi")
    assert wait_for(lambda: caplog.text)
    assert f"sns.amazonaws.com may not invoke {FUNCTION} for {topic}" in caplog.text
    pushed.allow("sns", topic)
    sns.publish(TopicArn=topic, Message="again")
    assert wait_for(lambda: pushed.events)
    assert [event["Records"][0]["Sns"]["Message"] for event in pushed.events] == ["again"]


def test_schedules(pushed: Pushed) -> None:
    events, scheduler = pushed.aws("events"), pushed.aws("scheduler")
    rule = events.put_rule(Name="nightly", ScheduleExpression="cron(0 3 * * ? *)")["RuleArn"]
    pushed.allow("events", rule)
    target = {"Id": "1", "Arn": FUNCTION, "Input": '{"from": "rule"}'}
    events.put_targets(Rule="nightly", Targets=[target])
    scheduler.create_schedule(
        Name="often",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": FUNCTION,
            "RoleArn": "arn:aws:iam::123456789012:role/lambda",
            "Input": '{"from": "scheduler"}',
        },
    )
    followed = pushed.here.region.event_sources.schedules
    assert wait_for(lambda: len(followed) == 2)
    pushed.here.region.call(hasten(pushed.here))
    assert wait_for(lambda: sum(one == {"from": "rule"} for one in pushed.events) >= 2)
    pushed.here.region.call(slow_down(pushed.here))
    # A day has 24 hours.
    first = pushed.events.index({"from": "rule"})
    second = pushed.events.index({"from": "rule"}, first + 1)
    assert second - first - 1 in (23, 24)


def test_there_may_be_more_schedules_than_a_page_lists(pushed: Pushed) -> None:
    events = pushed.aws("events")
    for number in range(51):
        name = f"rule-{number}"
        events.put_rule(Name=name, ScheduleExpression="rate(1 day)")
        events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": FUNCTION}])
    assert len(events.list_rules()["Rules"]) < 51
    followed = pushed.here.region.event_sources.schedules
    assert wait_for(lambda: len(followed) == 51)


async def slow_down(here: Place) -> None:
    here.region.clock.speed = 1.0


def test_what_is_pushed_while_there_is_no_kernel_comes_later(tmp_path: Path) -> None:
    """The kernel ends before it has taken what it was told: it is told again."""
    first = Pushed(tmp_path)
    sns = first.aws("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    first.allow("sns", topic)
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION)
    first.here.region.close()  # so nothing can be taken any more
    sns.publish(TopicArn=topic, Message="hi")
    first.embedded.stop()
    events: list[Any] = []
    region = Place(tmp_path, "http://127.0.0.1:9", events.append).region

    def receive(told: Any) -> None:
        region.call(region.event_sources.push.receive(told))

    again = EmbeddedAws(
        tmp_path, account_id="123456789012", region_name="us-east-1", receive=receive
    )
    assert wait_for(lambda: events)
    assert events[0]["Records"][0]["Sns"]["Message"] == "hi"
    region.close()
    again.stop()
