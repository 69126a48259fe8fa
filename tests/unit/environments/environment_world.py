"""One environment with everything it needs: fakes below, an owner and a manual clock above."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from lambda_magic.core.clock import ManualClock
from lambda_magic.core.errors import LambdaError
from lambda_magic.core.invocation import Invocation
from lambda_magic.environments.environment import ExecutionEnvironment
from lambda_magic.environments.execution import PendingInvocation
from lambda_magic.environments.fake_extension import FakeExtension
from lambda_magic.environments.fake_sandbox import FakeHandler, FakeSandbox, FakeSandboxFactory
from lambda_magic.environments.faults import Fault
from lambda_magic.environments.spec import EnvironmentSpec
from lambda_magic.environments.states import EnvironmentState as State
from lambda_magic.monitoring.bus import Bus
from lambda_magic.monitoring.events import EnvironmentChanged, Event
from lambda_magic.monitoring.result import InvocationResult

SPEC = EnvironmentSpec(
    function_name="hello",
    version="3",
    generation="g1",
    runtime="python3.12",
    handler="lambda_function.handler",
    code=Path("/nowhere"),
    timeout=5.0,
    log_group="/aws/lambda/hello",
)


class Owner:
    """Notes what the environment tells the pool, so that a test can wait for it."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[str] = asyncio.Queue()
        self.unavailable = 0

    def environment_idle(self, environment: ExecutionEnvironment) -> None:
        self.told.put_nowait("idle")

    def environment_unavailable(self, environment: ExecutionEnvironment) -> None:
        self.unavailable += 1

    def environment_init_failed(self, environment: ExecutionEnvironment, fault: Fault) -> None:
        self.told.put_nowait(f"init failed: {fault.error_type}")

    def environment_gone(self, environment: ExecutionEnvironment) -> None:
        self.told.put_nowait("gone")


class World:
    """One environment with everything it needs, and what came of it."""

    def __init__(
        self,
        handler: FakeHandler = lambda event: event,
        *,
        allotment: str | None = None,
        extensions: Sequence[FakeExtension] = (),
    ) -> None:
        self.clock = ManualClock()
        self.bus = Bus(self.clock)
        self.owner = Owner()
        self.factory = FakeSandboxFactory(handler, extensions)
        self.environment = ExecutionEnvironment(
            SPEC,
            factory=self.factory,
            owner=self.owner,
            bus=self.bus,
            clock=self.clock,
            init_timeout=10.0,
            allotment=allotment,
        )
        self.outcomes: asyncio.Queue[InvocationResult | LambdaError] = asyncio.Queue()
        self._events: list[Event] = []
        self.bus.subscribe(self._events.extend)

    @property
    def sandbox(self) -> FakeSandbox:
        return self.factory.sandboxes[0]

    @property
    def events(self) -> list[Event]:
        self.bus.flush()
        return self._events

    def names(self) -> list[str]:
        return [event.type for event in self.events if not isinstance(event, EnvironmentChanged)]

    def pending(self, payload: object = None, request_id: str = "r-1") -> PendingInvocation:
        invocation = Invocation(
            request_id=request_id,
            invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:hello:3",
            function_name="hello",
            version="3",
            alias=None,
            payload=json.dumps(payload).encode(),
            trace_id="Root=1-0-0",
        )
        return PendingInvocation(invocation, self.outcomes.put_nowait, 1, 1)

    async def told(self) -> str:
        return await asyncio.wait_for(self.owner.told.get(), 5)

    async def result(self) -> InvocationResult:
        outcome = await asyncio.wait_for(self.outcomes.get(), 5)
        assert isinstance(outcome, InvocationResult)
        return outcome

    async def close(self) -> None:
        self.environment.shut_down()
        await self.environment.gone()
        assert self.environment.state is State.TERMINATED
