"""The runtime's loop, in an interpreter of its own: what it asks, answers and writes."""

import json
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import lambda_magic.runtimes

PACKAGE = Path(lambda_magic.runtimes.__file__).parent
EVENT = (
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
    "Lambda-Runtime-Aws-Request-Id: id-1\r\nLambda-Runtime-Deadline-Ms: 0\r\n"
    "Lambda-Runtime-Trace-Id: Root=1-2-3\r\n\r\n"
)
ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
START = """
import sys
sys.path.insert(0, sys.argv[1])
from runtimes.python import bootstrap
sys.path.pop(0)
environment, frames, raw, connection = sys.argv[2:]
bootstrap.prepare_interpreter()
bootstrap.become_runtime(environment.encode(), [int(frames), int(raw)], int(connection))
"""


class Runtime:
    """A runtime process, and the server's end of its connection."""

    def __init__(self, directory, source, **variables):
        (directory / "app.py").write_text(textwrap.dedent(source))
        self.api, theirs = socket.socketpair()
        self.api.settimeout(10)
        self.frames, frames = os.pipe()
        self.raw, raw = os.pipe()
        environment = {
            "environment_variables": {
                "_HANDLER": "app.handler",
                "AWS_LAMBDA_RUNTIME_API": "localhost:1",
                **variables,
            },
            "runtime_client": "lambda_magic",
            "task_root": str(directory),
            "opt": "/nowhere",
        }
        arguments = [json.dumps(environment), str(frames), str(raw), str(theirs.fileno())]
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", START, str(PACKAGE.parent), *arguments],
            pass_fds=[frames, raw, theirs.fileno()],
        )
        theirs.close()
        os.close(frames)
        os.close(raw)

    def request(self):
        """The next request: method and path, headers, body."""
        received = b""
        while b"\r\n\r\n" not in received:
            byte = self.api.recv(1)
            assert byte, f"The runtime has ended; it wrote {os.read(self.raw, 10_000).decode()}"
            received += byte
        head, _, _ = received.decode().partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        body = b""
        while len(body) < int(headers.get("Content-Length", 0)):
            body += self.api.recv(1)
        return first.removesuffix(" HTTP/1.1"), headers, body

    def send_event(self, payload):
        text = json.dumps(payload).encode()
        self.api.sendall(EVENT.format(len(text)).encode() + text)

    def invoke(self, payload):
        """Through one event: what it answers."""
        assert self.request()[0] == "GET /2018-06-01/runtime/invocation/next"
        self.send_event(payload)
        answer = self.request()
        self.api.sendall(ACCEPTED)
        return answer

    def end(self):
        """Close the connection; returns exit status, framed and raw output."""
        self.api.close()
        status = self.process.wait(10)
        outputs = []
        for fd in (self.frames, self.raw):
            with open(fd, "rb") as file:
                outputs.append(file.read())
        return status, *outputs


@pytest.fixture
def start(tmp_path):
    return lambda source, **variables: Runtime(tmp_path, source, **variables)


def test_an_event_becomes_a_response(start):
    runtime = start("""
        import os

        def handler(event, context):
            return [event, context.aws_request_id, os.environ["_X_AMZN_TRACE_ID"]]
    """)
    path, headers, body = runtime.invoke({"a": 1})
    assert path == "POST /2018-06-01/runtime/invocation/id-1/response"
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == [{"a": 1}, "id-1", "Root=1-2-3"]
    runtime.end()


def test_an_exception_becomes_an_error_and_a_log_record(start, tmp_path):
    runtime = start("""
        def handler(event, context):
            raise ValueError("bad event")
    """)
    path, headers, body = runtime.invoke(None)
    assert path == "POST /2018-06-01/runtime/invocation/id-1/error"
    assert headers["Lambda-Runtime-Function-Error-Type"] == "ValueError"
    trace = f'  File "{tmp_path}/app.py", line 3, in handler\n    raise ValueError("bad event")\n'
    assert json.loads(body) == {
        "errorMessage": "bad event",
        "errorType": "ValueError",
        "requestId": "id-1",
        "stackTrace": [trace],
    }
    _, frames, _ = runtime.end()
    assert frames[:4] == b"\xa5\x5a\x00\x17"
    assert frames[16:].startswith(b"[ERROR] ValueError: bad event\nTraceback (most recent call")


