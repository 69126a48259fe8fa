"""An asynchronous invocation as its caller sees it: accepted, and later this or that."""

import asyncio
import json
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Self

from lambda_magic.core.errors import EventDroppedError, LambdaError
from lambda_magic.invocation.records import Ended
from lambda_magic.invocation.retries import Condition
from lambda_magic.monitoring import display
from lambda_magic.monitoring.result import InvocationResult


class AsyncInvocation:
    """What Invoke answers to InvocationType Event, and what becomes of the event.

    >>> accepted = hello.invoke_async({"name": "Ada"})
    >>> accepted.status_code
    202
    >>> accepted.wait().payload
    {'greeting': 'hi Ada'}

    Its methods are for any thread but the region's own; `await accepted` waits, too.
    """

    #: As Invoke answers it.
    status_code = 202

    def __init__(
        self, request_id: str, function_name: str, qualifier: str | None, *, attempts: int = 0
    ) -> None:
        #: The same in all attempts; `context.aws_request_id`.
        self.request_id = request_id
        self.function_name = function_name
        self.qualifier = qualifier
        #: How often the function has run for it so far.
        self.attempts = attempts
        self._ended: Ended | None = None
        self._abandoned: LambdaError | None = None
        # Called when there is either. No condition: Ctrl-C might leave it locked for the loop.
        self._waiting: list[Callable[[], object]] = []
        self._completed: Callable[[InvocationResult], InvocationResult] = lambda result: result

    def completed_by(self, complete: Callable[[InvocationResult], InvocationResult]) -> Self:
        """Have `complete` add to the result what its display needs besides; returns itself."""
        self._completed = complete
        return self

    @property
    def done(self) -> bool:
        """Whether there will be no other attempt."""
        return self._ended is not None

    @property
    def condition(self) -> str | None:
        """None as long as it is on its way; then as in AWS's record of it.

        "Success", "RetriesExhausted", "EventAgeExceeded" or "ZeroReservedConcurrency".
        """
        return None if self._ended is None else self._ended.condition.value

    def wait(self, timeout: float | None = None) -> InvocationResult:
        """Wait until it is done with, retries and all; return the result of the last attempt.

        If the function never ran, the result has a `service_error` that says why. A retry comes
        after one minute, another after two: `%clock fast` makes that no time at all. Raises
        `TimeoutError` after `timeout` seconds, and `ServiceException` if the region is closed.
        """
        called: SimpleQueue[None] = SimpleQueue()
        self._waiting.append(partial(called.put, None))
        # In this order: whoever sets one of them calls those who wait afterwards.
        if self._is_under_way():
            try:
                called.get(timeout=timeout)
            except Empty:
                raise TimeoutError(f"It is still on its way after {timeout} s: {self!r}") from None
        return self._last_result()

    def __await__(self) -> Generator[Any, None, InvocationResult]:
        loop = asyncio.get_running_loop()
        called = asyncio.Event()

        def call() -> None:
            with suppress(RuntimeError):  # It is closed: nobody waits any more.
                loop.call_soon_threadsafe(called.set)

        self._waiting.append(call)
        if self._is_under_way():
            yield from called.wait().__await__()
        return self._last_result()

    def _is_under_way(self) -> bool:
        return self._ended is None and self._abandoned is None

    def _last_result(self) -> InvocationResult:
        if self._ended is None:
            assert self._abandoned is not None
            raise self._abandoned
        return self._completed(_result(self._ended))

    def end(self, ended: Ended) -> None:
        """The event is done with; called once, with the turn of the loop."""
        self.attempts = ended.event.attempts
        self._ended = ended
        self._call()

    def abandon(self, error: LambdaError) -> None:
        """Nobody here will see the event through: whoever waits for it is told why."""
        self._abandoned = error
        self._call()

    def _call(self) -> None:
        for call in self._waiting:
            call()

    # How it is shown.

    def __repr__(self) -> str:
        return f"<AsyncInvocation {self._title} [{self.status_code}, {self._state}]>"

    def __str__(self) -> str:
        shown = f"{self._title}  {self.status_code}  {self._state}  {self.request_id}"
        return f"{shown}\n{self.wait()}" if self.done else shown

    def _repr_pretty_(self, printer: display.PrettyPrinter, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        notes = (str(self.status_code), self._state, self.request_id)
        parts = [display.heading(self._title, *notes)]
        if self.done:
            parts.append(self.wait()._repr_html_())
        failed = self.condition not in (None, Condition.SUCCESS)
        return display.card(parts, accent=display.VERMILLION if failed else display.BLUE)

    @property
    def _title(self) -> str:
        return self.function_name + ("" if self.qualifier is None else f":{self.qualifier}")

    @property
    def _state(self) -> str:
        attempts = f"{self.attempts} attempt{'' if self.attempts == 1 else 's'}"
        return f"{self.condition or 'on its way'}, {attempts}"


def _result(ended: Ended) -> InvocationResult:
    """The last attempt's result; or one that says why there was none."""
    if ended.result is not None:
        return ended.result
    error = ended.outcome
    if ended.condition is Condition.EVENT_AGE_EXCEEDED or not isinstance(error, LambdaError):
        reason = "" if error is None else f" The last attempt said: {error}"
        error = EventDroppedError(f"{ended.condition}: the function did not run.{reason}")
    return InvocationResult(
        status_code=error.status,
        payload_bytes=json.dumps(error.body()).encode(),
        function_error=None,
        executed_version="",
        request_id=ended.event.request_id,
        function_name=ended.event.function_name,
        service_error=error,
    )
