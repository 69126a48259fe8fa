"""What functions do, and what becomes of them: real processes, from the caller's side."""

import json
import re
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.bench.measurements import deploy
from lambda_magic.core.errors import LambdaError
from lambda_magic.core.settings import Settings
from lambda_magic.function import Function
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.region import Region

Make = Callable[..., Function]

#: A handler that does what its event says, and answers how often it was called.
MISCHIEF = """
    import ctypes, os, signal, sys, time

    calls = 0

    def handler(event, context):
        global calls
        calls += 1
        if event is not None:
            exec(event)
        return calls
"""


def document(result: InvocationResult) -> dict[str, Any]:
    assert result.function_error == "Unhandled"
    payload = result.payload
    assert isinstance(payload, dict)
    return payload


@pytest.mark.parametrize(
    ("what", "error_type", "message"),
    [
        ("sys.exit()", "Runtime.ExitError", "Runtime exited without providing a reason"),
        ("sys.exit(3)", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        ("os._exit(1)", "Runtime.ExitError", "Runtime exited with error: exit status 1"),
        (
            "os.kill(os.getpid(), signal.SIGKILL)",
            "Runtime.ExitError",
            "Runtime exited with error: signal: killed",
        ),
        (
            "ctypes.string_at(0)",
            "Runtime.ExitError",
            "Runtime exited with error: signal: segmentation fault",
        ),
        ("os.abort()", "Runtime.ExitError", "Runtime exited with error: signal: aborted"),
        ("time.sleep(60)", "Sandbox.Timedout", "Task timed out after 1.00 seconds"),
    ],
)
def test_a_function_that_dies_is_reset_and_the_next_invocation_works(
    make: Make, what: str, error_type: str, message: str
) -> None:
    function = make(MISCHIEF, Timeout=1)
    assert function.invoke(None).payload == 1

    died = function.invoke(what)
    after = function.invoke(None)

    assert document(died) == {
        "errorType": error_type,
        "errorMessage": f"RequestId: {died.request_id} Error: {message}",
    }
    assert after.payload == 1, "the globals are gone with the process"
    assert after.report.init_duration_ms is None, "a suppressed Init is part of the duration"
    assert function.invoke(None).payload == 2


def test_tmp_survives_a_reset_and_globals_do_not(make: Make) -> None:
    function = make(MISCHIEF, Timeout=1)
    function.invoke("open('/tmp/note', 'w').write('kept')")
    function.invoke("os._exit(1)")

    result = function.invoke("assert open('/tmp/note').read() == 'kept'")

    assert (result.function_error, result.payload) == (None, 1)


def test_using_more_memory_than_there_is_ends_the_function(make: Make) -> None:
    function = make(
        """
        def handler(event, context):
            return len(bytearray(event * 1024 * 1024))
        """,
        MemorySize=128,
    )
    assert function.invoke(20).payload == 20 * 1024 * 1024

    died = function.invoke(1000)

    assert document(died) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {died.request_id} Error: Runtime exited with error: "
        "signal: killed",
    }
    assert died.report.max_memory_used_mb == 128
    assert function.invoke(1).payload == 1024 * 1024


def test_max_memory_used_is_measured(make: Make) -> None:
    function = make(
        """
        held = []

        def handler(event, context):
            held.append(b"x" * (event * 1024 * 1024))
        """,
        MemorySize=512,
    )
    before = function.invoke(0).report.max_memory_used_mb
    after = function.invoke(100).report.max_memory_used_mb

    assert 100 <= after - before <= 110


@pytest.mark.parametrize(
    ("source", "handler", "error_type", "message"),
    [
        (
            "import no_such_module",
            "app.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'no_such_module'",
        ),
        (
            "x = 1",
            "app.handler",
            "Runtime.HandlerNotFound",
            "Handler 'handler' missing on module 'app'",
        ),
        (
            "x = 1",
            "nowhere.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'nowhere': No module named 'nowhere'",
        ),
        ("raise ValueError('at import')", "app.handler", "ValueError", "at import"),
    ],
)
def test_a_function_that_cannot_be_imported(
    make: Make, source: str, handler: str, error_type: str, message: str
) -> None:
    result = make(source, Handler=handler).invoke({})

    assert document(result)["errorType"] == error_type
    assert document(result)["errorMessage"] == message
    assert document(result)["requestId"] == ""
    known = error_type if error_type.startswith("Runtime.") else "Runtime.Unknown"
    assert [line.split("\t")[1:] for line in result.logs.splitlines() if "INIT_REPORT" in line] == [
        ["Phase: init", "Status: error", f"Error Type: {known}"],
        ["Phase: invoke", "Status: error", f"Error Type: {known}"],
    ]


