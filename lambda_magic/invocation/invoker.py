"""The path of one invocation: route, claim, run, give back.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import asyncio
import base64
import json
import logging
import random
from collections.abc import Callable
from typing import Any

from lambda_magic.core import trace
from lambda_magic.core.clock import Clock, VirtualClock
from lambda_magic.core.errors import (
    InvalidRequestContentException,
    LambdaError,
    RecursiveInvocationException,
    RequestTooLargeException,
    ServiceException,
    TooManyRequestsException,
)
from lambda_magic.core.invocation import Invocation
from lambda_magic.environments.execution import Deliver, PendingInvocation
from lambda_magic.environments.pool import EnvironmentPool
from lambda_magic.environments.response_stream import ResponseStream
from lambda_magic.invocation.concurrency import Claim, Concurrency
from lambda_magic.invocation.router import Route, Router
from lambda_magic.monitoring.bus import Bus
from lambda_magic.monitoring.events import Measurement, Throttle
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.runtime_api.transport import Reader

#: AWS's limit for the event of a synchronous invocation, in bytes.
PAYLOAD_LIMIT = 6_291_456

#: A function that has been invoked this often in one chain of requests is not invoked again.
RECURSION_LIMIT = 16

_log = logging.getLogger(__name__)


class Invoker:
    """Runs invocations on the loop thread.

    `recursion` tells a function's RecursiveLoop, "Terminate" or "Allow". On the virtual clock,
    permits refill, and time does not jump while an invocation is in flight.
    """

    def __init__(
        self,
        router: Router,
        concurrency: Concurrency,
        pool: EnvironmentPool,
        *,
        bus: Bus,
        clock: Clock,
        virtual_clock: VirtualClock | None = None,
        recursion: Callable[[str], str] = lambda function_name: "Terminate",
    ) -> None:
        self._router = router
        self._concurrency = concurrency
        self._pool = pool
        self._bus = bus
        self._clock = clock
        self._virtual_clock = virtual_clock or VirtualClock(clock)
        self._recursion = recursion

    async def invoke(
        self,
        function_name: str,
        qualifier: str | None,
        payload: bytes,
        *,
        client_context: str | None = None,
        trace_id: str | None = None,
        request_id: str | None = None,
    ) -> InvocationResult:
        """Run one invocation and return its result; `payload` is checked to be JSON.

        Raises `ResourceNotFoundException`, `InvalidRequestContentException`,
        `RequestTooLargeException`, `TooManyRequestsException`, `ServiceException`.
        """
        check_json(payload)
        context = read_client_context(client_context)
        return await result_of(
            lambda deliver: self.begin(
                function_name,
                qualifier,
                payload,
                deliver,
                client_context=context,
                trace_id=trace_id,
                request_id=request_id,
            )
        )

    def stream(
        self,
        function_name: str,
        qualifier: str | None,
        payload: bytes,
        *,
        client_context: str | None = None,
        trace_id: str | None = None,
        request_id: str | None = None,
    ) -> ResponseStream:
        """Start one invocation whose response is read as it arrives; raises what `invoke` does."""
        check_json(payload)
        stream = ResponseStream()
        self.begin(
            function_name,
            qualifier,
            payload,
            stream.end,
            client_context=read_client_context(client_context),
            trace_id=trace_id,
            request_id=request_id,
            stream=stream,
        )
        return stream

    def dry_run(self, function_name: str, qualifier: str | None) -> None:
        """Raise what `invoke` would raise for a function that cannot be invoked."""
        self._router.route(function_name, qualifier)

    def is_tenanted(self, function_name: str) -> bool:
        """Whether every invocation of the function has to be for one tenant."""
        return self._router.is_tenanted(function_name)

    def begin(
        self,
        function_name: str,
        qualifier: str | None,
        payload: bytes,
        deliver: Deliver,
        *,
        client_context: str | None = None,
        trace_id: str | None = None,
        request_id: str | None = None,
        stream: ResponseStream | None = None,
        reader: Reader | None = None,
    ) -> None:
        """Start one invocation; `deliver` is called once, with its result or its error.

        The hot path: it never waits, and takes `payload` for JSON unseen. A `reader` waits on a
        thread of its own, and may read the response there. Raises what can be said at once.
        """
        if len(payload) > PAYLOAD_LIMIT:
            raise RequestTooLargeException(
                f"Request must be smaller than {PAYLOAD_LIMIT} bytes for the InvokeFunction "
                "operation"
            )
        route = self._router.route(function_name, qualifier)
        header = self._trace_header(route, trace_id)
        allotment = self._free_allotment(route) if route.allotments else None
        claim = self._claim(route, provisioned=allotment is not None)
        pending = PendingInvocation(
            Invocation(
                request_id=request_id or new_request_id(),
                invoked_function_arn=route.invoked_function_arn,
                function_name=function_name,
                version=route.spec.version,
                alias=route.alias,
                payload=payload or b"{}",
                trace_id=header,
                client_context=client_context,
                streaming=stream is not None,
            ),
            self._releasing(claim, deliver),
            claim.function_concurrency,
            claim.account_concurrency,
            bool(route.allotments) and allotment is None,
            claim.unreserved_concurrency,
            stream,
            reader,
        )
        if stream is not None:
            stream.invocation = pending.invocation
        self._virtual_clock.begin()
        self._run(route, pending, allotment)

    def _releasing(self, claim: Claim, deliver: Deliver) -> Deliver:
        """Gives back what was claimed and then delivers, once, however often it is called."""
        delivered = False

        def release_and_deliver(outcome: InvocationResult | LambdaError) -> None:
            nonlocal delivered
            if not delivered:
                delivered = True
                self._concurrency.release(claim)
                self._virtual_clock.end()
                deliver(outcome)

        return release_and_deliver

    def _run(self, route: Route, pending: PendingInvocation, allotment: str | None) -> None:
        try:
            self._pool.run(route.spec, pending, allotment)
        except Exception as error:
            # A mistake of ours. The caller must not wait for ever, nor the claim be lost.
            _log.exception("An invocation of %s could not be started", route.spec.function_name)
            pending.deliver(ServiceException(f"The invocation could not be started: {error}"))

    def _trace_header(self, route: Route, given: str | None) -> str:
        """The caller's header, or a new one, with this function as its last resource."""
        header = trace.accepted_header(given) or trace.new_header(self._clock.time())
        resource = trace.resource_hash(route.invoked_function_arn)
        header, passed = trace.passing(header, resource)
        function_name = route.spec.function_name
        if passed >= RECURSION_LIMIT and self._recursion(function_name) == "Terminate":
            self._bus.publish(
                Measurement(
                    time=self._clock.time(),
                    function_name=function_name,
                    qualifier=route.alias,
                    metric="RecursiveInvocationsDropped",
                )
            )
            raise RecursiveInvocationException()
        return header

    def _free_allotment(self, route: Route) -> str | None:
        """The qualifier that has a provisioned environment free for it, or None."""
        for name in route.allotments:
            if self._pool.has_idle(route.spec, name):
                return name
        return None

    def _claim(self, route: Route, *, provisioned: bool) -> Claim:
        try:
            return self._concurrency.claim(
                route.spec.function_name,
                route.limits,
                time=self._virtual_clock.monotonic(),
                provisioned=provisioned,
                cold=not provisioned and not self._pool.has_idle(route.spec),
            )
        except TooManyRequestsException as throttle:
            self._bus.publish(
                Throttle(
                    time=self._clock.time(),
                    function_name=route.spec.function_name,
                    version=route.spec.version,
                    alias=route.alias,
                    reason=str(throttle.members["Reason"]),
                )
            )
            raise


