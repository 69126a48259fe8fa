"""An asyncio loop whose turn others may take while it rests.

The loop's thread runs callbacks only while it has the turn, and gives it away whenever it waits
for something to happen. So another thread that has the turn may do there and then what a callback
would do: nothing else moves meanwhile. That saves waking the loop's thread, which on a quiet
machine costs more than most of what it is woken for.
"""

import asyncio
import contextvars
import math
import selectors
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

from lambda_magic.core.held_signals import HeldSignals

T = TypeVar("T")

#: How long a thread waits for the turn before handlers of signals may run.
_PATIENCE = 0.05


class LoopEnded(RuntimeError):
    """The loop gives its turn to nobody any more."""


class SharedLoop(asyncio.SelectorEventLoop):
    """Run by one thread: `begin`, run it, `withdraw`, run what is left to do, `end`."""

    def __init__(self) -> None:
        self._turn = _Turn()
        # The threads that have taken it, or wait for it.
        self._takers: set[int] = set()
        # What others do is not done in their context: tasks that it starts outlive them.
        self._context = contextvars.Context()
        #: Until when the loop's own thread rests, by its time; None while it does not.
        self._rests_until: float | None = None
        # Whether others have had the turn meanwhile, and have given it something to do earlier.
        self._is_visited = False
        self._is_disturbed = False
        self._is_withdrawn = False
        super().__init__(_Selector(self))
        # Debugging, asyncio takes whatever another thread does for a mistake.
        self.set_debug(False)

    def begin(self) -> None:
        """The calling thread is the loop's own from now on."""
        self._turn.take()

    def withdraw(self) -> None:
        """Nobody else gets the turn from now on."""
        self._is_withdrawn = True

    def end(self) -> None:
        """The calling thread runs it no longer."""
        self._turn.give()

    def is_taker(self) -> bool:
        """Whether the calling thread has taken the turn, or is about to have it."""
        return threading.get_ident() in self._takers

    def take_turn(self, callback: Callable[..., T], *arguments: object) -> T:
        """Call `callback` here and now, as the loop's own thread would; returns its result.

        It must be short and wait for nothing: handlers of signals wait until it has returned.
        Waiting for the turn can be interrupted; then `callback` is not called. Raises `LoopEnded`
        once the loop is withdrawn, and `RuntimeError` where this thread takes the turn already: in
        a handler or a finalizer that runs in the midst of that.
        """
        thread = threading.get_ident()
        if thread in self._takers:
            raise RuntimeError("This thread is in the middle of something on the loop")
        while True:
            with HeldSignals():
                try:
                    self._takers.add(thread)
                    if self._turn.take(_PATIENCE):
                        return self._use_turn(callback, *arguments)
                finally:
                    self._takers.discard(thread)

    def _use_turn(self, callback: Callable[..., T], *arguments: object) -> T:
        self._is_visited = True
        running = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        try:
            if self._is_withdrawn:
                raise LoopEnded("The loop has ended")
            return self._context.run(callback, *arguments)
        finally:
            asyncio._set_running_loop(running)
            disturbed, self._is_disturbed = self._is_disturbed, False
            self._turn.give()
            if disturbed:
                # It may have ended since, having called what was to be called soon.
                with suppress(RuntimeError):
                    self.call_soon_threadsafe(_nothing)

    # asyncio's side...

    def call_soon(  # type: ignore[override]  # typeshed's has type variables of a later Python
        self, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> asyncio.Handle:
        """As every loop's; it is noticed if somebody else has the turn."""
        if self._rests_until is not None:
            self._is_disturbed = True
        return super().call_soon(callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        """As every loop's; it is noticed if somebody else has the turn."""
        if self._rests_until is not None and when < self._rests_until:
            self._is_disturbed = True
        return super().call_at(when, callback, *args, context=context)

    def rest(self, timeout: float | None) -> None:
        """Its own thread waits: others may have the turn."""
        self._rests_until = math.inf if timeout is None else self.time() + timeout
        self._turn.give()

    def rise(self) -> bool:
        """Its own thread goes on; returns whether nobody else has had the turn meanwhile."""
        self._turn.take()
        self._rests_until = None
        was_alone = not self._is_visited
        self._is_visited = False
        return was_alone


class _Selector(selectors.DefaultSelector):
    """Waits without the turn."""

    def __init__(self, loop: SharedLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready, by what is registered by then."""
        self._loop.rest(timeout)
        try:
            ready = super().select(timeout)
        finally:
            was_alone = self._loop.rise()
        if was_alone:
            return ready
        # Whoever had the turn meanwhile may have registered something else.
        keys = cast(dict[int, selectors.SelectorKey], self.get_map())
        return [
            (key, events & key.events)
            for old, events in ready
            if (key := keys.get(old.fd)) is not None and events & key.events
        ]


class _Turn:
    """One thread has it. The first who waits gets it before who had it last can again."""

    __slots__ = ("_lock", "_queue")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue = threading.Lock()

    def take(self, timeout: float = -1) -> bool:
        """Wait for it; `timeout` seconds for either step, if it is not negative."""
        if not self._queue.acquire(True, timeout):
            return False
        try:
            return self._lock.acquire(True, timeout)
        finally:
            self._queue.release()

    def give(self) -> None:
        self._lock.release()


def _nothing() -> None:
    """Wakes the loop."""
