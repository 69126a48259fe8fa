from typing import Any

import pytest

from lambda_magic.core.errors import InvalidParameterException
from lambda_magic.monitoring import tail as module
from lambda_magic.monitoring.logs import LogEvent
from lambda_magic.monitoring.tail import Tail, level_of

from .conftest import ENVIRONMENT_ID, REQUEST_ID, make_invocation, make_origin, make_report


def a_log_event(message: str, timestamp: int = 900_000, stream: str = "s") -> LogEvent:
    return LogEvent(stream, timestamp, timestamp, message, None)


def messages(events: list[Any]) -> list[str]:
    return [event.message for event in events]


@pytest.mark.parametrize(
    ("message", "level", "is_platform"),
    [
        ("plain words\n", "INFO", False),
        ("[WARNING]\t2026-01-31T00:00:00Z\tid\tslow\n", "WARN", False),
        ("[ERROR] KeyError: 'name'\n", "ERROR", False),
        ('{"level": "debug", "timestamp": "2026-01-31T00:00:00Z"}', "DEBUG", False),
        ("START RequestId: 1 Version: 1\n", "INFO", True),
        ("REPORT RequestId: 1\tDuration: 1 ms\tStatus: timeout\n", "ERROR", True),
        ("INIT_REPORT Init Duration: 1 ms\tPhase: init\tStatus: error\n", "ERROR", True),
        ('{"time":"2026","type":"platform.start","record":{}}', "INFO", True),
        ('{"time":"2026","type":"platform.report","record":{"status":"timeout"}}', "ERROR", True),
    ],
)
def test_level(message: str, level: str, is_platform: bool) -> None:
    assert level_of(message) == (level, is_platform)


def test_takes_what_is_written_to_its_log() -> None:
    tail = Tail("hello")
    shown = tail.receive(make_invocation(messages=("one",)))
    assert [event.request_id for event in shown] == [REQUEST_ID] * 4
    assert messages(shown)[0].startswith("START RequestId")
    assert shown[1].row() == {
        "timestamp": 1_000_001,
        "level": "INFO",
        "platform": False,
        "requestId": REQUEST_ID,
        "version": "1",
        "environment": ENVIRONMENT_ID,
        "message": "one",
    }


def test_leaves_what_is_written_elsewhere() -> None:
    elsewhere = make_report(origin=make_origin(function_name="other"))
    assert Tail("hello").receive([elsewhere]) == []
    assert Tail("hello", versions=["2"]).receive(make_invocation()) == []
    assert Tail("hello", request_id="another").receive(make_invocation(init=True)) == []
    assert len(Tail("hello", request_id=REQUEST_ID).receive(make_invocation(init=True))) == 3
    assert len(Tail("hello", versions=["1"]).receive(make_invocation())) == 3


def test_a_pattern_chooses_what_is_shown_not_what_is_kept() -> None:
    tail = Tail("hello")
    tail.pattern = "two -three"
    shown = tail.receive(make_invocation(messages=("one", "two", "two three")))
    assert messages(shown) == ["two\n"]
    assert messages(tail.shown()) == ["two\n"]
    tail.pattern = ""
    assert len(tail.shown()) == 6
    with pytest.raises(InvalidParameterException):
        tail.pattern = "[ip, user]"
    assert tail.pattern == ""


def test_what_was_there_before_comes_first_and_once() -> None:
    tail = Tail("hello")
    (start, *_) = tail.receive(make_invocation())
    known = a_log_event(start.message, start.timestamp, start.log_stream)
    tail.begin_with([a_log_event("earlier\n"), known])
    assert messages(tail.shown())[0] == "earlier\n"
    assert messages(tail.shown()).count(start.message) == 1
    assert tail.text().startswith("earlier\nSTART")


def test_only_so_much_is_kept() -> None:
    tail = Tail("hello")
    tail.begin_with(a_log_event(f"{number}\n") for number in range(module.KEPT + 5))
    assert len(tail.shown()) == module.KEPT
    assert tail.shown()[0].message == "5\n"
