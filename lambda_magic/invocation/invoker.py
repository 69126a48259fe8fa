"""The path of one invocation: route, claim, run, give back.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import asyncio
import base64
import binascii
import json
import random
import re

from lambda_magic.core.clock import Clock
from lambda_magic.core.errors import (
    InvalidRequestContentException,
    LambdaError,
    RequestTooLargeException,
    TooManyRequestsException,
)
from lambda_magic.core.invocation import Invocation
from lambda_magic.environments.execution import Deliver, PendingInvocation
from lambda_magic.environments.pool import EnvironmentPool
from lambda_magic.invocation.concurrency import Claim, Concurrency
from lambda_magic.invocation.router import Route, Router
from lambda_magic.monitoring.bus import Bus
from lambda_magic.monitoring.events import Throttle
from lambda_magic.monitoring.result import InvocationResult

#: AWS's limit for the event of a synchronous invocation, in bytes.
PAYLOAD_LIMIT = 6_291_456

_TRACE_ID = re.compile(r"[A-Za-z0-9=;:.+-]{1,512}")


class Invoker:
    """Runs invocations on the loop thread."""

    def __init__(
        self,
        router: Router,
        concurrency: Concurrency,
        pool: EnvironmentPool,
        *,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._router = router
        self._concurrency = concurrency
        self._pool = pool
        self._bus = bus
        self._clock = clock

    async def invoke(
        self,
        function_name: str,
        qualifier: str | None,
        payload: bytes,
        *,
        client_context: str | None = None,
        trace_id: str | None = None,
    ) -> InvocationResult:
        """Run one invocation and return its result; `payload` is checked to be JSON.

        Raises `ResourceNotFoundException`, `InvalidRequestContentException`,
        `RequestTooLargeException`, `TooManyRequestsException`, `ServiceException`.
        """
        check_json(payload)
        future: asyncio.Future[InvocationResult] = asyncio.get_running_loop().create_future()

        def deliver(outcome: InvocationResult | LambdaError) -> None:
            if future.done():
                return  # Whoever waited has gone away.
            if isinstance(outcome, LambdaError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

        self.begin(
            function_name,
            qualifier,
            payload,
            deliver,
            client_context=_client_context(client_context),
            trace_id=trace_id,
        )
        return await future

    def dry_run(self, function_name: str, qualifier: str | None) -> None:
        """Raise what `invoke` would raise for a function that cannot be invoked."""
        self._router.route(function_name, qualifier)

    def begin(
        self,
        function_name: str,
        qualifier: str | None,
        payload: bytes,
        deliver: Deliver,
        *,
        client_context: str | None = None,
        trace_id: str | None = None,
    ) -> None:
        """Start one invocation; `deliver` is called once, with its result or its error.

        The hot path: it never waits, and takes `payload` for JSON unseen. Raises what can be
        said at once.
        """
        if len(payload) > PAYLOAD_LIMIT:
            raise RequestTooLargeException(
                f"Request must be smaller than {PAYLOAD_LIMIT} bytes for the InvokeFunction "
                "operation"
            )
        route = self._router.route(function_name, qualifier)
        allotment = self._free_allotment(route) if route.allotments else None
        claim = self._claim(route, provisioned=allotment is not None)

        def release_and_deliver(outcome: InvocationResult | LambdaError) -> None:
            self._concurrency.release(claim)
            deliver(outcome)

        pending = PendingInvocation(
            Invocation(
                request_id=_request_id(),
                invoked_function_arn=route.invoked_function_arn,
                function_name=function_name,
                version=route.spec.version,
                alias=route.alias,
                payload=payload or b"{}",
                trace_id=_trace_id(trace_id, self._clock.time()),
                client_context=client_context,
            ),
            release_and_deliver,
            claim.function_concurrency,
            claim.account_concurrency,
            bool(route.allotments) and allotment is None,
            claim.unreserved_concurrency,
        )
        self._pool.run(route.spec, pending, allotment)

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
                time=self._clock.monotonic(),
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


def _request_id() -> str:
    """A UUID of version 4, at a third of the price of the standard library's."""
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[random.getrandbits(2)]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def check_json(payload: bytes) -> None:
    """Raise `InvalidRequestContentException` unless `payload` is JSON, or empty."""
    if not payload:
        return
    try:
        json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise InvalidRequestContentException(
            f"Could not parse request body into json: {error}"
        ) from None


def _client_context(encoded: str | None) -> str | None:
    """The JSON document in Invoke's `ClientContext`, in one line of ASCII."""
    if encoded is None:
        return None
    try:
        return json.dumps(json.loads(base64.b64decode(encoded, validate=True)))
    except (binascii.Error, ValueError):
        raise InvalidRequestContentException(
            "Client context must be a valid Base64-encoded JSON object."
        ) from None


def _trace_id(given: str | None, time: float) -> str:
    """The caller's X-Amzn-Trace-Id, or a new one that is not sampled."""
    if given is not None and _TRACE_ID.fullmatch(given):
        return given
    return (
        f"Root=1-{int(time):08x}-{random.getrandbits(96):024x};"
        f"Parent={random.getrandbits(64):016x};Sampled=0"
    )
