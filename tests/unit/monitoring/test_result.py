import base64
import io
import json
import pickle
from html.parser import HTMLParser
from typing import Any

import pytest
from botocore.response import StreamingBody
from IPython.core.formatters import DisplayFormatter

from lambda_magic.core.errors import TooManyRequestsException
from lambda_magic.monitoring.cost import invocation_cost
from lambda_magic.monitoring.report_line import InvocationReport
from lambda_magic.monitoring.result import FunctionError, InvocationResult

from .conftest import REQUEST_ID, make_invocation, make_origin, make_report

ERROR = {
    "errorMessage": "no <name>",
    "errorType": "ValueError",
    "requestId": REQUEST_ID,
    "stackTrace": [
        '  File "/var/task/lambda_function.py", line 3, in handler\n    raise ValueError(1)\n'
    ],
}
SOURCE = {
    "lambda_function.py": "import os\ndef handler(event, context):\n    raise ValueError(1)\n",
}
LOG = (
    f"START RequestId: {REQUEST_ID} Version: 1\n"
    "one\n"
    f"END RequestId: {REQUEST_ID}\n"
    f"REPORT RequestId: {REQUEST_ID}\tDuration: 3.01 ms\tBilled Duration: 4 ms\t"
    "Memory Size: 128 MB\tMax Memory Used: 36 MB\t\n"
)


def make_result(**changes: Any) -> InvocationResult:
    members: dict[str, Any] = {
        "status_code": 200,
        "payload_bytes": b'{"greeting": "hi <Ada>"}',
        "function_error": None,
        "executed_version": "1",
        "request_id": REQUEST_ID,
        "function_name": "hello",
        "events": make_invocation(messages=("one",)),
    }
    return InvocationResult(**members | changes)


def make_failure(**changes: Any) -> InvocationResult:
    payload = json.dumps(ERROR).encode()
    return make_result(payload_bytes=payload, function_error="Unhandled", **changes)


def make_response(**changes: Any) -> dict[str, Any]:
    payload = b'{"greeting": "hi"}'
    return {
        "ResponseMetadata": {"RequestId": REQUEST_ID, "HTTPStatusCode": 200},
        "StatusCode": 200,
        "ExecutedVersion": "1",
        "LogResult": base64.b64encode(LOG.encode()).decode(),
        "Payload": StreamingBody(io.BytesIO(payload), len(payload)),
    } | changes


@pytest.mark.parametrize(
    ("payload_bytes", "payload"),
    [
        (b"", None),
        (b"null", None),
        (b'{"a": [1, 2.5, "x"]}', {"a": [1, 2.5, "x"]}),
        ('"Grüße"'.encode(), "Grüße"),
    ],
)
def test_payload(payload_bytes: bytes, payload: object) -> None:
    assert make_result(payload_bytes=payload_bytes).payload == payload


def test_logs_and_their_tail() -> None:
    result = make_result()
    assert result.logs == LOG
    assert base64.b64decode(result.log_result).decode() == LOG


def test_log_result_is_the_last_four_kilobytes() -> None:
    result = make_result(events=make_invocation(messages=("é" * 5_000,)))
    tail = base64.b64decode(result.log_result)
    assert len(tail) == 4096
    assert result.logs.encode().endswith(tail)


@pytest.mark.parametrize(
    ("origin", "options"),
    [
        ({}, {}),
        ({"architecture": "arm64"}, {"architecture": "arm64"}),
        ({"ephemeral_storage_mb": 1024}, {"ephemeral_storage_mb": 1024}),
        ({"initialization_type": "provisioned-concurrency"}, {"provisioned": True}),
    ],
)
def test_report(origin: dict[str, Any], options: dict[str, Any]) -> None:
    event = make_report(
        origin=make_origin(**origin), init_duration_ms=110.1, billed_duration_ms=114
    )
    assert make_result(events=(event,)).report == InvocationReport(
        duration_ms=3.01,
        billed_duration_ms=114,
        memory_size_mb=128,
        max_memory_used_mb=36,
        init_duration_ms=110.1,
        restore_duration_ms=None,
        cost_usd=invocation_cost(114, 128, **options),
    )


