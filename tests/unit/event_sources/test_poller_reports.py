from typing import Any

import pytest

from lambda_magic.core.clock import ManualClock
from lambda_magic.event_sources.function_calls import FunctionCalls
from lambda_magic.event_sources.mapping import SourceMapping
from lambda_magic.event_sources.poller import Load
from lambda_magic.event_sources.poller_reports import PollerReports
from lambda_magic.monitoring.bus import Bus
from lambda_magic.monitoring.events import Event, PollerState

ARN = "arn:aws:sqs:us-east-1:123456789012:orders"
DOCUMENT: dict[str, Any] = {
    "FunctionName": "hello",
    "Qualifier": "LIVE",
    "EventSourceArn": ARN,
    "State": "Enabled",
}
MAPPING = SourceMapping(
    uuid="a", source_arn=ARN, function_name="hello", qualifier="LIVE", batch_size=10
)


class Place:
    """Reports, and what they have put on the bus."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.bus = Bus(self.clock)
        self._events: list[Event] = []
        self.bus.subscribe(self._events.extend)
        # Nothing is invoked here.
        self.functions = FunctionCalls(None, self.bus, self.clock)  # type: ignore[arg-type]
        self.reports = PollerReports(self.functions, self.bus, self.clock)

    def take(self) -> list[PollerState]:
        self.bus.flush()
        found = [one for one in self._events if isinstance(one, PollerState)]
        self._events.clear()
        return found


@pytest.fixture
def here() -> Place:
    return Place()


def test_it_tells_what_is_news_and_only_that(here: Place) -> None:
    for _ in range(3):
        here.reports.tell("a", DOCUMENT, Load(pollers=5, oldest=None, backlog=0))
        here.clock.advance(1.0)
    (told,) = here.take()
    assert (told.function_name, told.qualifier, told.source_arn) == ("hello", "LIVE", ARN)
    assert (told.state, told.pollers, told.lag_ms, told.backlog) == ("Enabled", 5, 0.0, 0)

    here.reports.tell("a", DOCUMENT | {"State": "Disabled"}, None)
    (told,) = here.take()
    assert (told.state, told.pollers, told.backlog) == ("Disabled", 0, None)


def test_the_lag_grows_while_the_oldest_record_waits(here: Place) -> None:
    load = Load(pollers=1, oldest=here.clock.time() - 0.5)
    for _ in range(2):
        here.reports.tell("a", DOCUMENT, load)
        here.clock.advance(1.0)

    assert [one.lag_ms for one in here.take()] == [500.0, 1500.0]


def test_a_source_whose_clock_is_ahead_does_not_lag(here: Place) -> None:
    here.reports.tell("a", DOCUMENT, Load(pollers=1, oldest=here.clock.time() + 5))

    assert [one.lag_ms for one in here.take()] == [0.0]


def test_it_adds_up_what_was_counted(here: Place) -> None:
    for number in (10, 0, 5):
        here.functions.count(MAPPING, "PolledEventCount", number)
    here.functions.count(MAPPING, "FailedInvokeEventCount", 2)
    here.reports.tell("a", DOCUMENT, None)
    here.reports.tell("b", DOCUMENT, None)

    assert [(one.uuid, one.polled, one.failed) for one in here.take()] == [
        ("a", 15, 2), ("b", 0, 0),
    ]  # fmt: skip


def test_a_mapping_that_is_gone_is_told_once_and_begins_anew(here: Place) -> None:
    here.functions.count(MAPPING, "PolledEventCount", 10)
    here.reports.tell("a", DOCUMENT, Load(pollers=5, oldest=1.0))
    here.take()
    for _ in range(2):
        here.reports.keep([])
    (told,) = here.take()
    assert (told.state, told.pollers, told.lag_ms) == ("Deleted", 0, 0.0)

    here.reports.tell("a", DOCUMENT, None)
    assert [one.polled for one in here.take()] == [0]
