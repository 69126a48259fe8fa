"""One invocation in an environment, from platform.start to platform.report."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from lambda_magic.core.errors import LambdaError
from lambda_magic.core.invocation import Invocation
from lambda_magic.environments.faults import Fault
from lambda_magic.environments.initialization import Initialization
from lambda_magic.monitoring.events import Origin, PlatformEvent, Report, RuntimeDone, Start
from lambda_magic.monitoring.result import InvocationResult

#: Called once, on the loop thread, with what became of an invocation.
Deliver = Callable[[InvocationResult | LambdaError], None]


@dataclass(frozen=True, slots=True)
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


class Execution:
    """What is known so far of the invocation in flight. Durations are in milliseconds."""

    __slots__ = (
        "_error_type",
        "_function_error",
        "_init_duration_ms",
        "_origin",
        "_payload",
        "_runtime_done",
        "_status",
        "events",
        "invocation",
        "pending",
        "started",
    )

    def __init__(self, pending: PendingInvocation, origin: Origin, started: float) -> None:
        self.pending = pending
        self.invocation = pending.invocation
        #: On the monotonic clock, in seconds.
        self.started = started
        #: Everything that happened, for the result's log.
        self.events: list[PlatformEvent] = []
        self._init_duration_ms: float | None = None
        self._origin = origin
        self._payload = b""
        self._function_error: str | None = None
        self._error_type: str | None = None
        self._status = "success"
        self._runtime_done = False

    def initialized_by(self, init: Initialization) -> None:
        """This is a cold start: the Init before it belongs to its log and its bill."""
        self.events[:0] = init.events
        self._init_duration_ms = init.duration_ms

    @property
    def answered(self) -> bool:
        """Whether the runtime has answered; what it may still do cannot change the answer."""
        return self._runtime_done

    def start(self, time: float) -> Start:
        """The invocation is given to the runtime."""
        pending = self.pending
        event = Start(
            time=time,
            origin=self._origin,
            request_id=self.invocation.request_id,
            version=self.invocation.version,
            alias=self.invocation.alias,
            trace_id=self.invocation.trace_id,
            function_concurrency=pending.function_concurrency,
            account_concurrency=pending.account_concurrency,
            spillover=pending.spillover,
            unreserved_concurrency=pending.unreserved_concurrency,
        )
        self.events.append(event)
        return event

    def succeed(self, payload: bytes, time: float, now: float) -> RuntimeDone:
        """The handler returned."""
        self._payload = payload
        return self._done(time, now)

    def fail(self, payload: bytes, error_type: str, time: float, now: float) -> RuntimeDone:
        """The handler raised, and the runtime said how."""
        self._payload = payload
        self._function_error = "Unhandled"
        self._status = "failure"
        self._error_type = error_type
        return self._done(time, now)

    def abort(self, fault: Fault, time: float, now: float) -> RuntimeDone:
        """There will be no answer from the runtime, or none that counts."""
        self._payload = fault.payload(self.invocation.request_id)
        self._function_error = "Unhandled"
        self._status = fault.status
        self._error_type = fault.error_type
        return self._done(time, now)

    def _done(self, time: float, now: float) -> RuntimeDone:
        self._runtime_done = True
        event = RuntimeDone(
            time=time,
            origin=self._origin,
            request_id=self.invocation.request_id,
            status=self._status,
            duration_ms=(now - self.started) * 1000,
            produced_bytes=len(self._payload),
            error_type=self._error_type,
        )
        self.events.append(event)
        return event

    def report(self, time: float, now: float, max_memory_used_mb: int) -> Report:
        """Everything is over."""
        duration_ms = (now - self.started) * 1000
        event = Report(
            time=time,
            origin=self._origin,
            request_id=self.invocation.request_id,
            alias=self.invocation.alias,
            status=self._status,
            duration_ms=duration_ms,
            # Init counts since 2025-08-01. Rounded first: 2.0000000001 ms is not three.
            billed_duration_ms=math.ceil(round(duration_ms + (self._init_duration_ms or 0.0), 2)),
            memory_size_mb=self._origin.memory_size_mb,
            max_memory_used_mb=max_memory_used_mb,
            init_duration_ms=self._init_duration_ms,
            error_type=self._error_type,
        )
        self.events.append(event)
        return event

    def deliver(self) -> None:
        """Hand the result to whoever waits for it."""
        self.pending.deliver(
            InvocationResult(
                status_code=200,
                payload_bytes=self._payload,
                function_error=self._function_error,
                executed_version=self.invocation.version,
                request_id=self.invocation.request_id,
                function_name=self.invocation.function_name,
                events=tuple(self.events),
            )
        )
