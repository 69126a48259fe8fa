"""Who waits for one invocation: a thread, or an asyncio loop of the caller's own.

Both read the runtime's answer themselves where it has been lent to them, instead of being woken by
the loop thread, which would have to be woken first. And they stay awake for a moment: most handlers
that need no time have answered before a sleeper would be up again.
"""

import asyncio
import os
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from lambda_magic.core.bell import Bell
from lambda_magic.core.errors import LambdaError
from lambda_magic.core.loop_thread import LoopThread
from lambda_magic.core.shared_loop import LoopEnded
from lambda_magic.environments.execution import Deliver
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.runtime_api.transport import Reader, SocketTransport

Outcome = InvocationResult | LambdaError

#: Starts an invocation with the loop's turn; it may be `Reader` who reads the answer.
Begin = Callable[[Deliver, Reader], None]


class _Caller:
    """What both have in common: they take a transport, and read it with the loop's turn."""

    __slots__ = ("_loop_thread", "_thread", "_transport")

    def __init__(self, loop_thread: LoopThread) -> None:
        self._loop_thread = loop_thread
        self._thread = threading.get_ident()
        self._transport: SocketTransport | None = None

    def take(self, transport: SocketTransport) -> None:
        """Read the answer from there."""
        self._transport = transport

    def _read(self) -> None:
        """Read what has arrived, if it is still lent; otherwise there is no transport any more."""
        transport = self._transport
        try:
            if transport is None or self._loop_thread.take_turn(transport.read_for, self):
                return
        except LoopEnded:
            pass  # The loop will tell what comes of this.
        self._transport = None


class WaitingThread(_Caller):
    """A thread that waits for one outcome: `WaitingThread(loop_thread).wait_for(begin)`."""

    __slots__ = ("_is_rung", "_outcome", "_post")

    def __init__(self, loop_thread: LoopThread) -> None:
        super().__init__(loop_thread)
        # Taken away while in use: a signal's handler may invoke too.
        self._post: _Post = _kept.__dict__.pop("post", None) or _Post()
        self._is_rung = False
        self._outcome: Outcome | None = None

    def wait_for(self, begin: Begin) -> Outcome:
        """Begin, and wait; Ctrl-C stops the waiting.

        Raises `LoopEnded`, and `RuntimeError` on the loop thread, which would wait for itself.
        """
        self._loop_thread.check_may_wait()
        self._loop_thread.take_turn(begin, self.deliver, self)
        while self._outcome is None:
            transport = self._transport
            if self._post.wait(-1 if transport is None else transport.fileno()):
                self._read()
        if self._is_rung:
            self._post.bell.hear()
        # Interrupted, it is not kept: its bell will be rung when nobody waits.
        _kept.post = self._post
        return self._outcome

    def deliver(self, outcome: Outcome) -> None:
        """This is what came of it."""
        if threading.get_ident() == self._thread:
            self._outcome = outcome
        else:
            self._is_rung = True
            self._outcome = outcome
            self._post.bell.ring()


class _Post:
    """Where a thread waits. Every microsecond counts here, so the thread keeps it."""

    __slots__ = ("_poll", "bell")

    def __init__(self) -> None:
        self.bell = Bell()
        self._poll = select.poll()
        self._poll.register(self.bell.fd, select.POLLIN)

    def wait(self, fd: int) -> bool:
        """Wait for the bell or, unless it is negative, `fd`; returns whether `fd` is readable."""
        if fd < 0:
            self._poll.poll()
            return False
        self._poll.register(fd, select.POLLIN)
        try:
            ready = _soon_ready(self._poll) or self._poll.poll()
        finally:
            self._poll.unregister(fd)
        return any(one == fd for one, _ in ready)


_kept = threading.local()

if hasattr(os, "register_at_fork"):
    # In a forked child the bell would be its parent's too.
    os.register_at_fork(after_in_child=lambda: _kept.__dict__.clear())


def _soon_ready(poll: select.poll) -> list[tuple[int, int]]:
    """What is ready within `_PATIENCE` seconds. Others run meanwhile, if there are any."""
    until = time.perf_counter() + _PATIENCE
    while not (ready := poll.poll(0)) and time.perf_counter() < until:
        _give_way()
    return ready


_PATIENCE = 0.0001
_give_way = getattr(os, "sched_yield", lambda: time.sleep(0))


class WaitingLoop(_Caller):
    """The running loop waits for one outcome: `await WaitingLoop(loop_thread).wait_for(begin)`."""

    __slots__ = ("_fd", "_future", "_loop")

    def __init__(self, loop_thread: LoopThread) -> None:
        super().__init__(loop_thread)
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[Outcome] = self._loop.create_future()
        # A descriptor of its socket that the loop watches: ours, as that may be closed meanwhile.
        self._fd = -1

    async def wait_for(self, begin: Begin) -> Outcome:
        """Begin, and wait. Raises `LoopEnded`."""
        try:
            self._loop_thread.take_turn(begin, self.deliver, self)
            if self._transport is not None:
                self._read_soon(self._transport)
            if self._future.done():
                # What else the loop has to do has its turn all the same.
                await asyncio.sleep(0)
            elif self._transport is not None:
                self._read_later(self._transport)
            return await self._future
        finally:
            self._stop_reading()

    def deliver(self, outcome: Outcome) -> None:
        """This is what came of it."""
        if threading.get_ident() == self._thread:
            self._resolve(outcome)
        else:
            with suppress(RuntimeError):  # It is closed: nobody waits any more.
                self._loop.call_soon_threadsafe(self._resolve, outcome)

    def _resolve(self, outcome: Outcome) -> None:
        if not self._future.done():
            self._future.set_result(outcome)

    def _read_soon(self, transport: SocketTransport) -> None:
        fd = transport.fileno()
        if fd < 0:
            return  # The loop has closed it meanwhile.
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        while self._transport is not None and not self._future.done() and _soon_ready(poll):
            self._read()

    def _read_later(self, transport: SocketTransport) -> None:
        with suppress(LoopEnded):
            self._loop_thread.take_turn(self._duplicate, transport)
        if self._fd >= 0:
            with suppress(NotImplementedError):  # Not every loop can: the loan ends by itself.
                self._loop.add_reader(self._fd, self._read_what_came)

    def _duplicate(self, transport: SocketTransport) -> None:
        # It may be closed, or there be no descriptor left: the loan ends by itself.
        with suppress(OSError):
            self._fd = os.dup(transport.fileno())

    def _read_what_came(self) -> None:
        self._read()
        if self._transport is None or self._future.done():
            self._stop_reading()

    def _stop_reading(self) -> None:
        if self._fd >= 0:
            if not self._loop.is_closed():
                with suppress(NotImplementedError):
                    self._loop.remove_reader(self._fd)
            # Not before: interrupted, it is done again, and a loop would watch what nobody reads.
            fd, self._fd = self._fd, -1
            os.close(fd)