async def result_of(begin: Callable[[Deliver], None]) -> InvocationResult:
    """The result of the invocation that `begin` starts; raises the `LambdaError` if it did not run.

    On the loop thread.
    """
    future: asyncio.Future[InvocationResult] = asyncio.get_running_loop().create_future()

    def deliver(outcome: InvocationResult | LambdaError) -> None:
        if future.done():
            return  # Whoever waited has gone away.
        if isinstance(outcome, LambdaError):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

    begin(deliver)
    return await future


def new_request_id() -> str:
    """A UUID of version 4, at a third of the price of the standard library's."""
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[random.getrandbits(2)]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def check_json(payload: bytes) -> None:
    """Raise `InvalidRequestContentException` unless `payload` is JSON, or empty."""
    if not payload:
        return
    try:
        _parse(payload)
    except (ValueError, RecursionError) as error:
        raise InvalidRequestContentException(
            f"Could not parse request body into json: {error}"
        ) from None


def _parse(document: bytes) -> Any:
    """JSON in UTF-8, without the words that only Python knows (NaN, Infinity)."""
    return _DECODER.decode(document.decode())


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def read_client_context(encoded: str | None) -> str | None:
    """The JSON document in Invoke's `ClientContext`, in one line of ASCII."""
    if encoded is None:
        return None
    try:
        return json.dumps(_parse(base64.b64decode(encoded, validate=True)))
    except (ValueError, RecursionError):
        raise InvalidRequestContentException(
            "Client context must be a valid Base64-encoded JSON object."
        ) from None
