"""Queues of SQS as event sources, against the embedded AWS."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_magic.core import trace
from lambda_magic.embedded_aws.process import EmbeddedAws

from .conftest import Place, bodies

MakePlace = Callable[..., Place]
Aws = Callable[[str], Any]


class Queue:
    """A queue, and its messages as the test sees them."""

    def __init__(self, sqs: Any, name: str, **attributes: str) -> None:
        self._sqs = sqs
        self.url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.arn = f"arn:aws:sqs:us-east-1:123456789012:{name}"

    def send(self, *messages: Any, **members: Any) -> None:
        for first in range(0, len(messages), 10):
            entries = [
                {"Id": str(number), "MessageBody": json.dumps(message), **members}
                for number, message in enumerate(messages[first : first + 10])
            ]
            self._sqs.send_message_batch(QueueUrl=self.url, Entries=entries)

    def left(self) -> int:
        """Messages in it, those in flight included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return sum(int(found["Attributes"][one]) for one in names)


@pytest.fixture
def queue(aws: Aws, name: str) -> Queue:
    return Queue(aws("sqs"), name, VisibilityTimeout="5")


def test_messages_reach_the_function_and_are_deleted(
    place: MakePlace, queue: Queue, hear: Any
) -> None:
    events: list[Any] = []
    here = place(events.append)
    heard = hear(here.region)
    queue.send({"number": 1}, {"number": 2})
    uuid = here.map(queue.arn)
    heard.wait("DeletedEventCount", 2)
    assert sorted(one["number"] for event in events for one in bodies(event)) == [1, 2]
    record = events[0]["Records"][0]
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == queue.arn
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert queue.left() == 0
    assert here.mapping(uuid)["State"] == "Enabled"


def test_a_batch_is_gathered_in_its_window(place: MakePlace, queue: Queue, hear: Any) -> None:
    events: list[Any] = []
    here = place(events.append)
    heard = hear(here.region)
    queue.send(*range(25))
    here.map(queue.arn, BatchSize=25, MaximumBatchingWindowInSeconds=30)
    heard.wait("DeletedEventCount", 25)
    assert [len(event["Records"]) for event in events] == [25]


def test_the_window_is_virtual_time(place: MakePlace, queue: Queue, hear: Any) -> None:
    events: list[Any] = []
    here = place(events.append)
    here.region.call(hasten(here))
    heard = hear(here.region)
    queue.send(1)
    here.map(queue.arn, BatchSize=100, MaximumBatchingWindowInSeconds=300)
    heard.wait("DeletedEventCount", 1)
    assert [len(event["Records"]) for event in events] == [1]


async def hasten(here: Place) -> None:
    here.region.clock.speed = float("inf")


def test_what_is_filtered_out_is_deleted(place: MakePlace, queue: Queue, hear: Any) -> None:
    events: list[Any] = []
    here = place(events.append)
    heard = hear(here.region)
    pattern = json.dumps({"body": {"number": [{"numeric": [">=", 3]}]}})
    here.map(queue.arn, FilterCriteria={"Filters": [{"Pattern": pattern}]})
    queue.send(*({"number": number} for number in range(5)))
    heard.wait("DeletedEventCount", 5)
    assert sorted(one["number"] for event in events for one in bodies(event)) == [3, 4]
    assert heard.total("FilteredOutEventCount") == 3
    assert heard.total("PolledEventCount") == 5


