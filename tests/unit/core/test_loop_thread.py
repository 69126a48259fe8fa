"""The loop thread: how others cross over to it."""

import asyncio
import os
import signal
import threading
from types import SimpleNamespace

import pytest

from lambda_magic.core.loop_thread import LoopThread
from lambda_magic.core.shared_loop import LoopEnded

pytestmark = pytest.mark.usefixtures("ctrl_c")


@pytest.fixture
def loop_thread():
    thread = LoopThread("test")
    yield thread
    thread.close()


def test_a_coroutine_runs_there_and_its_result_comes_back(loop_thread):
    async def name():
        return threading.current_thread().name

    assert loop_thread.call(name()) == "test"


def test_what_is_to_be_called_soon_is_called_in_order(loop_thread):
    called = []
    done = threading.Event()
    for number in range(1000):
        loop_thread.call_soon(called.append, number)
    loop_thread.call_soon(done.set)
    assert done.wait(10)
    assert called == list(range(1000))


def test_what_is_to_be_called_soon_comes_before_what_is_waited_for_afterwards(loop_thread):
    called = []

    async def call(number):
        called.append(number)

    for number in range(0, 600, 3):
        loop_thread.call_soon(called.append, number)
        loop_thread.call_soon(called.append, number + 1)
        loop_thread.call(call(number + 2))
    assert called == list(range(600))


def test_many_threads_may_want_something_called(loop_thread):
    called = []

    def want():
        for number in range(500):
            loop_thread.call_soon(called.append, number)

    threads = [threading.Thread(target=want) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = threading.Event()
    loop_thread.call_soon(done.set)
    assert done.wait(10)
    assert sorted(called) == sorted(8 * list(range(500)))


def test_one_that_fails_does_not_keep_the_others_from_being_called(loop_thread):
    reported = []
    done = threading.Event()

    async def listen():
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: reported.append(context)
        )

    loop_thread.call(listen())
    loop_thread.call_soon(lambda: 1 / 0)
    loop_thread.call_soon(done.set)
    assert done.wait(10)
    assert [type(context["exception"]) for context in reported] == [ZeroDivisionError]


def test_when_it_has_ended_it_says_so(loop_thread):
    loop_thread.close()
    assert loop_thread.is_closed
    with pytest.raises(RuntimeError, match="has ended"):
        loop_thread.call_soon(print)
    with pytest.raises(RuntimeError, match="has ended"):
        loop_thread.call(asyncio.sleep(0))


def test_what_a_coroutine_raises_is_raised(loop_thread):
    async def fail():
        raise ValueError("no good")

    with pytest.raises(ValueError, match="no good"):
        loop_thread.call(fail())


def test_ctrl_c_cancels_the_coroutine(loop_thread):
    begun, cancelled = threading.Event(), threading.Event()

    async def last():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    def interrupt():
        begun.wait(10)
        os.kill(os.getpid(), signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    with pytest.raises(KeyboardInterrupt):
        loop_thread.call(last())
    interrupting.join(10)
    assert cancelled.wait(10)


def test_ctrl_c_at_any_moment_harms_nobody(interrupt):
    setup = """
        import asyncio
        from lambda_magic.core.loop_thread import LoopThread

        async def work():
            await asyncio.sleep(0)
            return "done"

        loop_thread = LoopThread("test")
    """
    again = "print(loop_thread.call(work())); loop_thread.close()"
    assert interrupt(setup=setup, step="loop_thread.call(work())", after=again) == "done\n"


def test_whoever_waits_when_it_ends_is_told(loop_thread):
    begun = threading.Event()
    told = []

    async def last():
        begun.set()
        await asyncio.Event().wait()

    def wait():
        try:
            loop_thread.call(last())
        except LoopEnded as error:
            told.append(str(error))

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert begun.wait(10)
    loop_thread.close()
    waiting.join(10)
    assert told == ["The loop thread has ended"]


def test_ctrl_c_while_it_is_woken_does_not_silence_it(loop_thread, monkeypatch):
    done = threading.Event()

    def interrupted():
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(loop_thread, "_bell", SimpleNamespace(ring=interrupted))
        with pytest.raises(KeyboardInterrupt):
            loop_thread.call_soon(str)
    loop_thread.call_soon(done.set)
    assert done.wait(10)
