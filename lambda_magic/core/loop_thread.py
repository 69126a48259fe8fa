"""The loop thread: one asyncio loop in one background thread that owns everything that moves.

Other threads cross over here and nowhere else: they have something done, or take the loop's turn
and do it themselves. A process forked from this one (by a notebook's
`multiprocessing`, say) has no such thread, and must not reach for its parent's: there it counts
as closed.
"""

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from lambda_magic.core.bell import Bell
from lambda_magic.core.shared_loop import LoopEnded, SharedLoop

T = TypeVar("T")


class _Call(Generic[T]):
    """A coroutine whose end another thread waits for.

    By a queue, because that is left whole by Ctrl-C, whenever it comes: a condition may stay locked
    for ever, for the loop thread too.
    """

    __slots__ = ("_coroutine", "ended", "task")

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self.task: asyncio.Task[T] | None = None
        #: Has one element once the task has ended.
        self.ended: SimpleQueue[None] = SimpleQueue()

    def begin(self) -> None:
        """With the loop's turn."""
        self.task = asyncio.get_running_loop().create_task(self._coroutine)
        self.task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[T]) -> None:
        if not task.cancelled():
            task.exception()  # Looked at: whoever was interrupted does not.
        self.ended.put(None)


class LoopThread:
    """Runs an event loop until it is closed."""

    def __init__(self, name: str) -> None:
        self._loop = SharedLoop()
        # What other threads want called, and how they wake the loop for it.
        self._calls: deque[tuple[Callable[..., object], tuple[object, ...]]] = deque()
        self._bell = Bell()
        self._is_rung = False
        self._stopped = False
        self._forked = False
        _all.add(self)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"<LoopThread {self._thread.name!r} [{'closed' if self.is_closed else 'running'}]>"

    @property
    def is_closed(self) -> bool:
        """Whether the loop has stopped for good."""
        return self._forked or self._loop.is_closed()

    @property
    def is_forked(self) -> bool:
        """Whether it is the thread of the process that this one was forked from."""
        return self._forked

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` on the loop thread and return its result, or raise its exception.

        Ctrl-C cancels it. Raises `LoopEnded` once the loop has stopped, or if it stops meanwhile,
        and `RuntimeError` on the loop thread itself and where this thread has taken its turn: it
        would wait for itself forever.
        """
        call = _Call(coroutine)
        try:
            self.check_may_wait()
            self.take_turn(self._begin, call)
            call.ended.get()
        except BaseException:
            if call.task is None:
                coroutine.close()
            else:
                with suppress(LoopEnded):
                    self.take_turn(call.task.cancel)
            raise
        assert call.task is not None
        try:
            return call.task.result()
        except asyncio.CancelledError:
            raise LoopEnded("The loop thread has ended") from None

    def _begin(self, call: _Call[Any]) -> None:
        if self._calls:
            # What a thread wants called soon comes before what it waits for afterwards.
            self._loop.call_soon(self._call_all)
        call.begin()

    def check_may_wait(self) -> None:
        """Raise `RuntimeError` where whoever waits for the loop would wait for themselves."""
        if threading.current_thread() is self._thread or self._loop.is_taker():
            raise RuntimeError("The loop thread cannot wait for itself: await the coroutine")

    def call_soon(self, callback: Callable[..., object], *arguments: object) -> None:
        """Call `callback` on the loop thread, soon; nobody waits for it.

        Raises `LoopEnded` once the loop has stopped: it is called, or this is raised.
        """
        if not self._stopped:
            self._calls.append((callback, arguments))
            if not self._is_rung:
                self._is_rung = True
                try:
                    self._bell.ring()
                except BaseException:
                    # Ctrl-C came before the sound: the next one rings (once more, perhaps).
                    self._is_rung = False
                    raise
        if self._stopped:
            raise LoopEnded("The loop thread has ended")

    def take_turn(self, callback: Callable[..., T], *arguments: object) -> T:
        """Call `callback` on this thread as if on the loop thread, and return its result.

        It must be short and wait for nothing: the loop thread does. Handlers of signals wait until
        it has returned. Raises `LoopEnded` once the loop has stopped.
        """
        if threading.current_thread() is self._thread:
            return callback(*arguments)
        if self._stopped:
            raise LoopEnded("The loop thread has ended")
        return self._loop.take_turn(callback, *arguments)

    def close(self) -> None:
        """Stop the loop and return when the thread has ended."""
        if not self.is_closed:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._bell.close()

    def _run(self) -> None:
        self._loop.begin()
        try:
            self._serve()
        finally:
            self._loop.end()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.add_reader(self._bell.fd, self._answer)
        self._loop.run_forever()
        self._stopped = True
        self._loop.withdraw()
        self._loop.remove_reader(self._bell.fd)
        # What was to be called soon still is: somebody may wait for it.
        self._loop.call_soon(self._call_all)
        self._loop.run_until_complete(asyncio.sleep(0))
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        if pending:
            self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())

    def _answer(self) -> None:
        """The bell rings."""
        self._bell.hear()
        # In this order: who comes from now on rings again.
        self._is_rung = False
        self._call_all()

    def _call_all(self) -> None:
        calls = self._calls
        while calls:
            callback, arguments = calls.popleft()
            try:
                callback(*arguments)
            except Exception as error:
                # As the loop itself does with what it calls.
                context = {"message": f"Exception in {callback!r}", "exception": error}
                self._loop.call_exception_handler(context)


_all: WeakSet[LoopThread] = WeakSet()


def _forget() -> None:
    """In a forked child: their threads are the parent's."""
    for loop_thread in _all:
        loop_thread._forked = loop_thread._stopped = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
