from collections.abc import Callable

import pytest

from lambda_magic.core.clock import ManualClock
from lambda_magic.monitoring.bus import Bus
from lambda_magic.monitoring.events import InitReport, LogRecord, Throttle
from lambda_magic.monitoring.logs import LogEvent, Logs, LogText
from lambda_magic.store.journal import Journal

from .conftest import REQUEST_ID, make_invocation, make_origin, make_start

GROUP = "/aws/lambda/hello"


@pytest.fixture
def bus() -> Bus:
    return Bus(ManualClock())


@pytest.fixture
def logs(bus: Bus, journal: Journal) -> Logs:
    made = Logs(journal, flush=bus.flush)
    bus.subscribe(made.receive)
    return made


def test_reading_sees_all_that_was_published(bus: Bus, logs: Logs) -> None:
    for event in make_invocation(messages=("one", "two\nthree")):
        bus.publish(event)
    assert [event.message for event in logs.events(GROUP)] == [
        f"START RequestId: {REQUEST_ID} Version: 1\n",
        "one\n",
        "two\nthree\n",
        f"END RequestId: {REQUEST_ID}\n",
        f"REPORT RequestId: {REQUEST_ID}\tDuration: 3.01 ms\tBilled Duration: 4 ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 36 MB\t\n",
    ]


def test_a_log_event_knows_where_and_when(bus: Bus, logs: Logs) -> None:
    origin = make_origin()
    bus.publish(LogRecord(time=4_000_000_000.25, origin=origin, message="late", request_id=None))
    (event,) = logs.events(GROUP)
    assert event == LogEvent(
        log_stream=origin.log_stream,
        timestamp=4_000_000_000_250,
        ingestion_time=event.ingestion_time,
        message="late\n",
        request_id=None,
    )


def test_groups_and_streams(bus: Bus, logs: Logs) -> None:
    other = make_origin(log_group="/custom", log_stream="stream", function_name="other")
    bus.publish(LogRecord(time=4e9, origin=other, message="hello", request_id=None))
    for event in make_invocation(time=4e9):
        bus.publish(event)
    assert [group["logGroupName"] for group in logs.groups()] == [GROUP, "/custom"]
    assert logs.groups()[1]["storedBytes"] == len("hello\n")
    (stream,) = logs.streams("/custom")
    assert stream["logStreamName"] == "stream"
    assert stream["creationTime"] == stream["firstEventTimestamp"] == 4_000_000_000_000
    assert logs.streams("/none") == []


def test_filters_are_handed_on(bus: Bus, logs: Logs) -> None:
    for number in range(5):
        origin = make_origin(log_stream=f"stream {number % 2}")
        bus.publish(
            LogRecord(time=4e9 + number, origin=origin, message=f"{number}", request_id=f"{number}")
        )
    assert logs.text(GROUP, streams=["stream 1"]) == "1\n3\n"
    assert logs.text(GROUP, request_id="4") == "4\n"
    assert logs.text(GROUP, limit=2, tail=True) == "3\n4\n"
    assert logs.text(GROUP, start_ms=4_000_000_001_000, end_ms=4_000_000_002_000) == "1\n2\n"


def test_the_streams_of_a_function(bus: Bus, logs: Logs) -> None:
    names = ["[1]a", "[12]b", "other[1]c", "hello[1]d", "hello[$LATEST]e", "say-hello[1]f"]
    for group in ("/aws/lambda/hello", "shared"):
        for name in names:
            origin = make_origin(log_group=group, log_stream=f"2026/01/31/{name}")
            bus.publish(LogRecord(time=4e9, origin=origin, message=name, request_id=None))

    def found(group: str, versions: list[str] | None = None) -> list[str] | None:
        streams = logs.function_streams(group, "hello", versions)
        return streams and sorted(name.removeprefix("2026/01/31/") for name in streams)

    assert found("/aws/lambda/hello") is None
    assert found("/aws/lambda/hello", ["1"]) == ["[1]a"]
    assert found("shared") == ["hello[$LATEST]e", "hello[1]d"]
    assert found("shared", ["1"]) == ["hello[1]d"]
    assert found("shared", ["12"]) == []


def test_throttles_and_inits_that_went_well_leave_no_line(bus: Bus, logs: Logs) -> None:
    bus.publish(Throttle(time=4e9, function_name="hello", version="1", alias=None, reason="x"))
    origin = make_origin()
    bus.publish(
        InitReport(time=4e9, origin=origin, phase="init", status="success", duration_ms=1.0)
    )
    assert logs.groups() == []


def test_logs_survive_a_restart(bus: Bus, open_journal: Callable[[], Journal]) -> None:
    first = open_journal()
    bus.subscribe(Logs(first).receive)
    for event in make_invocation(messages=("kept",), time=4e9):
        bus.publish(event)
    bus.flush()
    first.close()
    assert "kept\n" in Logs(open_journal()).text(GROUP, request_id=REQUEST_ID)


def test_two_kernels_read_each_others_logs(open_journal: Callable[[], Journal]) -> None:
    mine, theirs = Logs(open_journal()), Logs(open_journal())
    mine.receive([make_start(4e9, request_id="mine")])
    mine.groups()
    theirs.receive([make_start(4e9 + 1, request_id="theirs")])
    theirs.groups()
    expected = "START RequestId: mine Version: 1\nSTART RequestId: theirs Version: 1\n"
    assert mine.text(GROUP) == theirs.text(GROUP) == expected


class Printer:
    def __init__(self) -> None:
        self.written = ""

    def text(self, text: str) -> None:
        self.written += text


def test_text_shows_itself_as_text() -> None:
    log, printer = LogText("START RequestId: 1 Version: 1\n<b>\n"), Printer()
    log._repr_pretty_(printer, False)
    assert printer.written == "START RequestId: 1 Version: 1\n<b>"
    assert "&lt;b&gt;" in log._repr_html_()
    assert str(log) == log
    assert isinstance(log, str)


def test_an_empty_log_says_so() -> None:
    printer = Printer()
    LogText()._repr_pretty_(printer, False)
    assert printer.written == "(no log events)"
    assert "No log events" in LogText()._repr_html_()
