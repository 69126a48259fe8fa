"""The lifecycle of one environment, over the real Runtime API, on a clock that is told to move."""

import asyncio

import pytest

from lambda_magic.core.errors import LambdaError
from lambda_magic.environments.environment import ExecutionEnvironment
from lambda_magic.environments.sandbox import ExitStatus
from lambda_magic.environments.states import EnvironmentState as State
from lambda_magic.monitoring.events import (
    EnvironmentChanged,
    InitReport,
    InitStart,
    LogRecord,
    Report,
    Start,
)

from .environment_world import World


async def test_a_cold_start_runs_init_and_then_its_invocation() -> None:
    world = World(lambda event: {"hi": event["name"]})

    world.environment.start(world.pending({"name": "Ada"}))
    result = await world.result()

    assert result.payload == {"hi": "Ada"}
    assert result.function_error is None
    assert result.report.init_duration_ms is not None
    assert world.names() == [
        "platform.initStart",
        "platform.initRuntimeDone",
        "platform.initReport",
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
    ]
    assert repr(world.environment) == "<ExecutionEnvironment hello:3 [Ready, warm, 1 invocations]>"
    await world.close()


async def test_a_warm_start_has_no_init() -> None:
    world = World()
    world.environment.start(world.pending())
    await world.result()

    world.environment.invoke(world.pending([1], "r-2"))
    result = await world.result()

    assert result.payload == [1]
    assert result.request_id == "r-2"
    assert result.report.init_duration_ms is None
    assert world.sandbox.calls == ["create", "start_runtime"]
    await world.close()


async def test_states_of_a_cold_start_are_published() -> None:
    world = World()
    world.environment.start(world.pending())
    await world.result()

    changes = [event.state for event in world.events if isinstance(event, EnvironmentChanged)]

    assert changes == [State.EXTENSION_INIT, State.RUNTIME_INIT, State.FUNCTION_INIT]
    await world.close()


async def test_a_handler_that_raises_is_a_function_error_and_stays_warm() -> None:
    def handler(event: object) -> None:
        raise ValueError("no")

    world = World(handler)
    world.environment.start(world.pending())
    result = await world.result()

    assert result.function_error == "Unhandled"
    assert result.payload == {"errorMessage": "no", "errorType": "ValueError", "stackTrace": []}
    assert world.environment.state is State.READY
    assert _report(world).status == "failure"
    await world.close()


async def test_a_timeout_resets_and_the_next_invocation_does_a_suppressed_init() -> None:
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    world = World(lambda event: never if event == "hang" else event)
    world.environment.start()
    assert await world.told() == "idle"
    world.environment.invoke(world.pending("hang"))
    await asyncio.sleep(0)

    world.clock.advance(5)
    result = await world.result()

    assert result.payload == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: r-1 Error: Task timed out after 5.00 seconds",
    }
    assert _report(world).status == "timeout"
    assert result.report.billed_duration_ms == 5000
    assert world.environment.state is State.RESET
    assert await world.told() == "idle"

    world.environment.invoke(world.pending("again", "r-2"))
    result = await world.result()

    assert result.payload == "again"
    assert result.report.init_duration_ms is None
    assert [event.phase for event in result.events if isinstance(event, InitStart)] == ["invoke"]
    assert world.sandbox.calls == ["create", "start_runtime", "reset", "start_runtime"]
    await world.close()


async def test_a_crash_is_an_exit_error() -> None:
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    world = World(lambda event: never)
    world.environment.start()
    assert await world.told() == "idle"
    world.environment.invoke(world.pending())
    await asyncio.sleep(0)

    world.sandbox.crash(ExitStatus(signal=9))
    result = await world.result()

    assert result.payload == {
        "errorType": "Runtime.ExitError",
        "errorMessage": "RequestId: r-1 Error: Runtime exited with error: signal: killed",
    }
    assert _report(world).error_type == "Runtime.ExitError"
    await world.close()


async def test_a_crash_while_frozen_is_told_at_once() -> None:
    world = World()
    world.environment.start()
    assert await world.told() == "idle"
    world.environment.freeze()

    world.sandbox.crash(ExitStatus(signal=9))

    assert world.owner.unavailable == 1
    assert not world.environment.is_idle()
    assert await world.told() == "idle"
    assert world.environment.state is State.RESET
    await world.close()


async def test_a_result_is_delivered_even_if_the_owner_fails() -> None:
    world = World()
    world.environment.start()
    assert await world.told() == "idle"

    def refuse(environment: ExecutionEnvironment) -> None:
        raise RuntimeError("the store is gone")

    world.owner.environment_idle = refuse  # type: ignore[method-assign]
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    world.environment.invoke(world.pending("x"))

    assert (await world.result()).payload == "x"
    world.environment.shut_down()
    await world.environment.gone()


