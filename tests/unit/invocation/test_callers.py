"""Callers: they wait for one outcome, and read the answer themselves where it is lent to them."""

import asyncio
import os
import signal
import socket
import threading
from contextlib import suppress

import pytest

from lambda_magic.core.errors import ServiceException
from lambda_magic.core.loop_thread import LoopThread
from lambda_magic.core.shared_loop import LoopEnded
from lambda_magic.invocation import callers
from lambda_magic.invocation.callers import WaitingLoop, WaitingThread
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.runtime_api.transport import SocketTransport

pytestmark = pytest.mark.usefixtures("ctrl_c")


class Runtime(asyncio.Protocol):
    """A connection whose peer answers one invocation; used with the loop's turn."""

    def __init__(self, *, lends: bool = True) -> None:
        ours, self.peer = socket.socketpair()
        ours.setblocking(False)
        self.lends = lends
        self.read_on = []
        self.transport = SocketTransport(asyncio.get_running_loop(), ours, self)

    def begin(self, deliver, reader):
        self.deliver = deliver
        if self.lends:
            self.transport.lend(reader)
        self.peer.send(b"42")

    def begin_late(self, deliver, reader):
        """The same, with an answer that comes when the caller has long been waiting."""
        self.deliver = deliver
        if self.lends:
            self.transport.lend(reader)
        threading.Timer(0.02, self.peer.send, [b"42"]).start()

    def begin_never(self, deliver, reader):
        self.deliver = deliver
        self.transport.lend(reader)

    def data_received(self, data):
        self.read_on.append(threading.current_thread().name)
        self.deliver(_result(data))


def _result(payload):
    return InvocationResult(
        status_code=200,
        payload_bytes=payload,
        function_error=None,
        executed_version="1",
        request_id="",
        function_name="f",
    )


@pytest.fixture
def loop_thread():
    thread = LoopThread("region")
    yield thread
    thread.close()


@pytest.fixture
def new_runtime(loop_thread):
    made = []

    def new(**options):
        made.append(loop_thread.take_turn(lambda: Runtime(**options)))
        return made[-1]

    yield new
    for runtime in made:
        runtime.peer.close()
        loop_thread.take_turn(runtime.transport.abort)


def _wait_in_thread(loop_thread, begin):
    return WaitingThread(loop_thread).wait_for(begin)


def _wait_in_loop(loop_thread, begin):
    async def wait():
        return await WaitingLoop(loop_thread).wait_for(begin)

    return asyncio.run(wait())


both = pytest.mark.parametrize("wait", [_wait_in_thread, _wait_in_loop])


@both
def test_an_answer_is_read_by_who_waits_for_it(loop_thread, new_runtime, wait):
    runtime = new_runtime()
    runtime.transport.LOAN = 600
    for _ in range(3):
        assert wait(loop_thread, runtime.begin).payload == 42
    assert runtime.read_on == ["MainThread"] * 3


@both
def test_an_answer_that_takes_its_time_is_read_too(loop_thread, new_runtime, wait):
    runtime = new_runtime()
    runtime.transport.LOAN = 600
    assert wait(loop_thread, runtime.begin_late).payload == 42
    assert runtime.read_on == ["MainThread"]


@both
def test_one_that_is_not_lent_is_read_on_the_loop_thread(loop_thread, new_runtime, wait):
    runtime = new_runtime(lends=False)
    assert wait(loop_thread, runtime.begin).payload == 42
    assert runtime.read_on == ["region"]


@both
def test_after_the_loan_the_loop_thread_reads_and_the_caller_hears_of_it(
    loop_thread, new_runtime, wait
):
    runtime = new_runtime()
    runtime.transport.LOAN = 0.001
    assert wait(loop_thread, runtime.begin_late).payload == 42
    assert runtime.read_on[0] in ("region", "MainThread")


@both
def test_what_another_thread_delivers_is_heard_though_nothing_is_answered(
    loop_thread, new_runtime, wait
):
    runtime = new_runtime()
    runtime.transport.LOAN = 600
    error = ServiceException("The execution environment was shut down")

    def begin(deliver, reader):
        runtime.begin_never(deliver, reader)
        threading.Timer(0.01, loop_thread.take_turn, [deliver, error]).start()

    assert wait(loop_thread, begin) is error


@both
def test_a_connection_that_is_lost_leaves_the_caller_waiting_for_its_outcome(
    loop_thread, new_runtime, wait
):
    runtime = new_runtime()
    runtime.transport.LOAN = 600
    lost = threading.Event()
    runtime.connection_lost = lambda error: lost.set()

    def begin(deliver, reader):
        runtime.begin_never(deliver, reader)
        runtime.peer.close()
        threading.Thread(target=tell, args=[deliver]).start()

    def tell(deliver):
        assert lost.wait(10)
        loop_thread.take_turn(deliver, _result(b"1"))

    assert wait(loop_thread, begin).payload == 1