def test_a_poison_message_in_a_batch(
    place: MakePlace, aws: Aws, name: str, queue: Queue, hear: Any
) -> None:
    """It alone comes again, and ends in the queue for dead letters."""
    dead = Queue(aws("sqs"), f"{name}-dead")
    policy = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2}
    source = Queue(
        aws("sqs"), f"{name}-source", VisibilityTimeout="5", RedrivePolicy=json.dumps(policy)
    )
    seen: Counter[int] = Counter()

    def handler(event: Any) -> Any:
        seen.update(bodies(event))
        failed = [r["messageId"] for r in event["Records"] if r["body"] == "5"]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}

    here = place(handler)
    here.region.call(hasten(here))
    heard = hear(here.region)
    source.send(*range(10))
    here.map(source.arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    heard.wait("FailedInvokeEventCount", 2)
    assert seen == Counter(range(10)) + Counter([5])
    assert heard.total("DeletedEventCount") == 9
    received = aws("sqs").receive_message(QueueUrl=dead.url, WaitTimeSeconds=20)["Messages"]
    assert [one["Body"] for one in received] == ["5"]


def test_a_function_that_fails_gets_its_messages_again(
    place: MakePlace, aws: Aws, name: str, hear: Any
) -> None:
    queue = Queue(aws("sqs"), name, VisibilityTimeout="5")
    attempts: list[str] = []

    def handler(event: Any) -> None:
        attempts.append(event["Records"][0]["attributes"]["ApproximateReceiveCount"])
        if len(attempts) == 1:
            raise ValueError("not yet")

    here = place(handler)
    heard = hear(here.region)
    queue.send("order")
    here.map(queue.arn)
    heard.wait("DeletedEventCount", 1)
    assert attempts == ["1", "2"]


def test_groups_of_a_fifo_queue_stay_in_order(
    place: MakePlace, aws: Aws, name: str, hear: Any
) -> None:
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    queue = Queue(aws("sqs"), f"{name}.fifo", VisibilityTimeout="30", **attributes)
    seen: dict[str, list[int]] = {"a": [], "b": []}

    def handler(event: Any) -> None:
        for record in event["Records"]:
            group, number = json.loads(record["body"])
            assert record["attributes"]["MessageGroupId"] == group
            seen[group].append(number)

    here = place(handler)
    heard = hear(here.region)
    for number in range(40):
        group = "ab"[number % 2]
        queue.send((group, number), MessageGroupId=group)
    here.map(queue.arn, BatchSize=3)
    heard.wait("DeletedEventCount", 40)
    assert seen == {"a": list(range(0, 40, 2)), "b": list(range(1, 40, 2))}


def test_a_throttled_function_while_the_queue_backs_up(
    place: MakePlace, queue: Queue, hear: Any
) -> None:
    seen: Counter[int] = Counter()
    here = place(lambda event: seen.update(bodies(event)))
    heard = hear(here.region)
    here.client.put_function_concurrency(FunctionName="hello", ReservedConcurrentExecutions=0)
    queue.send(*range(60))
    here.map(queue.arn)
    # All five batches there may be are waiting for concurrency; the rest stays in the queue.
    heard.wait("InvokedEventCount", 50)
    assert heard.total("PolledEventCount") == 50
    assert not seen
    here.client.put_function_concurrency(FunctionName="hello", ReservedConcurrentExecutions=1)
    heard.wait("DeletedEventCount", 60)
    assert set(seen) == set(range(60))


def test_maximum_concurrency(place: MakePlace, queue: Queue, hear: Any) -> None:
    running: list[int] = []
    most: list[int] = []

    async def handler(event: Any) -> None:
        running.append(1)
        most.append(len(running))
        # (The fake sandbox awaits it on the loop that everything runs on.)
        for _ in range(50):
            await asyncio.sleep(0)
        running.pop()

    here = place(handler)
    heard = hear(here.region)
    queue.send(*range(20))
    here.map(queue.arn, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    heard.wait("DeletedEventCount", 20)
    assert max(most) <= 2


def test_a_queue_deleted_under_the_poller(
    place: MakePlace, aws: Aws, queue: Queue, name: str, hear: Any
) -> None:
    events: list[Any] = []
    here = place(events.append)
    heard = hear(here.region)
    uuid = here.map(queue.arn)
    queue.send("before")
    heard.wait("DeletedEventCount", 1)
    aws("sqs").delete_queue(QueueUrl=queue.url)
    result = wait_for(lambda: here.mapping(uuid).get("LastProcessingResult"))
    assert result.startswith("PROBLEM: AWS.SimpleQueueService.NonExistentQueue: ")
    # One of the same name is taken for the same.
    Queue(aws("sqs"), name, VisibilityTimeout="5").send("after")
    heard.wait("DeletedEventCount", 2)
    assert here.mapping(uuid)["State"] == "Enabled"
    assert here.mapping(uuid)["LastProcessingResult"] == "OK"


def wait_for(look: Callable[[], Any], timeout: float = 60) -> Any:
    """What a look finds, as soon as it finds something."""
    tick = threading.Event()
    for _ in range(int(timeout * 50)):
        if found := look():
            return found
        tick.wait(0.02)
    raise AssertionError("It has not happened")


def test_a_function_that_fills_its_own_queue_is_stopped(
    place: MakePlace, aws: Aws, queue: Queue, hear: Any
) -> None:
    events: list[Any] = []
    here = place(events.append)
    heard = hear(here.region)
    function = here.client.get_function_configuration(FunctionName="hello")["FunctionArn"]
    lineage = f"Lineage=1:{trace.resource_hash(function)}:16"
    header = f"Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0;{lineage}"
    aws("sqs").send_message(
        QueueUrl=queue.url,
        MessageBody="again",
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": header}},
    )
    here.map(queue.arn)
    heard.wait("DroppedEventCount", 1)
    assert wait_for(lambda: queue.left() == 0)
    assert events == []


def test_a_function_that_was_deleted_is_a_problem_until_it_is_there_again(
    place: MakePlace, aws: Aws, name: str, hear: Any
) -> None:
    queue = Queue(aws("sqs"), name, VisibilityTimeout="5")
    events: list[Any] = []
    here = place(events.append)
    heard = hear(here.region)
    uuid = here.map(queue.arn)
    here.client.delete_function(FunctionName="hello")
    queue.send("order")
    result = wait_for(lambda: here.mapping(uuid).get("LastProcessingResult"))
    assert result.startswith("PROBLEM: ResourceNotFoundException: Function not found: ")
    here.create()
    heard.wait("DeletedEventCount", 1)
    assert here.mapping(uuid)["LastProcessingResult"] == "OK"
    assert len(events) == 1


def test_states(place: MakePlace, queue: Queue, hear: Any) -> None:
    here = place(lambda event: None)
    uuid = here.map(queue.arn)

    def state(wanted: str) -> Any:
        return lambda: here.mapping(uuid)["State"] == wanted

    assert wait_for(state("Enabled"))
    disabling = here.client.update_event_source_mapping(UUID=uuid, Enabled=False)
    assert disabling["State"] == "Disabling"
    assert wait_for(state("Disabled"))
    enabling = here.client.update_event_source_mapping(UUID=uuid, Enabled=True)
    assert enabling["State"] == "Enabling"
    assert wait_for(state("Enabled"))
    updating = here.client.update_event_source_mapping(UUID=uuid, BatchSize=1)
    assert updating["State"] == "Updating"
    assert wait_for(state("Enabled"))
    assert here.client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"

    def is_gone() -> bool:
        try:
            return here.mapping(uuid)["State"] != "Deleting"
        except ClientError as error:
            return error.response["Error"]["Code"] == "ResourceNotFoundException"

    assert wait_for(is_gone)


def test_a_disabled_mapping_is_not_polled_and_loses_nothing(
    place: MakePlace, queue: Queue, hear: Any
) -> None:
    events: list[Any] = []
    here = place(events.append)
    heard = hear(here.region)
    uuid = here.map(queue.arn, Enabled=False)
    queue.send("order")
    assert queue.left() == 1
    here.client.update_event_source_mapping(UUID=uuid, Enabled=True)
    heard.wait("DeletedEventCount", 1)
    assert len(events) == 1


def test_of_two_regions_on_one_home_one_polls(place: MakePlace, queue: Queue, hear: Any) -> None:
    seen: Counter[int] = Counter()
    first = place(lambda event: seen.update(bodies(event)))
    second = place(lambda event: seen.update(bodies(event)))
    heard = [hear(first.region), hear(second.region)]
    uuid = first.map(queue.arn)
    queue.send(*range(30))
    heard[0].wait("DeletedEventCount", 30)
    assert heard[1].total("PolledEventCount") == 0
    # Each of them may change it.
    second.client.update_event_source_mapping(UUID=uuid, BatchSize=5)
    for one in (first, second):
        assert wait_for(lambda one=one: one.mapping(uuid)["State"] == "Enabled")
    # When the one ends, the other one goes on.
    first.region.close()
    queue.send(*range(30))
    heard[1].wait("DeletedEventCount", 30)
    assert seen == Counter([*range(30), *range(30)])
    assert second.mapping(uuid)["State"] == "Enabled"


def test_closing_waits_for_no_long_poll(place: MakePlace, queue: Queue, hear: Any) -> None:
    here = place(lambda event: None)
    uuid = here.map(queue.arn)
    assert wait_for(lambda: here.mapping(uuid)["State"] == "Enabled")
    here.region.close()
    # What arrives at the abandoned request is given back at once.
    queue.send("order")
    again = place(lambda event: None)
    hear(again.region).wait("DeletedEventCount", 1, timeout=4)


def test_a_source_that_is_not_polled_says_so(place: MakePlace) -> None:
    here = place(lambda event: None)
    uuid = here.client.create_event_source_mapping(
        FunctionName="hello",
        EventSourceArn="arn:aws:kafka:us-east-1:123456789012:cluster/c/1",
        StartingPosition="LATEST",
        Topics=["topic"],
    )["UUID"]
    result = wait_for(lambda: here.mapping(uuid).get("LastProcessingResult", "No")[:7] == "PROBLEM")
    assert result
    assert here.mapping(uuid)["LastProcessingResult"] == (
        "PROBLEM: lambda_magic does not poll this mapping: its source is not supported."
    )


#: A kernel whose function says which messages it has seen.
VICTIM = """
import sys, json
from pathlib import Path
from lambda_magic.core.settings import Settings
from lambda_magic.environments.fake_sandbox import FakeSandboxFactory
from lambda_magic.region import Region

def handler(event):
    for record in event["Records"]:
        sys.stdout.write(record["body"] + "\\n")
        sys.stdout.flush()

settings = Settings(home=Path(sys.argv[1]), aws_endpoint_url=sys.argv[2])
region = Region(settings, factory=FakeSandboxFactory(handler))
sys.stdin.read()
"""

MESSAGES = 1000


@pytest.mark.parametrize("kills", [2])
def test_a_kernel_killed_in_the_middle_of_a_thousand_messages_loses_none(
    place: MakePlace, embedded: EmbeddedAws, aws: Aws, name: str, hear: Any,
    record_property: Callable[[str, object], None], kills: int,
) -> None:  # fmt: skip
    queue = Queue(aws("sqs"), name, VisibilityTimeout="5")
    here = place(lambda event: None)
    here.map(queue.arn)
    here.region.close()
    queue.send(*range(MESSAGES))
    seen: Counter[int] = Counter()
    for _ in range(kills):
        seen.update(killed_after(here.home, embedded.url, MESSAGES // 4))

    place(lambda event: seen.update(bodies(event)))
    assert wait_for(lambda: set(seen) == set(range(MESSAGES)), timeout=120)

    duplicates = seen.total() - MESSAGES
    record_property("duplicates", duplicates)
    # At most what was with the function, or on its way to being deleted, when it was killed.
    assert duplicates <= kills * 100
    assert wait_for(lambda: queue.left() == 0)


def killed_after(home: Path, url: str, number: int) -> list[int]:
    """Kill a kernel when it has seen so many messages; what it has seen."""
    process = subprocess.Popen(
        [sys.executable, "-c", VICTIM, home, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    seen: list[int] = []
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            seen.append(int(line))
            if len(seen) == number:
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    return seen
