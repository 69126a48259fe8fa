"""What the monitor shows of mappings, against the embedded AWS."""

import asyncio
from collections.abc import Callable
from typing import Any

from lambda_magic.event_sources.poller_reports import ELSEWHERE
from lambda_magic.monitoring.source_table import SourceRow, source_rows
from lambda_magic.monitoring.timeline import timeline

from .conftest import Place
from .test_sqs import Queue, wait_for
from .test_streams import Stream

MakePlace = Callable[..., Place]
Aws = Callable[[str], Any]


def rows(here: Place) -> list[SourceRow]:
    """The table as the monitor has it now."""

    async def look() -> list[SourceRow]:
        here.region.bus.flush()
        return source_rows(timeline(here.region.recent.events(), ["hello"]).pollers)

    return here.region.call(look())


def wait_for_row(here: Place, test: Callable[[SourceRow], bool]) -> SourceRow:
    """The one mapping's row, as soon as it is as it should be."""
    found: SourceRow = wait_for(lambda: next(filter(test, rows(here)), None))
    return found


def test_a_queue_that_waits_shows_its_lag_until_it_is_empty(
    place: MakePlace, aws: Aws, name: str
) -> None:
    gate = asyncio.Event()
    queue = Queue(aws("sqs"), name, VisibilityTimeout="60")
    here = place(lambda event: gate.wait(), Timeout=60)
    queue.send(*range(40))
    uuid = here.map(queue.arn, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})

    # Two batches of one message are with the function; the others wait.
    behind = wait_for_row(here, lambda row: "waiting" in row.lag)
    assert behind[:4] == (f"sqs:{name}", "hello", "Enabled", "2 pollers")
    here.region.loop_thread.call_soon(gate.set)
    done = wait_for_row(here, lambda row: row.polled == "40" and row.lag == "none")
    assert (done.failed, done.is_alarm) == ("0", False)
    assert f"sqs:{name} → hello: Enabled, 2 pollers, 40 polled" in str(here.region.timeline())
    assert f">sqs:{name}</text>" in here.region.timeline("hello").svg()

    here.client.update_event_source_mapping(UUID=uuid, Enabled=False)
    wait_for_row(here, lambda row: row.state == "Disabled" and row.pollers == "0 pollers")
    here.client.delete_event_source_mapping(UUID=uuid)
    assert wait_for(lambda: not rows(here))


def test_a_function_that_fails_is_an_alarm(place: MakePlace, aws: Aws, name: str) -> None:
    def fail(event: Any) -> None:
        raise ValueError(event)

    stream = Stream(aws("kinesis"), name)
    here = place(fail)
    stream.put(1, 2, 3)
    here.map(stream.arn, StartingPosition="TRIM_HORIZON", MaximumRetryAttempts=5)

    # A record that is tried again and again is the lag of the whole shard.
    row = wait_for_row(here, lambda row: row.is_alarm and row.failed == "3")
    assert (row.source, row.pollers, row.polled) == (f"kinesis:{name}", "1 shard", "3")
    assert row.last_result == "PROBLEM: Function call failed"
    assert row.lag != "none"


def test_what_another_process_polls_is_told_so(place: MakePlace, aws: Aws, name: str) -> None:
    queue = Queue(aws("sqs"), name)
    first, second = place(lambda event: None), place(lambda event: None)
    first.map(queue.arn)
    wait_for_row(first, lambda row: row.pollers == "5 pollers")
    row = wait_for_row(second, lambda row: row.last_result == ELSEWHERE)
    assert (row.source, row.state, row.pollers) == (f"sqs:{name}", "Enabled", "0 pollers")

    first.region.close()
    row = wait_for_row(second, lambda row: row.pollers == "5 pollers")
    assert row.last_result != ELSEWHERE
