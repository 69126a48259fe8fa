"""Calls of other services: boto3's, in threads, awaited on the loop thread.

A thread is made for each call, and nobody joins it: a long poll that goes on must not keep a
region from closing, nor the interpreter from ending. (A thread costs a fiftieth of a call.)
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from lambda_magic.core.aws import aws_client
from lambda_magic.core.settings import Settings

#: Is given the client and the answer that nobody waits for any more, in a thread.
Late = Callable[[Any, Any], object]


class Calls:
    """Makes calls for event sources; used on the loop thread."""

    #: Calls at the same time; those that wait for records at the other end are not counted.
    AT_ONCE = 16

    def __init__(
        self, settings: Settings, *, client: Callable[[Settings, str], Any] = aws_client
    ) -> None:
        self._settings = settings
        self._make_client = client
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._places = asyncio.Semaphore(self.AT_ONCE)

    async def __call__(self, service: str, operation: str, **members: Any) -> Any:
        """The answer of an operation, named as boto3's method; raises what boto3 raises."""
        async with self._places:
            return await self._begin(service, operation, members, None)

    async def patiently(self, service: str, operation: str, late: Late, **members: Any) -> Any:
        """The same for a call that waits at the other end.

        Where the waiting is cancelled, `late` is called with what comes nonetheless.
        """
        return await self._begin(service, operation, members, late)

    def close(self) -> None:
        """Let connections go that nobody uses."""
        for client in self._clients.values():
            client.close()

    def _begin(
        self, service: str, operation: str, members: dict[str, Any], late: Late | None
    ) -> "asyncio.Future[Any]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()

        def run() -> None:
            answer: Any = None
            error: BaseException | None = None
            try:
                answer = getattr(self._client(service), operation)(**members)
            except BaseException as raised:
                error = raised
            try:
                loop.call_soon_threadsafe(_resolve, future, answer, error, missed)
            except RuntimeError:  # The loop has ended.
                missed(answer)

        def missed(answer: Any) -> None:
            if late is not None and answer is not None:
                with suppress(Exception):  # Nobody is there to hear of it.
                    late(self._client(service), answer)

        threading.Thread(target=run, name=f"lambda_magic {operation}", daemon=True).start()
        return future

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._make_client(self._settings, service)
            return self._clients[service]


def _resolve(
    future: "asyncio.Future[Any]",
    answer: Any,
    error: BaseException | None,
    missed: Callable[[Any], None],
) -> None:
    if future.done():
        threading.Thread(target=missed, args=(answer,), daemon=True).start()
    elif error is None:
        future.set_result(answer)
    else:
        future.set_exception(error)
