"""The shared loop: whoever has its turn does as its own thread would."""

import asyncio
import contextvars
import os
import signal
import threading

import pytest

from lambda_magic.core import shared_loop
from lambda_magic.core.loop_thread import LoopThread
from lambda_magic.core.shared_loop import LoopEnded

pytestmark = pytest.mark.usefixtures("ctrl_c")


@pytest.fixture
def loop_thread():
    thread = LoopThread("shared")
    yield thread
    thread.close()


def _running_loop(loop_thread):
    async def running():
        return asyncio.get_running_loop()

    return loop_thread.call(running())


def _rest(loop_thread):
    """Wait until the loop's thread waits with nothing left to do."""
    loop = _running_loop(loop_thread)
    rests = threading.Event()
    while loop._rests_until is None:
        rests.wait(0.001)


def test_a_turn_is_taken_on_the_calling_thread_with_the_loop_as_the_running_one(loop_thread):
    def look():
        return threading.current_thread(), asyncio.get_running_loop()

    thread, loop = loop_thread.take_turn(look)

    assert thread is threading.current_thread()
    assert loop is _running_loop(loop_thread)
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()


def test_it_may_be_taken_from_within_another_loop_which_is_the_running_one_again(loop_thread):
    async def take():
        before = asyncio.get_running_loop()
        inside = loop_thread.take_turn(asyncio.get_running_loop)
        return before, inside, asyncio.get_running_loop()

    before, inside, after = asyncio.run(take())
    assert before is after
    assert inside is _running_loop(loop_thread)


def test_what_is_known_to_the_caller_alone_is_not_known_in_its_turn(loop_thread):
    request = contextvars.ContextVar("request", default="nobody's")
    request.set("mine")
    assert loop_thread.take_turn(request.get) == "nobody's"
    assert request.get() == "mine"


def test_what_it_raises_is_raised(loop_thread):
    def fail():
        raise ValueError("no good")

    with pytest.raises(ValueError, match="no good"):
        loop_thread.take_turn(fail)
    assert loop_thread.take_turn(lambda: "the next") == "the next"


def test_nothing_of_the_loop_happens_meanwhile(loop_thread):
    happened = []
    done = threading.Event()
    _rest(loop_thread)

    def step():
        loop_thread.call_soon(happened.append, "a callback")
        loop_thread.call_soon(done.set)
        assert not done.wait(0.05), "the loop's thread has gone on"
        happened.append("the step")

    loop_thread.take_turn(step)
    assert done.wait(10)
    assert happened == ["the step", "a callback"]


@pytest.mark.parametrize("delay", [None, 0, 0.001])
def test_what_is_asked_for_in_a_turn_happens_though_the_loop_rested(loop_thread, delay):
    done = threading.Event()
    _rest(loop_thread)

    def ask():
        loop = asyncio.get_running_loop()
        loop.call_soon(done.set) if delay is None else loop.call_later(delay, done.set)

    loop_thread.take_turn(ask)
    assert done.wait(10)


def test_a_task_begun_in_a_turn_runs_on_the_loops_thread(loop_thread):
    ran_on = []
    done = threading.Event()

    async def work():
        await asyncio.sleep(0)
        ran_on.append(threading.current_thread().name)
        done.set()

    _rest(loop_thread)
    task = loop_thread.take_turn(lambda: asyncio.get_running_loop().create_task(work()))
    assert done.wait(10)
    assert ran_on == ["shared"]
    assert task.get_loop() is _running_loop(loop_thread)


def test_a_reader_that_was_exchanged_while_its_event_was_on_the_way_is_called(loop_thread):
    reading, writing = os.pipe()
    called = []
    done = threading.Event()
    loop = _running_loop(loop_thread)

    def new():
        called.append(os.read(reading, 1))
        if len(called) == 2:
            done.set()

    def exchange():
        os.write(writing, b"1")
        # The loop's thread has seen the event, and waits for its turn.
        while not loop._turn._queue.locked():
            pass
        loop.remove_reader(reading)
        loop.add_reader(reading, new)

    loop_thread.take_turn(loop.add_reader, reading, lambda: called.append("old"))
    _rest(loop_thread)
    loop_thread.take_turn(exchange)
    os.write(writing, b"2")

    assert done.wait(10)
    assert called == [b"1", b"2"]
    loop_thread.take_turn(loop.remove_reader, reading)
    os.close(reading)
    os.close(writing)


def test_the_loop_has_its_turn_though_others_want_theirs_all_the_time(loop_thread):
    turns = []
    done = threading.Event()

    def take_turns():
        while not done.is_set():
            loop_thread.take_turn(turns.append, None)

    threads = [threading.Thread(target=take_turns) for _ in range(3)]
    for thread in threads:
        thread.start()
    count = 0

    async def work():
        nonlocal count
        for _ in range(100):
            await asyncio.sleep(0)
            count += 1

    loop_thread.call(asyncio.wait_for(work(), 30))
    done.set()
    for thread in threads:
        thread.join(10)
    assert count == 100
    assert turns


