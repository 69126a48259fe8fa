"""The pool, seen through its repr, with fake sandboxes and a clock that is told to move."""

import asyncio
import dataclasses
from pathlib import Path

from lambda_magic.core.clock import ManualClock
from lambda_magic.core.errors import LambdaError, StoreError
from lambda_magic.core.invocation import Invocation
from lambda_magic.core.settings import Settings
from lambda_magic.environments.environment import ExecutionEnvironment
from lambda_magic.environments.execution import Deliver, PendingInvocation
from lambda_magic.environments.fake_sandbox import FakeHandler, FakeSandboxFactory
from lambda_magic.environments.faults import Fault
from lambda_magic.environments.pool import EnvironmentPool
from lambda_magic.environments.sandbox import ExitStatus
from lambda_magic.environments.spec import EnvironmentSpec
from lambda_magic.monitoring.bus import Bus
from lambda_magic.monitoring.result import InvocationResult

SPEC = EnvironmentSpec(
    function_name="hello",
    version="1",
    generation="g1",
    runtime="python3.12",
    handler="lambda_function.handler",
    code=Path("/nowhere"),
    log_group="/aws/lambda/hello",
)


class Watcher:
    def __init__(self) -> None:
        self.told: asyncio.Queue[str] = asyncio.Queue()

    def refresh(self) -> None:
        self.told.put_nowait("refresh")

    def environment_ready(self, environment: ExecutionEnvironment) -> None:
        self.told.put_nowait("ready")

    def environment_failed(self, environment: ExecutionEnvironment, fault: Fault) -> None:
        self.told.put_nowait(f"failed: {fault.error_type}")

    def environment_gone(self, environment: ExecutionEnvironment) -> None:
        self.told.put_nowait("gone")


class World:
    def __init__(self, handler: FakeHandler = lambda event: event) -> None:
        self.clock = ManualClock()
        self.factory = FakeSandboxFactory(handler)
        self.current = {"g1"}
        self.pool = EnvironmentPool(
            self.factory,
            bus=Bus(self.clock),
            clock=self.clock,
            settings=Settings(idle_timeout=300, freeze_delay=0.005),
            is_current=lambda spec: spec.generation in self.current,
        )
        self.outcomes: asyncio.Queue[InvocationResult | LambdaError] = asyncio.Queue()

    def run(
        self,
        spec: EnvironmentSpec = SPEC,
        allotment: str | None = None,
        deliver: Deliver | None = None,
    ) -> None:
        invocation = Invocation(
            request_id="r",
            invoked_function_arn="arn",
            function_name="hello",
            version=spec.version,
            alias=None,
            payload=b"{}",
            trace_id="t",
        )
        pending = PendingInvocation(invocation, deliver or self.outcomes.put_nowait, 1, 1)
        self.pool.run(spec, pending, allotment)

    async def result(self) -> InvocationResult:
        outcome = await asyncio.wait_for(self.outcomes.get(), 5)
        assert isinstance(outcome, InvocationResult)
        return outcome

    def is_cold(self, result: InvocationResult) -> bool:
        return result.report.init_duration_ms is not None


async def test_the_first_invocation_is_cold_and_the_next_one_warm() -> None:
    world = World()
    world.run()
    assert repr(world.pool) == "<EnvironmentPool [0 running, 0 warm, 1 starting or ending]>"
    assert world.is_cold(await world.result())
    assert repr(world.pool) == "<EnvironmentPool [0 running, 1 warm, 0 starting or ending]>"

    world.run()

    assert repr(world.pool) == "<EnvironmentPool [1 running, 0 warm, 0 starting or ending]>"
    assert not world.is_cold(await world.result())
    await world.pool.close()


async def test_invocations_at_once_need_as_many_environments() -> None:
    world = World()
    for _ in range(3):
        world.run()

    assert [world.is_cold(await world.result()) for _ in range(3)] == [True] * 3
    assert repr(world.pool) == "<EnvironmentPool [0 running, 3 warm, 0 starting or ending]>"
    await world.pool.close()


async def test_a_result_is_delivered_when_its_environment_can_run_again() -> None:
    world = World()
    world.run()
    await world.result()

    world.run(deliver=lambda outcome: world.run())

    assert not world.is_cold(await world.result())
    assert len(world.factory.sandboxes) == 1
    await world.pool.close()


async def test_versions_do_not_share_environments() -> None:
    world = World()
    world.run()
    await world.result()

    world.run(dataclasses.replace(SPEC, version="2"))

    assert world.is_cold(await world.result())
    await world.pool.close()


async def test_idle_environments_are_frozen_after_the_delay() -> None:
    world = World()
    world.run()
    await world.result()
    sandbox = world.factory.sandboxes[0]

    world.clock.advance(0.004)
    assert "freeze" not in sandbox.calls
    world.clock.advance(0.002)
    assert sandbox.calls[-1] == "freeze"

    world.run()
    assert sandbox.calls[-1] == "thaw"
    await world.result()
    await world.pool.close()