@both
def test_what_begins_with_its_outcome_does_not_wait(loop_thread, wait):
    error = ServiceException("no")
    assert wait(loop_thread, lambda deliver, reader: deliver(error)) is error


@both
def test_once_the_loop_has_ended_there_is_nothing_to_wait_for(wait):
    thread = LoopThread("ended")
    thread.close()
    with pytest.raises(LoopEnded):
        wait(thread, lambda deliver, reader: None)


def test_ctrl_c_stops_the_waiting_and_the_loop_thread_reads(loop_thread, new_runtime):
    runtime = new_runtime()
    read = threading.Event()
    runtime.data_received = lambda data: read.set()

    def begin(deliver, reader):
        runtime.begin_never(deliver, reader)
        threading.Timer(0.02, os.kill, [os.getpid(), signal.SIGINT]).start()

    with pytest.raises(KeyboardInterrupt):
        WaitingThread(loop_thread).wait_for(begin)
    runtime.peer.send(b"42")
    assert read.wait(10)
    # The next one waits undisturbed.
    again = new_runtime()
    assert WaitingThread(loop_thread).wait_for(again.begin_late).payload == 42


def test_a_thread_may_wait_while_it_waits(loop_thread, new_runtime):
    """As the handler of a signal does that invokes too."""
    outer, inner = new_runtime(), new_runtime()
    results = []

    def handler(number, frame):
        results.append(WaitingThread(loop_thread).wait_for(inner.begin).payload)
        outer.peer.send(b"1")

    before = signal.signal(signal.SIGUSR1, handler)

    def begin(deliver, reader):
        outer.begin_never(deliver, reader)
        threading.Timer(0.02, os.kill, [os.getpid(), signal.SIGUSR1]).start()

    try:
        results.append(WaitingThread(loop_thread).wait_for(begin).payload)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert results == [42, 1]


def test_a_signal_between_any_two_steps_may_invoke(loop_thread, new_runtime):
    outer = new_runtime()
    # One is in the middle of something while another handler interrupts the first.
    idle = [new_runtime() for _ in range(100)]
    results = []
    rung = threading.Event()

    def handler(number, frame):
        inner = idle.pop()
        results.append(WaitingThread(loop_thread).wait_for(inner.begin).payload)
        idle.append(inner)

    def ring():
        for _ in range(100):
            os.kill(os.getpid(), signal.SIGUSR1)
            rung.wait(0.001)
        rung.set()

    before = signal.signal(signal.SIGUSR1, handler)
    ringing = threading.Thread(target=ring)
    try:
        ringing.start()
        while not rung.is_set():
            assert WaitingThread(loop_thread).wait_for(outer.begin).payload == 42
        ringing.join(10)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert results
    assert set(results) == {42}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_forked_child_has_a_bell_of_its_own(loop_thread, new_runtime):
    runtime = new_runtime(lends=False)
    _wait_in_thread(loop_thread, runtime.begin)
    kept = os.fstat(callers._kept.post.bell.fd).st_ino
    child = os.fork()
    if not child:
        bell = WaitingThread(loop_thread)._post.bell
        os._exit(os.fstat(bell.fd).st_ino == kept)
    assert os.waitpid(child, 0)[1] == 0


def test_a_loop_that_waits_does_other_things(loop_thread, new_runtime):
    runtime = new_runtime()
    done = []

    async def other():
        for _ in range(3):
            done.append("other")
            await asyncio.sleep(0)

    async def both():
        task = asyncio.ensure_future(other())
        for _ in range(5):
            await WaitingLoop(loop_thread).wait_for(runtime.begin)
        assert task.done(), "it had no turn"

    asyncio.run(both())
    assert done == ["other"] * 3


def test_a_cancelled_wait_watches_nothing_any_more(loop_thread, new_runtime):
    runtime = new_runtime()
    runtime.transport.LOAN = 600
    assert _descriptors_of(runtime.transport) == 1

    async def cancel():
        waiting = asyncio.ensure_future(WaitingLoop(loop_thread).wait_for(runtime.begin_never))
        await asyncio.sleep(0)
        assert _descriptors_of(runtime.transport) == 2
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert _descriptors_of(runtime.transport) == 1
        # A late answer is nobody's.
        loop_thread.take_turn(runtime.deliver, _result(b"1"))
        await asyncio.sleep(0)

    asyncio.run(cancel())


