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


class WaitingThread:
    """A thread that waits for one outcome: `WaitingThread(loop_thread).wait_for(begin)`."""

    __slots__ = ("_is_rung", "_loop_thread", "_outcome", "_post", "_thread", "_transport")

    def __init__(self, loop_thread: LoopThread) -> None:
        self._loop_thread = loop_thread
        self._thread = threading.get_ident()
        # Taken away while in use: a signal's handler may invoke too.
        self._post: _Post = _kept.__dict__.pop("post", None) or _Post()
        self._is_rung = False
        self._outcome: Outcome | None = None
        self._transport: SocketTransport | None = None

    def wait_for(self, begin: Begin) -> Outcome:
        """Begin, and wait; Ctrl-C stops the waiting. Raises `LoopEnded`."""
        self._loop_thread.take_turn(begin, self.deliver, self)
        while self._outcome is None:
            self._listen()
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

    def take(self, transport: SocketTransport) -> None:
        """Read the answer from there."""
        self._transport = transport

    def _listen(self) -> None:
        """Wait for the bell, and for the answer where it has been lent; read that."""
        transport = self._transport
        if not self._post.wait(-1 if transport is None else transport.fileno()):
            return
        assert transport is not None
        try:
            if not self._loop_thread.take_turn(transport.read_for, self):
                self._transport = None
        except LoopEnded:
            # The loop is about to end, and will tell what comes of this.
            self._transport = None


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


def _soon_ready(poll: select.poll) -> list[tuple[int, int]]:
    """What is ready within `_PATIENCE` seconds. Others run meanwhile, if there are any."""
    until = time.perf_counter() + _PATIENCE
    while not (ready := poll.poll(0)) and time.perf_counter() < until:
        _give_way()
    return ready


_PATIENCE = 0.0001
_give_way = getattr(os, "sched_yield", lambda: time.sleep(0))


class WaitingLoop:
    """The running loop waits for one outcome: `await WaitingLoop(loop_thread).wait_for(begin)`."""

    __slots__ = ("_fd", "_future", "_loop", "_loop_thread", "_thread", "_transport")

    def __init__(self, loop_thread: LoopThread) -> None:
        self._loop_thread = loop_thread
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._future: asyncio.Future[Outcome] = self._loop.create_future()
        self._transport: SocketTransport | None = None
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
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._resolve, outcome)

    def take(self, transport: SocketTransport) -> None:
        """Read the answer from there."""
        self._transport = transport

    def _resolve(self, outcome: Outcome) -> None:
        if not self._future.done():
            self._future.set_result(outcome)

    def _read_soon(self, transport: SocketTransport) -> None:
        poll = select.poll()
        poll.register(transport.fileno(), select.POLLIN)
        while self._transport is not None and not self._future.done() and _soon_ready(poll):
            self._read()

    def _read_later(self, transport: SocketTransport) -> None:
        # Where a loop cannot watch, or there is no descriptor left: the loan ends by itself.
        with suppress(NotImplementedError, OSError, LoopEnded):
            self._fd = self._loop_thread.take_turn(lambda: os.dup(transport.fileno()))
            self._loop.add_reader(self._fd, self._read)

    def _read(self) -> None:
        transport = self._transport
        try:
            goes_on = transport is not None and self._loop_thread.take_turn(
                transport.read_for, self
            )
        except LoopEnded:
            # It will tell what comes of this.
            goes_on = False
        if not goes_on:
            self._transport = None
            self._stop_reading()

    def _stop_reading(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            if not self._loop.is_closed():
                with suppress(NotImplementedError):
                    self._loop.remove_reader(fd)
            os.close(fd)