def test_a_result_that_is_no_json_is_an_error(start):
    runtime = start("def handler(event, context):\n    return {1, 2}\n")
    _, headers, body = runtime.invoke(None)
    assert headers["Lambda-Runtime-Function-Error-Type"] == "Runtime.MarshalError"
    assert json.loads(body) == {
        "errorMessage": "Unable to marshal response: Object of type set is not JSON serializable",
        "errorType": "Runtime.MarshalError",
        "requestId": "id-1",
        "stackTrace": [],
    }
    runtime.end()


def test_a_module_that_cannot_be_imported_fails_init(start):
    runtime = start("import nowhere\n")
    path, headers, body = runtime.request()
    runtime.api.sendall(ACCEPTED)
    assert path == "POST /2018-06-01/runtime/init/error"
    assert headers["Lambda-Runtime-Function-Error-Type"] == "Runtime.ImportModuleError"
    assert json.loads(body)["requestId"] == ""
    status, frames, _ = runtime.end()
    assert status == 1
    assert b"LAMBDA_WARNING: Unhandled exception." in frames


def test_logging_in_text_format(start):
    runtime = start(r"""
        import logging

        def handler(event, context):
            logging.warning("several\nlines")
            logging.info("not shown")
    """)
    runtime.invoke(None)
    _, frames, _ = runtime.end()
    kind, text = frames[:4], frames[16:].decode()
    assert kind == b"\xa5\x5a\x00\x03"
    level, when, request_id, message = text.split("\t")
    assert (level, request_id, message) == ("[WARNING]", "id-1", "several\nlines\n")
    assert when[10] == "T"
    assert when[-1] == "Z"


def test_logging_in_json_format(start):
    runtime = start(
        """
        import logging

        def handler(event, context):
            try:
                1 / 0
            except ZeroDivisionError:
                logging.getLogger("mine").exception("failed", extra={"more": {1}})
        """,
        AWS_LAMBDA_LOG_FORMAT="JSON",
        AWS_LAMBDA_LOG_LEVEL="TRACE",
    )
    runtime.invoke(None)
    _, frames, _ = runtime.end()
    assert frames[:4] == b"\xa5\x5a\x00\x16"
    record = json.loads(frames[16:])
    assert record["timestamp"].endswith("Z")
    del record["timestamp"]
    assert record.pop("location").endswith("app.py:handler:8")
    assert "    1 / 0\n" in record.pop("stackTrace")[0]
    assert record == {
        "level": "ERROR",
        "message": "failed",
        "logger": "mine",
        "errorType": "ZeroDivisionError",
        "errorMessage": "division by zero",
        "requestId": "id-1",
        "more": "{1}",
    }


@pytest.mark.parametrize("log_format", ["Text", "JSON"])
def test_a_log_record_that_cannot_be_formatted_fails_the_function(start, log_format):
    runtime = start(
        """
        import logging

        def handler(event, context):
            logging.warning("%d", "x")
        """,
        AWS_LAMBDA_LOG_FORMAT=log_format,
    )
    path, _, body = runtime.invoke(None)
    assert path.endswith("/error")
    assert json.loads(body)["errorType"] == "TypeError"
    runtime.end()


def test_streams_can_do_what_streams_of_text_can(start):
    runtime = start("""
        import sys

        def handler(event, context):
            for stream in (sys.stdout, sys.stderr):
                stream.reconfigure(line_buffering=True)
            return [sys.stdout.write_through, hasattr(sys.stdout, "nonsense")]
    """)
    assert json.loads(runtime.invoke(None)[2]) == [False, False]
    runtime.end()


def test_a_refused_response_is_logged_and_the_next_event_comes(start):
    runtime = start("def handler(event, context):\n    return event\n")
    assert runtime.request()[0].startswith("GET")
    runtime.send_event(1)
    runtime.request()
    runtime.api.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
    assert runtime.invoke(2)[2] == b"2"
    _, frames, _ = runtime.end()
    assert frames.endswith(b"Failed to post handler success response. Http response code: 413.")


def test_it_ends_with_the_server(start):
    status, frames, raw = start("def handler(event, context): pass\n").end()
    assert (status, frames, raw) == (1, b"", b"")


def test_the_stack_of_a_handler_has_nothing_of_ours_below_its_loop(start):
    runtime = start("""
        import sys, traceback

        def handler(event, context):
            return [frame.name for frame in traceback.extract_stack()]
    """)
    names = json.loads(runtime.invoke(None)[2])
    assert names[-3:] == ["serve", "_handle", "handler"]
    runtime.end()
