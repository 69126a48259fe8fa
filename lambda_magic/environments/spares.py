"""Shells made ahead, as AWS keeps generic machines at hand: what a cold start need not wait for."""

import asyncio
from collections.abc import Callable

from lambda_magic.environments.fork_server import ForkServer
from lambda_magic.environments.shell import Shell

#: Seconds of rest after the last demand: by then the function that was asked for is running.
_REST = 0.006


class Spares:
    """One spare shell for each fork server. `make` makes a shell, not forked yet."""

    def __init__(self, make: Callable[[ForkServer], Shell]) -> None:
        self._make = make
        self._spares: dict[ForkServer, Shell] = {}
        self._timers: dict[ForkServer, asyncio.TimerHandle] = {}
        self._discarding: set[asyncio.Task[None]] = set()

    def take(self, server: ForkServer) -> Shell | None:
        """The spare shell, if there is one; another is made when there is time."""
        self._make_later(server)
        return self._spares.pop(server, None)

    async def close(self) -> None:
        """Discard all of them."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        while self._spares:
            self._discard(self._spares.popitem()[1])
        while self._discarding:
            await asyncio.wait(self._discarding)

    def _make_later(self, server: ForkServer) -> None:
        timer = self._timers.pop(server, None)
        if timer is not None:
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._timers[server] = loop.call_later(_REST, self._make_now, server)

    def _make_now(self, server: ForkServer) -> None:
        del self._timers[server]
        if server.is_gone:
            return
        if server.is_busy:
            # A burst: those who wait come first.
            self._make_later(server)
            return
        spare = None
        try:
            spare = self._make(server)
            spare.fork()
        except OSError:
            # Where the machine has no more to give, whoever needs a sandbox will hear of it.
            if spare is not None:
                self._discard(spare)
        else:
            spare.init.listen(_not_interested, lambda: self._lose(server))
            self._spares[server] = spare

    def _lose(self, server: ForkServer) -> None:
        """Its processes have ended, whether alone or with the fork server."""
        self._discard(self._spares.pop(server))

    def _discard(self, spare: Shell) -> None:
        task = asyncio.get_running_loop().create_task(spare.discard())
        self._discarding.add(task)
        task.add_done_callback(self._discarding.discard)


def _not_interested(number: int, code: int, peak: int) -> None:
    """Should the runtime end before there is a function, init will start another."""
