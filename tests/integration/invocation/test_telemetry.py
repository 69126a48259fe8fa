"""What subscribers of the Telemetry API and of the Logs API are sent: real extension processes."""

import io
import itertools
import json
import sys
import textwrap
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.spec import ENVIRONMENT_TAG
from lambda_magic.function import Function
from lambda_magic.monitoring.events import Event, LogRecord, LogsDropped
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.region import Region

SPY = Path(__file__).with_name("spy.py")
PATIENCE = 30
_numbers = itertools.count(1)

#: Does what its event says.
HANDLER = """
    import os, time

    def handler(event, context):
        if event:
            exec(event)
        return "done"
"""


class Watch:
    """Everything that a region's functions and extensions do and say."""

    def __init__(self, region: Region) -> None:
        self.events: list[Event] = []
        self._changed = threading.Condition()
        region.subscribe(self._receive)

    def _receive(self, events: Sequence[Event]) -> None:
        with self._changed:
            self.events.extend(events)
            self._changed.notify_all()

    def until(self, condition: Callable[[], object]) -> None:
        """Return when this holds."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE), self.said()

    def said(self) -> list[tuple[str, Any]]:
        """What the spy has printed, in the order of printing."""
        words = ("TOOK", "SUBSCRIBED", "EVENT")
        messages = [event.message for event in self.events if isinstance(event, LogRecord)]
        pairs = [message.split(" ", 1) for message in messages if message.startswith(words)]
        return [(word, json.loads(text)) for word, text in pairs]

    def heard(self, word: str) -> list[Any]:
        """What it has said with this word."""
        return [value for heard, value in self.said() if heard == word]

    def records(self) -> list[dict[str, Any]]:
        """All records that it was sent."""
        return [record for batch in self.heard("TOOK") for record in batch]

    def types(self) -> list[str]:
        """Their types."""
        return [record["type"] for record in self.records()]

    def of_type(self, kind: str) -> list[Any]:
        """What the records of a type say."""
        return [record["record"] for record in self.records() if record["type"] == kind]


class World:
    """A region, and functions in it that are spied upon."""

    def __init__(self, home: Path) -> None:
        self.region = Region(Settings(home=home))
        self.watch = Watch(self.region)
        self._layer = self._publish_layer()

    def _publish_layer(self) -> str:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as package:
            member = zipfile.ZipInfo("extensions/spy")
            member.external_attr = 0o755 << 16
            package.writestr(member, SPY.read_text())
        layer = self.region.client().publish_layer_version(
            LayerName="spy", Content={"ZipFile": file.getvalue()}
        )
        return layer["LayerVersionArn"]

    def make(self, source: str = HANDLER, *, layers: bool = True, **spy: Any) -> Function:
        """A function whose extension does what `spy` says."""
        members: dict[str, Any] = spy.pop("members", {})
        name = f"spied-{next(_numbers)}"
        files = {"app.py": textwrap.dedent(source).encode(), "spy.py": SPY.read_bytes()}
        self.region.client().create_function(
            FunctionName=name,
            Role="arn:aws:iam::123456789012:role/test",
            Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
            Handler="app.handler",
            Code={"ZipFile": build_zip(files)},
            Environment={"Variables": {"SPY": json.dumps(subscription() | spy)}},
            Layers=[self._layer] if layers else [],
            **{"Timeout": 30, **members},
        )
        self.region.client().get_waiter("function_active_v2").wait(FunctionName=name)
        return Function(self.region, name)


def subscription(
    *types: str, path: str = "2022-07-01/telemetry", version: str = "2022-12-13", **changes: Any
) -> dict[str, Any]:
    """What makes the spy subscribe so."""
    request = {
        "schemaVersion": version,
        "types": types or ("platform", "function"),
        "buffering": {"timeoutMs": 25},
        "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:4243"},
    }
    return {"path": path, "request": request | changes}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.region.close()


def metrics(result: InvocationResult) -> dict[str, float]:
    """The numbers of an invocation, as platform.report has them."""
    report = result.report
    found: dict[str, float] = {
        "durationMs": round(report.duration_ms, 3),
        "billedDurationMs": report.billed_duration_ms,
        "memorySizeMB": report.memory_size_mb,
        "maxMemoryUsedMB": report.max_memory_used_mb,
    }
    if report.init_duration_ms is not None:
        found["initDurationMs"] = round(report.init_duration_ms, 3)
    return found


INVOKED = ["platform.start", "function", "platform.runtimeDone", "platform.report"]


def test_every_event_comes_in_order_and_with_its_numbers(world: World) -> None:
    function = world.make(waits=True)
    cold = function.invoke("print('cold')")
    warm = function.invoke("print('warm')")
    failed = function.invoke("raise ValueError('no')")
    world.region.close()

    watch = world.watch
    types = watch.types()
    started = types.index("platform.start")
    # The runtime and the extension work side by side.
    assert sorted(types[1 : started - 2]) == [
        "platform.initRuntimeDone",
        "platform.telemetrySubscription",
    ]
    assert types[0] == "platform.initStart"
    assert types[started - 2 : started] == ["platform.extension", "platform.initReport"]
    assert types[started:] == INVOKED * 3
    times = [record["time"] for record in watch.records()]
    assert times == sorted(times)

    (init,) = watch.of_type("platform.initReport")
    assert init["metrics"]["durationMs"] == metrics(cold)["initDurationMs"]
    (extension,) = watch.of_type("platform.extension")
    assert extension == {"name": "spy", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"]}
    results = [cold, warm, failed]
    reports = watch.of_type("platform.report")
    assert [report["requestId"] for report in reports] == [one.request_id for one in results]
    assert [report["metrics"] for report in reports] == list(map(metrics, results))
    done = watch.of_type("platform.runtimeDone")
    assert [one["status"] for one in done] == ["success", "success", "failure"]
    assert done[2]["errorType"] == "ValueError"
    assert [one["metrics"]["producedBytes"] for one in done[:2]] == [6, 6]
    assert [span["name"] for span in done[0]["spans"]] == ["responseLatency", "responseDuration"]
    messages = watch.of_type("function")
    assert messages[:2] == ["cold", "warm"]
    assert "ValueError: no" in messages[2]
    assert watch.heard("EVENT") == ["INVOKE"] * 3 + ["SHUTDOWN"]


def test_a_container_is_reached_too(container_engine: Engine, world: World) -> None:
    function = world.make(waits=True, members={"Tags": {ENVIRONMENT_TAG: "container"}})
    results = [function.invoke(f"print({word!r})") for word in ("cold", "warm")]
    world.region.close()
    watch = world.watch
    started = watch.types().index("platform.start")
    assert watch.types()[started:] == INVOKED * 2
    assert watch.of_type("function") == ["cold", "warm"]
    reports = watch.of_type("platform.report")
    assert [report["metrics"] for report in reports] == list(map(metrics, results))


def test_the_report_comes_with_the_next_invocation(world: World) -> None:
    function = world.make(waits=True)
    function.invoke("")
    function.invoke("")
    world.watch.until(lambda: world.watch.types().count("platform.runtimeDone") == 2)
    batches = [[record["type"] for record in batch] for batch in world.watch.heard("TOOK")]
    with_report = next(batch for batch in batches if "platform.report" in batch)
    assert with_report[:2] == ["platform.report", "platform.start"]
    assert world.watch.types().count("platform.report") == 1


@pytest.mark.parametrize(
    ("what", "status", "error_type", "reason"),
    [
        ("time.sleep(60)", "timeout", "Sandbox.Timedout", "timeout"),
        ("os._exit(1)", "error", "Runtime.ExitError", "failure"),
    ],
)
def test_what_goes_wrong_is_told_before_the_end(
    world: World, what: str, status: str, error_type: str, reason: str
) -> None:
    function = world.make(members={"Timeout": 3})
    function.invoke("")
    died = function.invoke(what)
    assert died.function_error == "Unhandled"
    watch = world.watch
    watch.until(lambda: "SHUTDOWN" in watch.heard("EVENT"))
    end = watch.said().index(("EVENT", "SHUTDOWN"))
    before = [record for word, batch in watch.said()[:end] if word == "TOOK" for record in batch]
    done, report = (record["record"] for record in before[-2:])
    assert (done["status"], done["errorType"]) == (status, error_type)
    assert (report["status"], report["errorType"]) == (status, error_type)
    assert report["metrics"] == metrics(died)
    assert "spans" not in done

    again = function.invoke("print('again')")
    assert again.payload == "done"
    world.region.close()
    starts = watch.of_type("platform.initStart")
    assert [start["phase"] for start in starts] == ["init", "invoke"]
    states = [one["state"] for one in watch.of_type("platform.telemetrySubscription")]
    assert states == ["Subscribed", "Already subscribed"]
    assert watch.of_type("function")[-1] == "again"
    assert watch.of_type("platform.report")[-1]["metrics"] == metrics(again)


def test_an_init_that_fails_is_told_too(world: World) -> None:
    function = world.make(
        """
        import os, time, spy

        while not os.path.exists(spy.MARK):
            time.sleep(0.001)
        1 / 0
        """,
        marks=True,
    )
    result = function.invoke(None)
    assert result.error_type == "ZeroDivisionError"
    world.region.close()
    watch = world.watch
    phases = [(one["phase"], one["status"]) for one in watch.of_type("platform.initReport")]
    assert phases == [("init", "error"), ("invoke", "error")]
    assert watch.types()[-3:] == ["platform.start", "platform.runtimeDone", "platform.report"]
    errors = [one["errorType"] for one in watch.of_type("platform.initRuntimeDone")]
    assert errors == ["Runtime.Unknown"] * 2, "AWS's types only, elsewhere than in the payload"
    assert watch.of_type("platform.report") == [
        {
            "requestId": result.request_id,
            "status": "error",
            "errorType": "Runtime.Unknown",
            "metrics": metrics(result),
        }
    ]


def test_a_log_in_json_is_sent_as_objects(world: World) -> None:
    logging = {"LogFormat": "JSON", "SystemLogLevel": "WARN", "ApplicationLogLevel": "ERROR"}
    function = world.make(
        """
        import logging

        def handler(event, context):
            logging.error("oops")
            print("text")
        """,
        waits=True,
        members={"LoggingConfig": logging},
    )
    result = function.invoke(None)
    world.watch.until(lambda: "platform.runtimeDone" in world.watch.types())
    record, text = world.watch.of_type("function")
    assert (record["message"], record["requestId"]) == ("oops", result.request_id)
    assert text == "text"
    assert "platform.start" in world.watch.types(), "levels are about the log only"
    assert "platform.start" not in result.logs


def test_extensions_may_hear_themselves(world: World) -> None:
    function = world.make(**subscription("extension"))
    function.invoke("")
    world.region.close()
    assert 'EVENT "INVOKE"' in world.watch.of_type("extension")
    assert set(world.watch.types()) == {"extension"}


def test_over_tcp(world: World) -> None:
    destination = {"protocol": "TCP", "port": 4243}
    function = world.make(waits=True, **subscription(destination=destination))
    cold = function.invoke("print('cold')")
    function.invoke("print('warm')")
    watch = world.watch
    watch.until(lambda: watch.types().count("platform.runtimeDone") == 2)
    # The second report comes with a third invocation.
    assert watch.types()[watch.types().index("platform.start") :] == (INVOKED * 2)[:-1]
    assert watch.of_type("function") == ["cold", "warm"]
    (report,) = watch.of_type("platform.report")
    assert (report["requestId"], report["metrics"]) == (cold.request_id, metrics(cold))


def test_the_logs_api(world: World) -> None:
    chosen = subscription(path="2020-08-15/logs", version="2021-03-18")
    function = world.make(waits=True, **chosen)
    result = function.invoke("print('hello')")
    died = function.invoke("os._exit(3)")
    world.region.close()
    watch = world.watch
    assert watch.types() == [
        "platform.logsSubscription",
        "platform.extension",
        "platform.start",
        "function",
        "platform.runtimeDone",
        "platform.end",
        "platform.report",
        "platform.start",
        "platform.fault",
        "platform.runtimeDone",
        "platform.end",
        "platform.report",
    ]
    assert watch.of_type("platform.report")[0] == {
        "requestId": result.request_id,
        "metrics": metrics(result),
    }
    assert watch.of_type("platform.fault") == [
        f"RequestId: {died.request_id} Error: Runtime exited with error: exit status 3\n"
        "Runtime.ExitError"
    ]


def test_subscriptions_are_shown_in_the_log(world: World) -> None:
    function = world.make(waits=True)
    log = function.invoke("").logs
    assert "TELEMETRY\tName: spy\tState: Subscribed\tTypes: [Platform, Function]\n" in log
    assert "EXTENSION\tName: spy\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n" in log


def test_after_init_it_is_too_late_to_subscribe(world: World) -> None:
    world.make(late=True).invoke("")
    closed = {
        "errorMessage": "Telemetry API subscription is closed already",
        "errorType": "Telemetry.SubscriptionClosed",
    }
    world.watch.until(lambda: len(world.watch.heard("SUBSCRIBED")) == 2)
    assert world.watch.heard("SUBSCRIBED") == [[200, "OK"], [403, closed]]


def test_an_internal_extension_subscribes_too(world: World) -> None:
    function = world.make(
        """
        import threading, spy

        identity = spy.register("INVOKE")
        spy.listen()
        spy.subscribe(identity)

        def ask():
            while True:
                spy.call("GET", "2020-01-01/extension/event/next", **identity)

        threading.Thread(target=ask, daemon=True).start()

        def handler(event, context):
            if event:
                spy.wait_for(event)
            return event
        """,
        layers=False,
        **subscription("platform"),
    )
    assert function.invoke(None).payload is None
    assert function.invoke("platform.report").payload == "platform.report"
    watch = world.watch
    watch.until(lambda: "platform.report" in watch.types())
    (extension,) = watch.of_type("platform.extension")
    assert (extension["name"], extension["events"]) == ("spy.py", ["INVOKE"])


@pytest.mark.parametrize("answer", [500, "never", "nobody"])
def test_a_subscriber_that_takes_nothing_changes_no_result(world: World, answer: object) -> None:
    function = world.make(answer=answer)
    assert [function.invoke("print('hi')").payload for _ in range(3)] == ["done"] * 3
    assert world.watch.records() == []


def test_a_subscriber_that_is_slow_is_told_what_it_has_missed(world: World) -> None:
    function = world.make(delay=0.2, waits=True)
    function.invoke("")
    result = function.invoke("for _ in range(40): print('x' * 200_000)")
    assert result.payload == "done"
    world.region.close()
    watch = world.watch
    lost = sum(one["droppedRecords"] for one in watch.of_type("platform.logsDropped"))
    told = [event for event in watch.events if isinstance(event, LogsDropped)]
    assert sum(event.dropped_records for event in told) >= lost > 0
    assert watch.of_type("platform.runtimeDone")[-1]["requestId"] == result.request_id