def test_a_success_raises_nothing() -> None:
    result = make_result()
    assert result.raise_for_error() is result
    assert (result.error_type, result.error_message, result.stack_trace) == (None, None, ())


def test_raise_for_error() -> None:
    result = make_failure()
    with pytest.raises(FunctionError, match="no <name>") as raised:
        result.raise_for_error()
    assert raised.value.error_type == result.error_type == "ValueError"
    assert raised.value.error_message == result.error_message == "no <name>"
    assert raised.value.stack_trace == result.stack_trace == tuple(ERROR["stackTrace"])
    assert raised.value._render_traceback_() == ["ValueError: no <name>"]


def test_a_function_error_is_one_line_and_can_be_pickled() -> None:
    error = FunctionError("two\nlines", error_type="ValueError", stack_trace=("frame",))
    assert error._render_traceback_() == ["ValueError: two lines"]
    copied = pickle.loads(pickle.dumps(error))
    assert copied.error_type == "ValueError"
    assert copied.stack_trace == ("frame",)


@pytest.mark.parametrize("payload", [b'"text"', b"{}", b"no JSON at all"])
def test_an_error_document_of_another_shape(payload: bytes) -> None:
    result = make_result(payload_bytes=payload, function_error="Handled")
    assert (result.error_type, result.error_message, result.stack_trace) == (None, None, ())
    with pytest.raises(FunctionError) as raised:
        result.raise_for_error()
    assert raised.value.error_type == "Error"
    assert raised.value.error_message == payload.decode()
    assert f"Error: {payload.decode()}" in Checker(result._repr_html_()).words
    assert str(result).endswith(f"Error: {payload.decode()}")


def test_from_a_response_of_the_api() -> None:
    result = InvocationResult.from_response(make_response(), function_name="hello")
    assert result.payload == {"greeting": "hi"}
    assert result.logs == LOG
    assert result.log_result == make_response()["LogResult"]
    assert result.report == make_result().report
    assert result.request_id == REQUEST_ID
    assert result.title == "hello:1"


def test_from_a_response_without_a_log() -> None:
    response = make_response()
    del response["LogResult"]
    result = InvocationResult.from_response(response, function_name="hello")
    assert result.logs == ""
    with pytest.raises(LookupError, match='LogType="Tail"'):
        _ = result.report
    assert repr(result) == "<InvocationResult hello:1 [200]>"
    assert str(result) == 'hello:1  200\n{"greeting": "hi"}'
    words = Checker(result._repr_html_()).words
    assert '{"greeting": "hi"}' in words
    assert "Billed" not in words


def test_from_a_response_to_an_event() -> None:
    result = InvocationResult.from_response(
        {"StatusCode": 202, "Payload": b""}, function_name="hello"
    )
    assert (result.status_code, result.payload, result.function_error) == (202, None, None)
    assert repr(result) == "<InvocationResult hello [202]>"
    assert "hello" in Checker(result._repr_html_()).words


def test_what_the_service_refused() -> None:
    error = TooManyRequestsException(Reason="ConcurrentInvocationLimitExceeded")
    result = make_result(
        status_code=429,
        payload_bytes=json.dumps(error.body()).encode(),
        executed_version="",
        request_id="",
        events=(),
        service_error=error,
    )
    with pytest.raises(TooManyRequestsException, match="Rate Exceeded"):
        result.raise_for_error()
    assert repr(result) == "<InvocationResult hello [429]>"
    assert str(result) == "hello  429\nTooManyRequestsException: Rate Exceeded."
    assert "TooManyRequestsException: Rate Exceeded." in Checker(result._repr_html_()).words


def test_repr() -> None:
    assert repr(make_result()) == "<InvocationResult hello:1 [200, 3.01 ms, billed 4 ms]>"
    assert repr(make_failure()) == (
        "<InvocationResult hello:1 [200 Unhandled, 3.01 ms, billed 4 ms]>"
    )


def test_text_of_a_success() -> None:
    assert str(make_result()) == (
        'hello:1  200  3.01 ms, billed 4 ms, 36 of 128 MB, $0.0000002083\n{"greeting": "hi <Ada>"}'
    )


