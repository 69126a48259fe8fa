import json
from dataclasses import replace

from lambda_magic.event_sources.tumbling import STATE_LIMIT, Window
from lambda_magic.monitoring.result import InvocationResult

ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/s"


def result(response: object) -> InvocationResult:
    return InvocationResult(
        status_code=200,
        payload_bytes=json.dumps(response).encode(),
        function_error=None,
        executed_version="1",
        request_id="r",
        function_name="f",
    )


def test_windows_follow_one_another() -> None:
    window = Window.around(1_700_000_130.5, 120)
    assert (window.start, window.end) == (1_700_000_040, 1_700_000_160)
    assert Window.around(window.end, 120).start == window.end


def test_its_members_of_an_event() -> None:
    window = Window(1_700_000_040, 120, {"sum": 3})
    assert window.members("shardId-1", ARN, final=False) == {
        "window": {"start": "2023-11-14T22:14:00Z", "end": "2023-11-14T22:16:00Z"},
        "state": {"sum": 3},
        "shardId": "shardId-1",
        "eventSourceARN": ARN,
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
    }


def test_state_travels() -> None:
    window = Window.around(0, 60)
    assert window.state == {}
    assert window.after(result({"state": {"sum": 1}})).state == {"sum": 1}
    assert window.after(result(None)).state == {}
    assert window.after(result({"batchItemFailures": []})).state == {}
    assert Window(**window.kept()) == window
    assert window.after(replace(result(None), payload_bytes=b"no JSON")).state == {}


def test_a_state_that_is_too_large_ends_the_window() -> None:
    window = Window(0, 60, "x" * STATE_LIMIT)
    assert window.is_too_large
    assert window.members("s", ARN, final=True)["isWindowTerminatedEarly"]
