"""Threads, loops and the loop thread share one region, and each reads its own answers."""

import asyncio
import errno
import os
import signal
import threading
from collections.abc import Sequence

import pytest

from lambda_magic.bench.measurements import deploy
from lambda_magic.core.errors import ServiceException
from lambda_magic.core.settings import Settings
from lambda_magic.function import Function
from lambda_magic.monitoring.events import Event, Report, Start
from lambda_magic.region import Region
from lambda_magic.runtime_api.transport import SocketTransport

ECHO = "def handler(event, context):\n    return event\n"
SLEEP = "import time\n\ndef handler(event, context):\n    time.sleep(event)\n    return event\n"


pytestmark = pytest.mark.usefixtures("ctrl_c")


class Seen:
    """Events of one kind, and the moment when there are so many."""

    def __init__(self, region: Region, kind: type[Event], expected: int = 1) -> None:
        self._kind = kind
        self._expected = expected
        self.events: list[Event] = []
        self.arrived = threading.Event()
        region.subscribe(self._receive)

    def _receive(self, events: Sequence[Event]) -> None:
        self.events += [event for event in events if isinstance(event, self._kind)]
        if len(self.events) >= self._expected:
            self.arrived.set()


def test_everybody_at_once_gets_their_own_answers(make):
    function = make(ECHO)
    answers = {}

    def thread(name):
        answers[name] = [function.invoke([name, number]).payload for number in range(60)]

    def loop(name):
        async def many():
            results = await asyncio.gather(
                *(function.ainvoke([name, number]) for number in range(60))
            )
            return [result.payload for result in results]

        answers[name] = asyncio.run(many())

    def mapped(name):
        events = ([name, number] for number in range(60))
        answers[name] = [result.payload for result in function.map(events, concurrency=5)]

    callers = [
        threading.Thread(target=call, args=[f"{call.__name__} {number}"])
        for call in (thread, loop, mapped)
        for number in range(3)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(60)

    assert len(answers) == 9
    for name, payloads in answers.items():
        assert payloads == [[name, number] for number in range(60)]


def test_one_environment_serves_a_thread_a_loop_and_boto3_in_turn(make, region):
    function = make("import os\n\ndef handler(event, context):\n    return os.getpid()\n")

    def ask():
        yield function.invoke().payload
        yield asyncio.run(_once(function))
        answer = region.client().invoke(FunctionName=function.name)
        yield int(answer["Payload"].read())

    assert len({pid for _ in range(5) for pid in ask()}) == 1


async def _once(function: Function) -> object:
    return (await function.ainvoke()).payload


def test_a_loop_that_does_something_else_does_not_make_its_function_time_out(make, region):
    function = make(ECHO, Timeout=1)
    function.invoke()
    reports = Seen(region, Report)

    async def be_busy():
        waiting = asyncio.ensure_future(function.ainvoke("hello"))
        await asyncio.sleep(0)
        # Nothing else of this loop happens until the invocation is over.
        assert reports.arrived.wait(10)
        return await waiting

    result = asyncio.run(be_busy())

    assert result.payload == "hello"
    (report,) = reports.events
    assert isinstance(report, Report)
    assert report.status == "success"
    assert report.duration_ms < 900


def test_ctrl_c_stops_the_waiting_and_the_invocation_goes_on(make, region):
    function = make(SLEEP)
    function.invoke(0)
    starts, reports = Seen(region, Start), Seen(region, Report)

    def interrupt():
        assert starts.arrived.wait(10)
        os.kill(os.getpid(), signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    with pytest.raises(KeyboardInterrupt):
        function.invoke(0.3)
    interrupting.join(10)

    assert reports.arrived.wait(10)
    (report,) = reports.events
    assert isinstance(report, Report)
    assert report.status == "success"
    assert report.duration_ms >= 300
    assert function.invoke(0).payload == 0


def test_a_thread_that_has_no_descriptor_to_wait_with_is_told_so(make, monkeypatch):
    function = make(ECHO)
    function.invoke()
    outcomes = []

    def none_left():
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    def wait():
        try:
            function.invoke()
        except ServiceException as error:
            outcomes.append(error.message)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pipe", none_left)
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(10)

    assert outcomes == [
        "The invocation could not be started: [Errno 24] Too many open files",
    ]
    assert function.invoke(1).payload == 1


def test_an_alarm_limits_the_time_of_whoever_waits(make):
    function = make(SLEEP)
    function.invoke(0)

    def time_is_up(number, frame):
        raise TimeoutError("my time is up")

    before = signal.signal(signal.SIGALRM, time_is_up)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(TimeoutError, match="my time is up"):
            function.invoke(0.5)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert function.invoke(0).payload == 0


@pytest.mark.parametrize("size", [10, 5_000_000])
def test_large_events_and_answers_arrive_whole(make, size):
    function = make(ECHO)
    event = "x" * size
    assert function.invoke(event).payload == event
    assert asyncio.run(function.ainvoke(event)).payload == event


@pytest.mark.parametrize("how", ["os._exit(3)", "os.kill(os.getpid(), 9)", "time.sleep(60)"])
def test_an_environment_that_fails_answers_whoever_waits_and_the_next_one(make, how):
    function = make(
        f"import os\nimport time\n\ndef handler(event, context):\n    return event and {how}\n",
        Timeout=1,
    )

    async def fail():
        first = await function.ainvoke(1)
        return first, await function.ainvoke(0)

    function.invoke(0)
    assert function.invoke(1).function_error == "Unhandled"
    assert function.invoke(0).payload == 0
    failed, after = asyncio.run(fail())
    assert failed.function_error == "Unhandled"
    assert after.payload == 0


def test_a_region_that_closes_answers_whoever_waits(tmp_path):
    region = Region(Settings(home=tmp_path))
    from_cell = deploy(region, "sleeper", SLEEP)
    both = Seen(region, Start, 2).arrived
    outcomes = []

    def wait():
        outcomes.append(from_cell.invoke(30).function_error)

    def wait_in_loop():
        outcomes.append(asyncio.run(from_cell.ainvoke(30)).function_error)

    waiting = [threading.Thread(target=wait), threading.Thread(target=wait_in_loop)]
    for thread in waiting:
        thread.start()
    assert both.wait(10)
    region.close()
    for thread in waiting:
        thread.join(10)
    assert outcomes == ["Unhandled"] * 2


def test_a_cold_start_does_not_wait_for_the_end_of_a_loan(make, monkeypatch):
    """Its answer is not lent: when the event is sent, its caller has long been waiting."""
    monkeypatch.setattr(SocketTransport, "LOAN", 600)
    function = make(ECHO, Timeout=5)
    assert function.invoke("cold").payload == "cold"
    assert asyncio.run(make(ECHO, Timeout=5).ainvoke("cold")).payload == "cold"
    assert function.invoke("warm").payload == "warm"