def test_turns_of_many_threads_do_not_overlap(loop_thread):
    counter = {"value": 0}

    def count():
        value = counter["value"]
        threading.Event().wait(0)  # lets other threads run
        counter["value"] = value + 1

    def take_turns():
        for _ in range(200):
            loop_thread.take_turn(count)

    async def count_here():
        for _ in range(200):
            count()
            await asyncio.sleep(0)

    threads = [threading.Thread(target=take_turns) for _ in range(4)]
    for thread in threads:
        thread.start()
    loop_thread.call(count_here())
    for thread in threads:
        thread.join(30)
    assert counter["value"] == 1000


def test_ctrl_c_interrupts_after_the_turn(loop_thread):
    done = []

    def step():
        signal.raise_signal(signal.SIGINT)
        done.append("whole")

    with pytest.raises(KeyboardInterrupt):
        loop_thread.take_turn(step)
    assert done == ["whole"]
    assert loop_thread.take_turn(lambda: "the next") == "the next"


def test_ctrl_c_interrupts_the_waiting_for_a_turn(loop_thread):
    busy, may_end = threading.Event(), threading.Event()
    done = []

    def be_busy():
        busy.set()
        may_end.wait(10)

    loop_thread.call_soon(be_busy)
    assert busy.wait(10)
    interrupting = threading.Timer(0.01, os.kill, [os.getpid(), signal.SIGINT])
    interrupting.start()
    with pytest.raises(KeyboardInterrupt):
        loop_thread.take_turn(done.append, "the step")
    interrupting.join()
    assert not may_end.is_set()
    may_end.set()
    loop_thread.take_turn(done.append, "the next")
    assert done == ["the next"]


def test_whoever_waits_long_for_a_turn_has_it_in_the_end(loop_thread, monkeypatch):
    monkeypatch.setattr(shared_loop, "_PATIENCE", 0.001)
    busy = threading.Event()

    def be_busy():
        busy.set()
        threading.Event().wait(0.02)

    loop_thread.call_soon(be_busy)
    assert busy.wait(10)
    assert loop_thread.take_turn(lambda: "a turn") == "a turn"


def test_a_turn_within_a_turn_is_refused(loop_thread):
    with pytest.raises(RuntimeError, match="in the middle of something"):
        loop_thread.take_turn(loop_thread.take_turn, print)


def test_a_finalizer_that_runs_while_its_thread_waits_for_the_turn_is_refused(loop_thread):
    """As a handler of a signal would be that is not held; it would wait for its own thread."""
    loop = _running_loop(loop_thread)
    errors = []

    class Waiting:
        """In the place of the lock that keeps the order."""

        def __init__(self, lock):
            self._lock = lock

        def acquire(self, blocking, timeout):
            if threading.current_thread() is threading.main_thread():
                for use in (loop_thread.take_turn, lambda _: loop_thread.call(asyncio.sleep(0))):
                    with pytest.raises(RuntimeError) as error:
                        use(print)
                    errors.append(str(error.value))
            return self._lock.acquire(blocking, timeout)

        def release(self):
            self._lock.release()

    queue, loop._turn._queue = loop._turn._queue, Waiting(loop._turn._queue)
    try:
        assert loop_thread.take_turn(lambda: "all the same") == "all the same"
    finally:
        loop._turn._queue = queue
    assert errors == [
        "This thread is in the middle of something on the loop",
        "The loop thread cannot wait for itself: await the coroutine",
    ]


def test_a_loop_that_ends_before_it_could_be_woken_leaves_the_result(monkeypatch):
    thread = LoopThread("ending")
    loop = _running_loop(thread)
    wake = loop.call_soon_threadsafe

    def wake_too_late(callback, *arguments):
        if callback.__name__ == "_nothing":
            loop.call_soon_threadsafe = wake
            thread.close()
        return wake(callback, *arguments)

    def ask():
        loop.call_soon(print)
        return "the result"

    _rest(thread)
    monkeypatch.setattr(loop, "call_soon_threadsafe", wake_too_late)
    assert thread.take_turn(ask) == "the result"
    assert thread.is_closed


def test_waiting_for_the_loop_within_a_turn_is_refused(loop_thread):
    with pytest.raises(RuntimeError, match="cannot wait for itself"):
        loop_thread.take_turn(lambda: loop_thread.call(asyncio.sleep(0)))


def test_on_the_loops_own_thread_there_is_nothing_to_take(loop_thread):
    async def take():
        return loop_thread.take_turn(threading.current_thread).name

    assert loop_thread.call(take()) == "shared"


def test_after_its_end_there_is_no_turn():
    thread = LoopThread("short")
    thread.close()
    with pytest.raises(LoopEnded):
        thread.take_turn(print)


def test_whoever_waits_for_a_turn_when_the_loop_ends_is_told(loop_thread):
    thread = LoopThread("ending")
    outcomes = []

    def take_turns():
        try:
            while True:
                thread.take_turn(outcomes.append, "a turn")
        except LoopEnded:
            outcomes.append("ended")

    others = [threading.Thread(target=take_turns) for _ in range(3)]
    for other in others:
        other.start()
    thread.close()
    for other in others:
        other.join(10)
    assert [outcome for outcome in outcomes if outcome == "ended"] == ["ended"] * 3