async def test_back_to_back_invocations_are_never_frozen() -> None:
    world = World()
    for _ in range(5):
        world.run()
        await world.result()
        world.clock.advance(0.003)

    assert "freeze" not in world.factory.sandboxes[0].calls
    await world.pool.close()


async def test_idle_environments_expire() -> None:
    world = World()
    world.run()
    await world.result()

    world.clock.advance(299)
    assert repr(world.pool) == "<EnvironmentPool [0 running, 1 warm, 0 starting or ending]>"
    world.clock.advance(3)
    assert repr(world.pool) == "<EnvironmentPool [0 running, 0 warm, 1 starting or ending]>"
    await world.pool.close()
    assert list(world.pool) == []


async def test_a_stale_environment_is_never_used_again() -> None:
    world = World()
    world.run()
    await world.result()
    world.current = {"g2"}

    world.run(dataclasses.replace(SPEC, generation="g2"))
    assert world.is_cold(await world.result())
    world.pool.sweep()

    assert repr(world.pool) == "<EnvironmentPool [0 running, 1 warm, 1 starting or ending]>"
    await world.pool.close()


async def test_an_environment_that_became_stale_while_running_goes_afterwards() -> None:
    world = World()
    world.run()
    await world.result()
    world.run()
    world.current = {"g2"}
    await world.result()

    assert not world.pool.has_idle(SPEC)
    await world.pool.close()
    assert world.factory.sandboxes[0].calls[-1] == "destroy"


async def test_environments_started_ahead_serve_their_qualifier_without_a_cold_start() -> None:
    world = World()
    watcher = world.pool.watcher = Watcher()
    world.pool.start_ahead(SPEC, "LIVE")
    assert await asyncio.wait_for(watcher.told.get(), 5) == "ready"
    assert world.pool.has_idle(SPEC, "LIVE")
    assert not world.pool.has_idle(SPEC)

    world.run(allotment="LIVE")

    assert not world.is_cold(await world.result())
    world.clock.advance(1000)
    assert world.pool.has_idle(SPEC, "LIVE"), "provisioned environments do not expire"
    await world.pool.close()


async def test_a_provisioned_environment_that_cannot_be_initialised_is_told() -> None:
    world = World()
    watcher = world.pool.watcher = Watcher()
    world.pool.start_ahead(SPEC, "LIVE")
    world.factory.sandboxes[0].fail_init(ImportError("no pandas"))

    assert await asyncio.wait_for(watcher.told.get(), 5) == "failed: Runtime.Unknown"
    assert await asyncio.wait_for(watcher.told.get(), 5) == "gone"
    world.pool.sweep()
    assert await asyncio.wait_for(watcher.told.get(), 5) == "refresh"
    await world.pool.close()


async def test_closing_answers_whoever_waits() -> None:
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    world = World(lambda event: never)
    world.run()
    while "0 running" in repr(world.pool):
        await asyncio.sleep(0)

    await world.pool.close()
    result = await world.result()

    assert result.payload["errorType"] == "Sandbox.Failure"
    assert "The execution environment was shut down" in result.payload["errorMessage"]
    assert repr(world.pool) == "<EnvironmentPool [0 running, 0 warm, 0 starting or ending]>"


async def test_one_that_crashes_while_idle_is_listed_once() -> None:
    world = World()
    world.run()
    await world.result()
    sandbox = world.factory.sandboxes[0]
    sandbox.crash(ExitStatus(code=1))

    assert not world.pool.has_idle(SPEC), "nobody may be sent there until it is reset"
    while not world.pool.has_idle(SPEC):
        await asyncio.sleep(0)
    world.run()
    world.run()
    first, second = await world.result(), await world.result()

    assert (first.function_error, second.function_error) == (None, None)
    assert len(world.factory.sandboxes) == 2
    await world.pool.close()


async def test_an_invocation_while_closing_is_answered() -> None:
    world = World()
    world.run()
    await world.result()
    closing = asyncio.create_task(world.pool.close())
    await asyncio.sleep(0)

    world.run()
    outcome = await asyncio.wait_for(world.outcomes.get(), 5)

    assert isinstance(outcome, LambdaError)
    assert outcome.message == "The region is being closed"
    await closing


async def test_a_store_that_cannot_be_asked_makes_environments_stale() -> None:
    world = World()

    def unreadable(spec: EnvironmentSpec) -> bool:
        raise StoreError("disk I/O error")

    world.run()
    world.pool._is_current = unreadable

    assert (await world.result()).function_error is None
    assert not world.pool.has_idle(SPEC)
    await world.pool.close()
