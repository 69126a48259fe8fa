"""One request at a time: moto's objects are not made for several threads.

Two threads that delete messages of one queue may bring one of them back, and a record that is put
while another one is may be lost. (Nothing is slower for it: Python runs one thread at a time.)
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.sns import models as sns_models


class Turnstile:
    """Lets one thread in at a time, and others while it waits for something."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Nobody else is in the block."""
        with self._lock:
            yield

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Within a block of `inside`: others are let in meanwhile."""
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()

    def install(self) -> None:
        """Step outside where moto waits for the subscribers of a topic; `queues` does the rest."""
        sns_models.requests = _Requests(self._outside(sns_models.requests.post))  # type: ignore[assignment,attr-defined]

    def _outside(self, waits: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **keywords: Any) -> Any:
            with self.outside():
                return waits(*arguments, **keywords)

        return wrapped


class _Requests:
    """Stands for the module `requests` where only its `post` is used."""

    def __init__(self, post: Callable[..., Any]) -> None:
        self.post = post
