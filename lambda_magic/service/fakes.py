"""Doubles of what runs functions, for tests of what is above: they remember what they were told."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from lambda_magic.core.errors import LambdaError
from lambda_magic.core.invocation import Invocation


class FakeProvisioner:
    """A `Provisioner` that has everything ready at once and nothing running."""

    def __init__(self) -> None:
        #: ("set", function name, qualifier, requested) or ("remove", function name, qualifier).
        self.calls: list[tuple[Any, ...]] = []
        self._requested: dict[tuple[str, str], int] = {}

    def set(self, function_name: str, qualifier: str, requested: int) -> None:
        """Remember the call."""
        self.calls.append(("set", function_name, qualifier, requested))
        self._requested[function_name, qualifier] = requested

    def remove(self, function_name: str, qualifier: str) -> None:
        """Remember the call."""
        self.calls.append(("remove", function_name, qualifier))
        self._requested.pop((function_name, qualifier), None)

    def status(self, function_name: str, qualifier: str) -> dict[str, Any]:
        """All that was requested is there."""
        available = self._requested.get((function_name, qualifier), 0)
        return {
            "AvailableProvisionedConcurrentExecutions": available,
            "AllocatedProvisionedConcurrentExecutions": available,
            "Status": "READY",
        }


class FakePollers:
    """`MappingPollers` that poll what they are told to, and never get anywhere."""

    def __init__(self) -> None:
        #: (uuid, the state it passes through), in order.
        self.changes: list[tuple[str, str]] = []
        #: The mappings that are polled.
        self.polled: set[str] = set()

    def is_polled(self, uuid: str) -> bool:
        """Whether a test has said so."""
        return uuid in self.polled

    def changed(self, uuid: str, passing: str) -> None:
        """Remember the call."""
        self.changes.append((uuid, passing))

    def members(self, uuid: str) -> dict[str, Any]:
        """Nothing is known better."""
        return {}


@dataclass(frozen=True, kw_only=True, slots=True)
class FakeResult:
    """The part of an `InvocationResult` that Invoke answers with."""

    payload_bytes: bytes
    function_error: str | None = None
    status_code: int = 200
    executed_version: str = "1"
    request_id: str = "6f0e9c1e-8d0f-4c55-9d5e-0d4a4cbb3c5a"
    log_result: str = "bG9n"
    error_type: str | None = None


class FakeStream:
    """A `Stream` of one piece."""

    def __init__(self, invocation: Invocation, result: FakeResult) -> None:
        self.invocation = invocation
        self.result = result
        #: Whether `abandon` has been called.
        self.is_abandoned = False

    async def begun(self) -> None:
        """At once."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self.result.function_error is None:
            yield self.result.payload_bytes

    def abandon(self) -> None:
        """Remember the call."""
        self.is_abandoned = True


@dataclass(frozen=True, kw_only=True, slots=True)
class FakeAccepted:
    """The part of an asynchronous invocation that Invoke answers with."""

    request_id: str = "b3d0e6f2-6d0a-4a8e-8f27-3f5f0cf5f1a1"


class FakeEventInvoker:
    """An `EventInvoker` that accepts everything."""

    def __init__(self) -> None:
        #: (function name, qualifier, payload, client context, trace id).
        self.calls: list[tuple[Any, ...]] = []
        #: What is raised in place of an answer.
        self.error: LambdaError | None = None

    async def accept(
        self,
        function_name: str,
        qualifier: str | None,
        payload: bytes,
        *,
        client_context: str | None = None,
        trace_id: str | None = None,
    ) -> FakeAccepted:
        """Remember the event."""
        self.calls.append((function_name, qualifier, payload, client_context, trace_id))
        if self.error is not None:
            raise self.error
        return FakeAccepted()


class FakeInvoker:
    """An `Invoker` whose functions answer with their payload."""

    def __init__(self) -> None:
        #: (function name, qualifier, payload, client context), or with "dry_run" in front.
        self.calls: list[tuple[Any, ...]] = []
        #: The FunctionError of every answer.
        self.function_error: str | None = None
        #: What is raised in place of an answer.
        self.error: LambdaError | None = None
        #: Functions with tenants.
        self.tenanted: set[str] = set()

    async def invoke(
        self,
        function_name: str,
        qualifier: str | None,
        payload: bytes,
        *,
        client_context: str | None = None,
        trace_id: str | None = None,
    ) -> FakeResult:
        """Answer with the payload."""
        self.calls.append((function_name, qualifier, payload, client_context))
        if self.error is not None:
            raise self.error
        return FakeResult(payload_bytes=payload, function_error=self.function_error)

    def stream(
        self,
        function_name: str,
        qualifier: str | None,
        payload: bytes,
        *,
        client_context: str | None = None,
        trace_id: str | None = None,
    ) -> FakeStream:
        """Answer with the payload, in one piece."""
        self.calls.append(("stream", function_name, qualifier, payload, client_context))
        if self.error is not None:
            raise self.error
        result = FakeResult(payload_bytes=payload, function_error=self.function_error)
        invocation = Invocation(
            request_id=result.request_id,
            invoked_function_arn="",
            function_name=function_name,
            version=result.executed_version,
            alias=None,
            payload=payload,
            trace_id="",
            streaming=True,
        )
        return FakeStream(invocation, result)

    def dry_run(self, function_name: str, qualifier: str | None) -> None:
        """Raise what an invocation would."""
        self.calls.append(("dry_run", function_name, qualifier))
        if self.error is not None:
            raise self.error

    def is_tenanted(self, function_name: str) -> bool:
        """Whether the function has been said to have tenants."""
        return function_name in self.tenanted
