"""One invocation in an environment, from platform.start to platform.report."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload

from lambda_magic.core.errors import LambdaError
from lambda_magic.core.invocation import Invocation
from lambda_magic.environments.faults import Fault
from lambda_magic.environments.initialization import Initialization
from lambda_magic.environments.response_stream import STREAM_LIMIT, Flow, ResponseStream
from lambda_magic.monitoring.events import (
    Origin,
    PlatformEvent,
    Report,
    RuntimeDone,
    Start,
)
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.runtime_api.http import BODY_LIMIT
from lambda_magic.runtime_api.streaming import StreamError
from lambda_magic.runtime_api.transport import Reader

#: Called once, with the turn of the loop, with what became of an invocation.
Deliver = Callable[[InvocationResult | LambdaError], None]


# Not frozen, though nobody changes it: that costs a microsecond, and this is the hot path.
@dataclass(slots=True)
class PendingInvocation:
    """An invocation that has been let in and waits for an environment."""

    invocation: Invocation
    deliver: Deliver
    #: In flight when it was let in, itself included.
    function_concurrency: int
    account_concurrency: int
    #: On-demand only because all provisioned environments were busy.
    spillover: bool = False
    #: In flight on unreserved concurrency, itself included; None if it is not one of them.
    unreserved_concurrency: int | None = None
    #: Where the response goes as it arrives, if the caller takes it that way.
    stream: ResponseStream | None = None
    #: Who waits for it on a thread of its own, and may read the response there.
    reader: Reader | None = None


class Execution:
    """What is known so far of the invocation in flight.

    Only facts are noted while it runs. The events are made of them when somebody reads them,
    which is after the caller has been answered. Times are on the monotonic clock, in seconds.
    """

    __slots__ = (
        "_ended",
        "_error_type",
        "_fault",
        "_function_error",
        "_happened",
        "_init_duration_ms",
        "_max_memory_used_mb",
        "_origin",
        "_payload",
        "_pieces",
        "_response_begun",
        "_runtime_ended",
        "_runtime_ready",
        "_status",
        "_streamed",
        "_wall_offset",
        "invocation",
        "pending",
        "started",
    )

    def __init__(
        self, pending: PendingInvocation, origin: Origin, started: float, time: float
    ) -> None:
        self.pending = pending
        self.invocation = pending.invocation
        self.started = started
        self._wall_offset = time - started
        self._origin = origin
        #: Events, and how to make them.
        self._happened: list[PlatformEvent | Callable[[], PlatformEvent]] = []
        self._init_duration_ms: float | None = None
        self._payload = b""
        # Of a response that the runtime streams: its size so far, and for a caller who wants the
        # whole all there is of it.
        self._streamed = 0
        self._pieces: list[bytes] | None = None
        self._function_error: str | None = None
        self._error_type: str | None = None
        self._status = "success"
        # When the runtime asked for its next event, where there are extensions to wait for.
        self._runtime_ready: float | None = None
        # Of a failure that came after the answer.
        self._fault: Fault | None = None
        # When the runtime began to answer, and when it was done.
        self._response_begun: float | None = None
        self._runtime_ended: float | None = None
        self._ended = 0.0
        self._max_memory_used_mb = 0

    # What happens to it...

    def initialized_by(self, init: Initialization) -> None:
        """This is a cold start: the Init before it belongs to its log and its bill."""
        self.follows(init)
        self._init_duration_ms = init.duration_ms

    def follows(self, init: Initialization) -> None:
        """An Init that failed, or was repeated within it, belongs to its log."""
        self._happened.extend(init.events)

    def log(self, record: PlatformEvent) -> None:
        """The function or an extension wrote a message."""
        self._happened.append(record)

    def start(self) -> None:
        """It is given to the runtime."""
        self._happened.append(self.start_event)

    def succeed(self, payload: bytes, now: float) -> None:
        """The handler returned."""
        self._payload = payload
        self._response_begun = now
        self._end_runtime(now)

    def fail(self, payload: bytes, error_type: str, now: float) -> None:
        """The handler raised, and the runtime said how."""
        self._payload = payload
        self._function_error = "Unhandled"
        self._status = "failure"
        self._error_type = error_type
        self._response_begun = now
        self._end_runtime(now)

    def begin_stream(self, content_type: str, flow: Flow, now: float) -> None:
        """The runtime streams its response."""
        self._response_begun = now
        if self.pending.stream is None:
            self._pieces = []
        else:
            self.pending.stream.begin(content_type, flow)

    def stream(self, piece: bytes) -> bool:
        """The next piece of it; False if it is now more than there may be."""
        self._streamed += len(piece)
        if self._streamed > self.stream_limit:
            return False
        if self.pending.stream is not None:
            self.pending.stream.write(piece)
        elif self._pieces is not None:
            self._pieces.append(piece)
        return True

    @property
    def stream_limit(self) -> int:
        """How many bytes may be streamed."""
        return BODY_LIMIT if self.pending.stream is None else STREAM_LIMIT

    def end_stream(self, error: StreamError | None, now: float) -> None:
        """That was all of it. AWS takes a response that ends with an error for a success."""
        if error is not None:
            self._payload = error.body
            self._function_error = "Unhandled"
            self._error_type = error.error_type
        elif self._pieces is not None:
            self._payload = b"".join(self._pieces)
        self._end_runtime(now)

    def abort(self, fault: Fault, now: float) -> None:
        """There will be no answer from the runtime, or none that counts."""
        self._payload = fault.payload(self.invocation.request_id)
        self._function_error = "Unhandled"
        self._status = fault.status
        self._error_type = fault.error_type
        self._end_runtime(now)

    def leave_to_extensions(self, now: float) -> None:
        """The runtime waits for its next event: what takes time from now on are extensions."""
        self._runtime_ready = now

    def spoil(self, fault: Fault) -> None:
        """It has failed after the runtime had answered: what the caller gets is that answer."""
        self._fault = fault

    def _end_runtime(self, now: float) -> None:
        self._runtime_ended = now
        self._happened.append(self.runtime_done_event)

    def end(self, now: float, max_memory_used_mb: int) -> None:
        """Everything is over."""
        self._ended = now
        self._max_memory_used_mb = max_memory_used_mb
        self._happened.append(self.report_event)

    def deadline(self, timeout: float) -> float:
        """When it times out, in seconds since the epoch."""
        return self.started + self._wall_offset + timeout

    @property
    def answered(self) -> bool:
        """Whether the runtime has answered; what it may still do cannot change the answer."""
        return self._runtime_ended is not None

    def deliver(self) -> None:
        """Hand the result to whoever waits for it."""
        invocation = self.invocation
        self.pending.deliver(
            InvocationResult(
                status_code=200,
                payload_bytes=self._payload,
                function_error=self._function_error,
                executed_version=invocation.version,
                request_id=invocation.request_id,
                function_name=invocation.function_name,
                events=_Happened(self._happened),
            )
        )

    # ...and what is told of it.

    def start_event(self) -> Start:
        """platform.start"""
        pending, invocation = self.pending, self.invocation
        return Start(
            time=self.started + self._wall_offset,
            origin=self._origin,
            request_id=invocation.request_id,
            version=invocation.version,
            alias=invocation.alias,
            trace_id=invocation.trace_id,
            function_concurrency=pending.function_concurrency,
            account_concurrency=pending.account_concurrency,
            spillover=pending.spillover,
            unreserved_concurrency=pending.unreserved_concurrency,
        )

    def runtime_done_event(self) -> RuntimeDone:
        """platform.runtimeDone"""
        assert self._runtime_ended is not None
        begun = self._response_begun
        return RuntimeDone(
            time=self._runtime_ended + self._wall_offset,
            origin=self._origin,
            request_id=self.invocation.request_id,
            status=self._status,
            duration_ms=(self._runtime_ended - self.started) * 1000,
            produced_bytes=self._streamed or len(self._payload),
            error_type=self._error_type,
            response_started=None if begun is None else begun + self._wall_offset,
            trace_id=self.invocation.trace_id,
        )

    def report_event(self) -> Report:
        """platform.report"""
        duration_ms = (self._ended - self.started) * 1000
        fault, ready = self._fault, self._runtime_ready
        return Report(
            time=self._ended + self._wall_offset,
            origin=self._origin,
            request_id=self.invocation.request_id,
            alias=self.invocation.alias,
            status=self._status if fault is None else fault.status,
            duration_ms=duration_ms,
            # Init counts since 2025-08-01. Rounded first: 2.0000000001 ms is not three.
            billed_duration_ms=math.ceil(round(duration_ms + (self._init_duration_ms or 0.0), 2)),
            memory_size_mb=self._origin.memory_size_mb,
            max_memory_used_mb=self._max_memory_used_mb,
            init_duration_ms=self._init_duration_ms,
            error_type=self._error_type if fault is None else fault.error_type,
            runtime_ready=None if ready is None else ready + self._wall_offset,
            trace_id=self.invocation.trace_id,
        )


class _Happened(Sequence[PlatformEvent]):
    """The events of a result, made when they are first looked at."""

    __slots__ = ("_events", "_happened")

    def __init__(self, happened: list[PlatformEvent | Callable[[], PlatformEvent]]) -> None:
        self._happened = happened
        self._events: tuple[PlatformEvent, ...] | None = None

    def _made(self) -> tuple[PlatformEvent, ...]:
        if self._events is None:
            self._events = tuple(item() if callable(item) else item for item in self._happened)
        return self._events

    def __len__(self) -> int:
        return len(self._made())

    @overload
    def __getitem__(self, index: int) -> PlatformEvent: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[PlatformEvent, ...]: ...
    def __getitem__(self, index: int | slice) -> PlatformEvent | tuple[PlatformEvent, ...]:
        return self._made()[index]

    def __repr__(self) -> str:
        return repr(self._made())