def test_a_result_that_is_no_json(make: Make) -> None:
    result = make("def handler(event, context):\n    return {1, 2}").invoke({})

    assert document(result)["errorType"] == "Runtime.MarshalError"
    assert document(result)["errorMessage"] == (
        "Unable to marshal response: Object of type set is not JSON serializable"
    )


def test_a_result_over_six_megabytes(make: Make) -> None:
    function = make("def handler(event, context):\n    return 'x' * event")

    result = function.invoke(6_291_555)

    assert document(result) == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size "
        "(6291556 bytes).",
    }
    assert len(function.invoke(6_291_554).payload_bytes) == 6_291_556


def test_an_exception_has_awss_document_and_log(make: Make) -> None:
    source = (
        "def handler(event, context):\n    def inner():\n        raise KeyError('a')\n    inner()"
    )
    result = make(source).invoke({})

    assert document(result) == {
        "errorMessage": "'a'",
        "errorType": "KeyError",
        "requestId": result.request_id,
        "stackTrace": [
            '  File "/var/task/app.py", line 4, in handler\n    inner()\n',
            "  File \"/var/task/app.py\", line 3, in inner\n    raise KeyError('a')\n",
        ],
    }
    assert "[ERROR] KeyError: 'a'" in result.logs
    assert "--> 3         raise KeyError('a')" in str(result), "shown in its own source"


def test_a_cold_start_a_warm_start_and_their_report_lines(make: Make) -> None:
    function = make("def handler(event, context):\n    print('one\\ntwo')\n    return event")
    cold, warm = function.invoke({"a": [1]}), function.invoke("x")

    assert (cold.payload, warm.payload) == ({"a": [1]}, "x")
    assert re.fullmatch(
        r"INIT_START Runtime Version: python:3\.\d+\.v1\tRuntime Version ARN: \S+\n"
        rf"START RequestId: {cold.request_id} Version: \$LATEST\n"
        r"one\ntwo\n"
        rf"END RequestId: {cold.request_id}\n"
        rf"REPORT RequestId: {cold.request_id}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\t"
        r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\t\n",
        cold.logs,
    )
    assert "Init Duration" not in warm.logs


def test_a_background_thread_stands_still_between_invocations(make: Make, region: Region) -> None:
    function = make(
        """
        import itertools, threading, time

        count = 0

        def run():
            global count
            while True:
                count += 1
                time.sleep(0.0001)

        threading.Thread(target=run, daemon=True).start()

        def handler(event, context):
            before = count
            time.sleep(event)
            return before, count
        """
    )
    frozen = []
    region.call(_frozen(region, function.name, frozen))
    _, stopped_at = function.invoke(0.05).payload
    # However long it stays frozen, the thread has had the few milliseconds before it only.
    _wait_until(region, lambda: len(frozen) == 1)
    for _ in range(50):
        region.flush()
    started_at, later = function.invoke(0.05).payload

    assert later > started_at, "it goes on with the environment"
    assert started_at - stopped_at < 200


async def _frozen(region: Region, function_name: str, frozen: list[object]) -> None:
    def receive(events: Any) -> None:
        frozen.extend(
            event
            for event in events
            if event.type == "environment.changed"
            and event.state == "Frozen"
            and event.origin.function_name == function_name
        )

    region.bus.subscribe(receive)


def _wait_until(region: Region, condition: Callable[[], bool]) -> None:
    for _ in range(100_000):
        if condition():
            return
        region.flush()
    raise AssertionError("It did not happen")


def test_a_function_that_dies_between_invocations(tmp_path: Path) -> None:
    source = textwrap.dedent(
        """
        import os, threading

        def handler(event, context):
            if event == "die":
                threading.Timer(0.001, os._exit, [1]).start()
            return os.getpid()
        """
    )
    # Never frozen, so that it can die while it has nothing to do.
    region = Region(Settings(home=tmp_path, freeze_delay=600))
    function = deploy(region, "mortal", source)
    function.invoke("die")
    _wait_until(region, lambda: [one.state for one in _of(region, function)] == ["Reset"])

    results = list(function.map(["live", "live"], concurrency=2))
    region.close()

    assert [result.function_error for result in results] == [None, None]


def _of(region: Region, function: Function) -> list[Any]:
    return [one for one in region.environments() if one.function_name == function.name]


