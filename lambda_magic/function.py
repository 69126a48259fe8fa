"""A function as a Python object: invoke it, many times at once, and read what happened."""

import errno
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from queue import SimpleQueue

from lambda_magic.core.errors import (
    InvalidRequestContentException,
    LambdaError,
    ServiceException,
)
from lambda_magic.core.shared_loop import LoopEnded
from lambda_magic.environments.execution import Deliver
from lambda_magic.environments.response_stream import ResponseStream
from lambda_magic.function_card import function_card
from lambda_magic.invocation.async_invocation import AsyncInvocation
from lambda_magic.invocation.callers import Outcome, WaitingLoop, WaitingThread
from lambda_magic.load_generator import LoadGenerator
from lambda_magic.monitoring.card import Card, Carded
from lambda_magic.monitoring.function_metrics import FunctionMetrics
from lambda_magic.monitoring.load_plan import LoadPlan
from lambda_magic.monitoring.load_report import LoadReport
from lambda_magic.monitoring.logs import LogText
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.region import Region
from lambda_magic.runtime_api.transport import Reader
from lambda_magic.source import source_of
from lambda_magic.streamed_response import StreamedResponse


class Function(Carded):
    """A function, or one of its versions or aliases.

    >>> hello = lambda_magic.function("hello")
    >>> hello.invoke({"name": "Ada"}).payload
    {'greeting': 'hi Ada'}

    Events are what `json.dumps` takes, or bytes that are JSON text already.
    """

    def __init__(self, region: Region, name: str, qualifier: str | None = None) -> None:
        self._region = region
        self.name = name
        self.qualifier = qualifier

    def __repr__(self) -> str:
        qualifier = "" if self.qualifier is None else f":{self.qualifier}"
        return f"<Function {self.name}{qualifier}>"

    def card(self) -> Card:
        """What the API says of it now."""
        if self._region.loop_thread.is_closed:
            return Card(title=repr(self), facts=[[("", self._region.closed().message)]])
        return function_card(self._region.client(), self.name, self.qualifier)

    def invoke(self, event: object = None) -> InvocationResult:
        """Invoke and wait (Invoke with InvocationType RequestResponse).

        A function that fails is a result with `function_error`. Raises a `LambdaError` if it
        did not run: `ResourceNotFoundException`, `TooManyRequestsException`, ... Ctrl-C stops
        the waiting; the invocation goes on until its timeout, as on AWS.
        """
        begin = partial(self._begin, _payload(event))
        try:
            outcome = self._waiting_thread().wait_for(begin)
        except LoopEnded:
            raise self._region.closed() from None
        return self._with_source(_result(outcome))

    def _waiting_thread(self) -> WaitingThread:
        try:
            return WaitingThread(self._region.loop_thread)
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            # There is no descriptor left to wait with.
            raise ServiceException(f"The invocation could not be started: {error}") from None

    async def ainvoke(self, event: object = None) -> InvocationResult:
        """The same on your own asyncio loop: `await hello.ainvoke({"name": "Ada"})`."""
        begin = partial(self._begin, _payload(event))
        try:
            outcome = await WaitingLoop(self._region.loop_thread).wait_for(begin)
        except LoopEnded:
            raise self._region.closed() from None
        return self._with_source(_result(outcome))

    def invoke_async(self, event: object = None) -> AsyncInvocation:
        """Hand over an event and do not wait (Invoke with InvocationType Event).

        What becomes of it can be asked, and waited for: `hello.invoke_async(event).wait()`.
        Raises a `LambdaError` if it is not accepted.
        """
        accept = self._region.asynchronous.accept(self.name, self.qualifier, _payload(event))
        return self._region.call(accept).completed_by(self._with_source)

    def _with_source(self, result: InvocationResult) -> InvocationResult:
        """A function error is shown in the handler's own lines."""
        if result.function_error is not None:
            result.source = source_of(result, self._region)
        return result

    def stream(self, event: object = None) -> StreamedResponse:
        """Invoke, and read the response as it arrives (InvokeWithResponseStream).

        Returns as soon as it begins. A handler that yields streams; the response of any other is
        one piece. Raises a `LambdaError` if it did not run.

        >>> for piece in hello.stream({"name": "Ada"}): ...
        """
        stream = self._region.call(self._begin_stream(_payload(event)))
        return StreamedResponse(self._region, stream)

    async def _begin_stream(self, payload: bytes) -> ResponseStream:
        stream = self._region.invoker.stream(self.name, self.qualifier, payload)
        await stream.begun()
        return stream

    def map(self, events: Iterable[object], concurrency: int = 10) -> Iterator[InvocationResult]:
        """Invoke with every event, at most `concurrency` at a time.

        Yields one result an event, in the order of the events, as soon as it is there. An
        invocation that did not run has its place too: its `status_code` is the error's (429 for
        a throttle), its payload AWS's error body, and `raise_for_error` raises it.

        >>> sum(result.payload for result in square.map(range(100), concurrency=20))
        328350
        """
        if concurrency < 1:
            raise ValueError("concurrency must be at least 1")
        return self._map(iter(events), concurrency)

    def _map(self, events: Iterator[object], concurrency: int) -> Iterator[InvocationResult]:
        arrived: SimpleQueue[tuple[int, Outcome]] = SimpleQueue()
        early: dict[int, Outcome] = {}
        numbered = enumerate(events)
        begun = 0
        for number, event in itertools.islice(numbered, concurrency):
            self._begin_numbered(number, event, arrived)
            begun += 1
        expected = 0
        while expected < begun:
            number, outcome = arrived.get()
            early[number] = outcome
            for next_number, event in itertools.islice(numbered, 1):
                self._begin_numbered(next_number, event, arrived)
                begun += 1
            while expected in early:
                yield self._as_result(early.pop(expected))
                expected += 1

    def load(
        self,
        event: object = None,
        *,
        count: int | None = None,
        concurrency: int | None = None,
        rate: float | None = None,
        duration: float | None = None,
        progress: Callable[[], object] = lambda: None,
    ) -> LoadReport:
        """Invoke many times and report: until `count` invocations or `duration` seconds are over.

        `concurrency` of them at a time, or `rate` begun per second, or both (see `LoadPlan`).
        `progress` is called for each that is answered. Interrupting it returns what there is.
        Raises `ValueError` for a plan that makes no sense, and a `LambdaError` if the service
        refuses for another reason than a throttle.

        >>> hello.load({"name": "Ada"}, count=500, concurrency=50)
        <LoadReport hello [500 invocations, 50 cold]>
        """
        plan = LoadPlan(count=count, concurrency=concurrency, rate=rate, duration=duration)
        payload = _payload(event)
        begin = partial(self._region.call_soon, self._begin, payload)
        generator = LoadGenerator(plan, begin, self._as_result)
        generator.run(progress)
        report = LoadReport(
            self.name if self.qualifier is None else f"{self.name}:{self.qualifier}",
            generator.samples,
            seconds=generator.seconds,
            plan=plan,
            was_interrupted=generator.was_interrupted,
            in_flight=generator.in_flight,
        )
        for result in report.first_errors.values():
            self._with_source(result)
        return report

    def _begin_numbered(
        self, number: int, event: object, arrived: "SimpleQueue[tuple[int, Outcome]]"
    ) -> None:
        try:
            payload = _payload(event)
        except LambdaError as error:
            arrived.put((number, error))
            return
        self._region.call_soon(self._begin, payload, lambda result: arrived.put((number, result)))

    def _begin(self, payload: bytes, deliver: Deliver, reader: Reader | None = None) -> None:
        """With the loop's turn; nothing may be raised, for somebody waits for an answer."""
        try:
            self._region.invoker.begin(self.name, self.qualifier, payload, deliver, reader=reader)
        except LambdaError as error:
            deliver(error)
        except Exception as error:
            deliver(ServiceException(f"The invocation could not be started: {error}"))

    def _as_result(self, outcome: Outcome) -> InvocationResult:
        if isinstance(outcome, InvocationResult):
            return outcome
        return InvocationResult(
            status_code=outcome.status,
            payload_bytes=json.dumps(outcome.body()).encode(),
            function_error=None,
            executed_version="",
            request_id="",
            function_name=self.name,
            service_error=outcome,
        )

    def logs(self) -> LogText:
        """The whole log of the function; `str(...)` is its text."""
        configuration = self._region.client().get_function_configuration(FunctionName=self.name)
        group, logs = configuration["LoggingConfig"]["LogGroup"], self._region.logs
        return logs.text(group, streams=logs.function_streams(group, self.name))

    def metrics(self) -> FunctionMetrics:
        """CloudWatch's metrics of the function, or of this version or alias."""
        return self._region.metrics.function(self.name, self.qualifier)


def _payload(event: object) -> bytes:
    if isinstance(event, bytes):
        return event
    try:
        return json.dumps(event).encode()
    except (TypeError, ValueError) as error:
        raise InvalidRequestContentException(
            f"Could not parse request body into json: {error}"
        ) from None


def _result(outcome: Outcome) -> InvocationResult:
    if isinstance(outcome, LambdaError):
        raise outcome
    return outcome
