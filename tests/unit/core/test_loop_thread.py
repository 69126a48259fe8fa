"""The loop thread: how others cross over to it."""

import asyncio
import threading
from types import SimpleNamespace

import pytest

from lambda_magic.core.loop_thread import LoopThread


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