def test_closing_answers_everyone_who_invokes(tmp_path: Path) -> None:
    region = Region(Settings(home=tmp_path))
    function = deploy(region, "hello", "import time\ndef handler(e, c):\n    time.sleep(0.01)")
    function.invoke()
    outcomes: list[str] = []

    def invoke_until_closed() -> None:
        while True:
            try:
                outcomes.append(str(function.invoke().function_error))
            except LambdaError as error:
                outcomes.append(error.code)
                return

    threads = [threading.Thread(target=invoke_until_closed) for _ in range(4)]
    for thread in threads:
        thread.start()
    region.close()
    for thread in threads:
        thread.join(10)

    assert not any(thread.is_alive() for thread in threads)
    assert outcomes.count("ServiceException") == 4


def test_what_it_may_see_of_the_machine(make: Make) -> None:
    function = make(
        """
        import os

        def handler(event, context):
            return {
                "cwd": os.getcwd(),
                "task": sorted(os.listdir("/var/task")),
                "environment": dict(os.environ),
            }
        """,
        Environment={"Variables": {"GREETING": "hi"}},
        MemorySize=256,
    )
    seen = function.invoke({}).payload

    assert seen["task"] == ["app.py"]
    variables = seen["environment"]
    assert variables["GREETING"] == "hi"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == function.name
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert variables["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"
    assert variables["AWS_LAMBDA_INITIALIZATION_TYPE"] == "on-demand"
    assert variables["_HANDLER"] == "app.handler"
    assert variables["TZ"] == ":UTC"
    assert not {"HOME", "USER", "PYTEST_CURRENT_TEST", "VIRTUAL_ENV"} & set(variables)


def test_the_context_says_what_aws_says(make: Make) -> None:
    function = make(
        """
        def handler(event, context):
            return [
                context.function_name, context.function_version, context.memory_limit_in_mb,
                context.invoked_function_arn, context.aws_request_id,
                context.log_group_name, context.get_remaining_time_in_millis(),
            ]
        """,
        Timeout=10,
    )
    result = function.invoke({})
    *said, remaining = result.payload

    assert said == [
        function.name,
        "$LATEST",
        "128",
        f"arn:aws:lambda:us-east-1:123456789012:function:{function.name}",
        result.request_id,
        f"/aws/lambda/{function.name}",
    ]
    assert 9000 < remaining <= 10_000


def test_many_events_at_once_come_back_in_order(make: Make) -> None:
    function = make("def handler(event, context):\n    return event * event")

    results = list(function.map(range(100), concurrency=5))

    assert [result.payload for result in results] == [number * number for number in range(100)]


def test_an_event_that_is_no_json_takes_its_place_in_a_map(make: Make) -> None:
    function = make("def handler(event, context):\n    return event")

    first, second, third = function.map([1, {2}, 3], concurrency=2)

    assert (first.payload, third.payload) == (1, 3)
    assert second.status_code == 400
    with pytest.raises(LambdaError, match="Could not parse request body into json"):
        second.raise_for_error()


async def test_awaiting_many_at_once(make: Make) -> None:
    import asyncio

    function = make("def handler(event, context):\n    return event")

    results = await asyncio.gather(*(function.ainvoke(number) for number in range(20)))

    assert [result.payload for result in results] == list(range(20))


def test_throttles_in_a_map_are_results_with_their_reason(make: Make, region: Region) -> None:
    function = make("import time\ndef handler(event, context):\n    time.sleep(0.2)")
    region.client().put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=1
    )

    results = list(function.map([None] * 3, concurrency=3))
    region.client().delete_function_concurrency(FunctionName=function.name)

    assert sorted(result.status_code for result in results) == [200, 429, 429]
    throttled = next(result for result in results if result.status_code == 429)
    assert throttled.payload == {
        "Type": "User",
        "message": "Rate Exceeded.",
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
    }


def test_log_tail_is_the_last_four_kilobytes(make: Make, region: Region) -> None:
    import base64

    function = make("def handler(event, context):\n    print('x' * 10_000)\n    print('the end')")

    response = region.client().invoke(
        FunctionName=function.name, LogType="Tail", Payload=json.dumps(None)
    )
    tail = base64.b64decode(response["LogResult"])

    assert len(tail) == 4096
    assert b"the end\nEND RequestId" in tail


@pytest.mark.slow
def test_a_thousand_environments_at_once(make: Make, region: Region) -> None:
    function = make(
        """
        import os, time

        def handler(event, context):
            # All of them wait for the same moment, so all have to be there at once.
            time.sleep(max(0, event - time.time()))
            return os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        """,
        Timeout=300,
    )
    import time

    until = time.time() + 45
    streams = set()
    for result in function.map([until] * 1000, concurrency=1000):
        result.raise_for_error()
        streams.add(result.payload)

    assert len(streams) == 1000