def test_ctrl_c_leaves_no_descriptor(loop_thread, new_runtime, monkeypatch):
    runtime = new_runtime()
    runtime.transport.LOAN = 600
    duplicate = os.dup

    def interrupted(fd):
        new = duplicate(fd)
        signal.raise_signal(signal.SIGINT)
        return new

    monkeypatch.setattr(os, "dup", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _wait_in_loop(loop_thread, runtime.begin_never)
    assert _descriptors_of(runtime.transport) == 1


def test_what_ends_the_waiting_is_told_though_it_resembles_a_want_of_descriptors(
    loop_thread, new_runtime, monkeypatch
):
    runtime = new_runtime()
    runtime.transport.LOAN = 600
    duplicate = os.dup

    def time_is_up(number, frame):
        raise TimeoutError("time is up")

    def late(fd):
        signal.raise_signal(signal.SIGALRM)
        return duplicate(fd)

    before = signal.signal(signal.SIGALRM, time_is_up)
    try:
        monkeypatch.setattr(os, "dup", late)
        with pytest.raises(TimeoutError, match="time is up"):
            _wait_in_loop(loop_thread, runtime.begin_never)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert _descriptors_of(runtime.transport) == 1


def test_interrupted_while_it_stops_reading_it_stops_a_little_later(loop_thread, new_runtime):
    runtime = new_runtime()
    runtime.transport.LOAN = 600

    class Interrupted(asyncio.SelectorEventLoop):
        interrupts = 1

        def remove_reader(self, fd):
            if self.interrupts:
                self.interrupts -= 1
                raise KeyboardInterrupt
            return super().remove_reader(fd)

    async def wait():
        await WaitingLoop(loop_thread).wait_for(runtime.begin_never)

    loop = Interrupted()
    try:
        waiting = loop.create_task(wait())
        loop.run_until_complete(asyncio.sleep(0))
        waiting.cancel()
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(asyncio.sleep(0))
        assert isinstance(waiting.exception(), KeyboardInterrupt)
        assert _descriptors_of(runtime.transport) == 2
        runtime.peer.send(b"42")
        loop.run_until_complete(asyncio.sleep(0.01))
        assert _descriptors_of(runtime.transport) == 1
    finally:
        loop.close()


def test_on_the_loop_thread_it_is_refused_instead_of_waiting_for_itself(loop_thread, new_runtime):
    runtime = new_runtime()

    async def wait():
        WaitingThread(loop_thread).wait_for(runtime.begin)

    with pytest.raises(RuntimeError, match="cannot wait for itself"):
        loop_thread.call(wait())


def _descriptors_of(transport):
    """How many descriptors this process has of its socket; others may come and go meanwhile."""
    inode = os.fstat(transport.fileno()).st_ino
    found = 0
    for fd in os.listdir("/dev/fd"):
        with suppress(OSError):
            found += os.fstat(int(fd)).st_ino == inode
    return found


def test_a_loop_need_not_read_what_was_closed_before_it_could(loop_thread, new_runtime):
    runtime = new_runtime()
    closed = threading.Event()
    runtime.connection_lost = lambda error: closed.set()

    class Later:
        """Returns only when the loop thread has closed the connection."""

        def take_turn(self, function, *arguments):
            result = loop_thread.take_turn(function, *arguments)
            assert closed.wait(10)
            return result

    def begin(deliver, reader):
        runtime.begin_never(deliver, reader)
        runtime.transport.abort()
        asyncio.get_running_loop().call_later(0.01, deliver, _result(b"1"))

    assert _wait_in_loop(Later(), begin).payload == 1


def test_a_loop_that_cannot_watch_descriptors_hears_of_it_all_the_same(loop_thread, new_runtime):
    runtime = new_runtime()

    class Deaf(asyncio.SelectorEventLoop):
        def add_reader(self, fd, callback, *arguments):
            raise NotImplementedError

        def remove_reader(self, fd):
            raise NotImplementedError

    async def wait():
        return await WaitingLoop(loop_thread).wait_for(runtime.begin_late)

    loop = Deaf()
    try:
        assert loop.run_until_complete(wait()).payload == 42
    finally:
        loop.close()


def test_a_loop_that_ended_while_it_waited_is_not_told(loop_thread, new_runtime):
    runtime = new_runtime()
    loop = asyncio.new_event_loop()

    async def wait():
        await WaitingLoop(loop_thread).wait_for(runtime.begin_never)

    task = loop.create_task(wait())
    loop.run_until_complete(asyncio.sleep(0))
    task._log_destroy_pending = False
    loop.close()
    teller = threading.Thread(target=loop_thread.take_turn, args=[runtime.deliver, _result(b"1")])
    teller.start()
    teller.join(10)
    assert not task.done()
    assert loop_thread.take_turn(lambda: "goes on") == "goes on"
