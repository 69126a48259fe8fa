"""The init process of one sandbox, as seen from here: what it is told, and what it answers."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, Protocol

from lambda_magic.environments.control import ControlSocket
from lambda_magic.environments.isolation import Isolation

#: Seconds for what takes init milliseconds.
_PATIENCE = 30.0
#: What `ru_maxrss` counts in.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Forker(Protocol):
    """Who makes init processes: a fork server, or a container for one."""

    @property
    def isolation(self) -> str:
        """The isolation that they have."""

    def place(self) -> AbstractAsyncContextManager[None]:
        """Taken by whoever makes an environment, from `fork` until that exists."""

    def fork(self, descriptors: Sequence[int]) -> int:
        """Make one, which takes over copies of `descriptors`; returns its number."""

    def kill(self, number: int) -> None:
        """End one, if it has not ended."""

    async def exited(self, number: int) -> None:
        """Return when one has ended."""


class InitProcess:
    """One init process, forked by `fork`.

    Until it is told what it is for, by `furnish`, it waits, with all done that can be done ahead.
    """

    def __init__(self, server: Forker) -> None:
        self._server = server
        self._on_exited: Callable[[int, int, int], None] = lambda number, code, peak: None
        self._on_gone: Callable[[], None] = lambda: None
        self._control = ControlSocket(self._heard, self._ended)
        self._number: int | None = None
        # What somebody waits for, by the answer's first word.
        self._awaited: dict[str, asyncio.Future[tuple[str, list[int]]]] = {}

    def listen(
        self, on_exited: Callable[[int, int, int], None], on_gone: Callable[[], None]
    ) -> None:
        """Be told what happens.

        `on_exited` is called when a program ends by itself, with its number (0 is the runtime), its
        exit code (negative for a signal) and the most memory it had, in bytes; `on_gone` once if
        init itself ends without being told to.
        """
        self._on_exited = on_exited
        self._on_gone = on_gone

    def furnish(self, description: dict[str, Any], runtime: dict[str, Any]) -> None:
        """Tell what it is for; before the fork or after, but once."""
        # Both lines wait in the socket until there is a process to read them.
        lines = f"{json.dumps(description)}\n{json.dumps(runtime)}\n"
        self._control.send(lines.encode())

    def fork(self, descriptors: Sequence[int]) -> None:
        """Have it forked, with copies of `descriptors`."""
        self._number = self._server.fork([self._control.other_fd, *descriptors])
        self._control.close_other()

    async def created(self) -> None:
        """Return when the place is complete; raises `OSError` where the machine refuses."""
        await self._answer("created")

    def send(self, command: bytes, descriptors: Sequence[int] = ()) -> None:
        """Tell it to do something. If it has gone, `on_gone` says so."""
        with suppress(OSError):
            self._control.send(command, descriptors)

    async def ask(
        self, command: bytes, answer: str, descriptors: Sequence[int] = ()
    ) -> tuple[str, list[int]]:
        """Tell it to do something and wait for its answer: the rest of the line, descriptors.

        Raises `OSError` if init ends instead.
        """
        self._control.send(command, descriptors)
        return await self._answer(answer)

    async def end(self) -> None:
        """End it with all that it has started, and return when they are gone."""
        self._control.close()
        self._fail("The sandbox was destroyed")
        if self._number is None:
            return
        if self._server.isolation is not Isolation.PROCESS:
            # Linux itself then kills whatever is in its namespace. Elsewhere, init does that
            # when the socket closes.
            self._server.kill(self._number)
        try:
            await asyncio.wait_for(self._server.exited(self._number), _PATIENCE)
        except TimeoutError:
            self._server.kill(self._number)

    async def _answer(self, word: str) -> tuple[str, list[int]]:
        answer = self._awaited[word] = asyncio.get_running_loop().create_future()
        try:
            return await asyncio.wait_for(answer, _PATIENCE)
        finally:
            self._awaited.pop(word, None)

    def _heard(self, line: str, descriptors: list[int]) -> None:
        word, _, rest = line.partition(" ")
        answer = self._awaited.pop(word, None)
        if answer is not None and not answer.done():
            answer.set_result((rest, descriptors))
            return
        for fd in descriptors:
            os.close(fd)
        if word == "exited":
            number, code, peak = rest.split()
            self._on_exited(int(number), int(code), int(peak) * _RSS_UNIT)
        elif word == "error":
            self._fail(rest)

    def _ended(self) -> None:
        self._fail("The sandbox's init process ended")
        self._on_gone()

    def _fail(self, reason: str) -> None:
        while self._awaited:
            _, answer = self._awaited.popitem()
            if not answer.done():
                answer.set_exception(OSError(reason))