async def test_a_mistake_of_ours_answers_whoever_waits() -> None:
    world = World()

    async def fail() -> None:
        raise ValueError("a mistake")

    world.sandbox.create = fail  # type: ignore[method-assign]
    world.environment.start(world.pending())
    error = await asyncio.wait_for(world.outcomes.get(), 5)

    assert isinstance(error, LambdaError)
    assert error.message == "The execution environment failed: a mistake"
    assert await world.told() == "gone"


async def test_a_failed_init_is_run_once_more_within_the_invocation() -> None:
    world = World()
    world.sandbox.fail_init(ImportError("no pandas"))

    world.environment.start(world.pending())
    result = await world.result()

    assert result.function_error == "Unhandled"
    assert result.payload["errorMessage"] == "no pandas"
    assert [
        (event.phase, event.status) for event in world.events if isinstance(event, InitReport)
    ] == [("init", "error"), ("invoke", "error")]
    assert [event.type for event in result.events if isinstance(event, (InitStart, Start))] == [
        "platform.initStart",
        "platform.initStart",
        "platform.start",
    ]
    await world.close()


async def test_an_init_that_takes_too_long_is_run_again_under_the_functions_timeout() -> None:
    world = World()
    silent = _Silent()
    world.sandbox.start_runtime = silent  # type: ignore[method-assign]
    world.environment.start(world.pending())
    await silent.started.wait()
    await asyncio.sleep(0)
    silent.started.clear()

    world.clock.advance(10)  # Init's limit
    await silent.started.wait()
    await asyncio.sleep(0)
    world.clock.advance(5)  # the function's timeout
    result = await world.result()

    assert result.payload["errorType"] == "Sandbox.Timedout"
    assert [
        (event.phase, event.status, round(event.duration_ms))
        for event in world.events
        if isinstance(event, InitReport)
    ] == [("init", "timeout", 10000), ("invoke", "timeout", 5000)]
    assert result.report.duration_ms == pytest.approx(5000)
    await world.close()


async def test_an_init_ahead_that_fails_is_told_to_the_owner() -> None:
    world = World(allotment="LIVE")
    world.sandbox.fail_init(ImportError("no pandas"))

    world.environment.start()

    assert await world.told() == "init failed: Runtime.Unknown"
    assert world.environment.origin.initialization_type == "provisioned-concurrency"
    await world.close()


async def test_frozen_while_idle_and_thawed_to_run() -> None:
    world = World()
    world.environment.start()
    assert await world.told() == "idle"

    world.environment.freeze()
    assert repr(world.environment) == "<ExecutionEnvironment hello:3 [Frozen, warm, 0 invocations]>"
    world.environment.invoke(world.pending())
    await world.result()

    assert world.sandbox.calls == ["create", "start_runtime", "freeze", "thaw"]
    await world.close()


async def test_what_the_function_writes_is_in_the_result_and_on_the_bus() -> None:
    world = World(lambda event: world.sandbox.write_log("one\ntwo\n", world.clock.time()))
    world.environment.start(world.pending())
    result = await world.result()

    records = [event for event in world.events if isinstance(event, LogRecord)]
    assert [(record.message, record.request_id) for record in records] == [("one\ntwo\n", "r-1")]
    assert "one\ntwo\n" in result.logs
    await world.close()


async def test_a_sandbox_that_fails_answers_its_invocation_and_is_gone() -> None:
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    world = World(lambda event: never)
    world.environment.start()
    assert await world.told() == "idle"
    world.environment.invoke(world.pending())

    world.environment.sandbox_failed("The fork server ended")
    result = await world.result()

    assert result.payload["errorType"] == "Sandbox.Failure"
    assert await world.told() == "gone"
    assert world.sandbox.calls[-1] == "destroy"


async def test_a_sandbox_that_cannot_be_made_is_a_service_exception() -> None:
    world = World()

    async def refuse() -> None:
        raise PermissionError("no namespaces here")

    world.sandbox.create = refuse  # type: ignore[method-assign]
    world.environment.start(world.pending())
    error = await asyncio.wait_for(world.outcomes.get(), 5)

    assert isinstance(error, LambdaError)
    assert error.code == "ServiceException"
    assert "no namespaces here" in error.message
    assert await world.told() == "gone"


async def test_without_extensions_there_is_no_time_to_clean_up() -> None:
    world = World()
    world.environment.start()
    assert await world.told() == "idle"

    await world.close()

    assert world.sandbox.calls == ["create", "start_runtime", "destroy"]


class _Silent:
    """A runtime that starts and never asks for anything."""

    def __init__(self) -> None:
        self.started = asyncio.Event()

    async def __call__(self) -> None:
        self.started.set()


def _report(world: World) -> Report:
    return next(event for event in world.events if isinstance(event, Report))