def test_text_of_a_failure_points_at_the_line() -> None:
    assert str(make_failure(source=SOURCE)) == (
        "hello:1  200 Unhandled  3.01 ms, billed 4 ms, 36 of 128 MB, $0.0000002083\n"
        "ValueError: no <name>\n"
        "lambda_function.py, line 3\n"
        "    1 import os\n"
        "    2 def handler(event, context):\n"
        "--> 3     raise ValueError(1)"
    )


def test_text_of_a_failure_without_the_source() -> None:
    assert str(make_failure()).splitlines()[1:] == [
        "ValueError: no <name>",
        '  File "/var/task/lambda_function.py", line 3, in handler',
        "    raise ValueError(1)",
    ]


class Checker(HTMLParser):
    """Fails on tags that are not closed; collects the tags and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize(
    "result",
    [make_result(), make_failure(source=SOURCE), make_failure(), make_result(payload_bytes=b"")],
)
def test_html_is_static_and_well_formed(result: InvocationResult) -> None:
    page = Checker(result._repr_html_())
    assert set(page.tags) <= {"div", "span", "pre", "strong", "details", "summary"}
    assert "http" not in result._repr_html_()
    assert LOG in page.words


def test_html_says_what_happened() -> None:
    events = make_invocation(init=True, messages=("<script>alert(1)</script>",))
    html = make_result(events=events)._repr_html_()
    words = Checker(html).words
    assert "<script>" not in html
    for part in ('{"greeting": "hi <Ada>"}', "Init 110.10 ms", "114 ms", "36 of 128 MB"):
        assert part in words
    assert "$0.0000004375" in words


def test_html_of_a_failure_shows_the_failing_line() -> None:
    words = Checker(make_failure(source=SOURCE)._repr_html_()).words
    assert "ValueError: no <name>" in words
    assert "→ 3      raise ValueError(1)" in words
    assert 'File "/var/task/lambda_function.py", line 3' in words


def test_a_large_payload_is_shown_in_part() -> None:
    result = make_result(payload_bytes=json.dumps("x" * 1_000_000).encode())
    assert len(result._repr_html_()) < 30_000
    assert "980,002 more characters" in result._repr_html_()
    assert len(str(result)) < 30_000


@pytest.mark.parametrize("function_error", [None, "Unhandled"])
def test_half_a_character_is_shown_as_json_writes_it(function_error: str | None) -> None:
    payload = rb'{"errorType": "E\ud800", "errorMessage": "half \ud800"}'
    result = make_result(payload_bytes=payload, function_error=function_error)
    for shown in (str(result), result._repr_html_()):
        assert r"half \ud800" in shown
        assert shown.encode()
    assert result.payload["errorMessage"] == "half \ud800"
    if function_error:
        with pytest.raises(FunctionError) as error:
            result.raise_for_error()
        assert r"half \ud800" in str(error.value)


def test_a_response_that_is_no_json_is_shown_as_text() -> None:
    result = make_result(payload_bytes=b"plain text")
    assert str(result).endswith("\nplain text")
    assert "plain text" in result._repr_html_()


def test_the_bar_tells_init_handler_and_overhead_apart() -> None:
    html = make_result(events=make_invocation(init=True))._repr_html_()
    for part in ("Init 110.10 ms", "Handler 2.90 ms", "Overhead 0.11 ms"):
        assert part in html


def test_the_bar_of_a_log_line_knows_the_duration_only() -> None:
    html = InvocationResult.from_response(make_response(), function_name="hello")._repr_html_()
    assert "Duration 3.01 ms" in html
    assert "Overhead" not in html


def test_json_is_there_for_those_who_ask() -> None:
    formatter = DisplayFormatter()
    unasked, _ = formatter.format(make_failure())
    assert set(unasked) == {"text/html", "text/plain"}
    asked, _ = formatter.format(make_failure(), include={"application/json"})
    document = json.loads(json.dumps(asked["application/json"]))
    assert document["Payload"] == ERROR
    assert document["Report"]["billed_duration_ms"] == 4
    assert document["Logs"][0] == f"START RequestId: {REQUEST_ID} Version: 1"


def test_a_response_that_is_no_json_is_text_in_json() -> None:
    document = make_result(payload_bytes=b"<html>", events=()).to_dict()
    assert (document["Payload"], document["Report"]) == ("<html>", None)
