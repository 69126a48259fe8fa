"""Extensions in an environment's lifecycle: over the real APIs, on a clock that is told to move."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from lambda_magic.environments.fake_extension import FakeExtension
from lambda_magic.environments.sandbox import ExitStatus, InvalidEntrypointError, Program
from lambda_magic.environments.states import EnvironmentState as State
from lambda_magic.monitoring.events import ExtensionState, InitReport, PlatformFault, Report
from lambda_magic.monitoring.records import record, timestamp

from .environment_world import World


class Seen:
    """Notes events, and keeps back whoever asks for the next one until it may."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def __call__(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        await self.may_go_on.wait()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


def states(world: World) -> list[tuple[str, str, tuple[str, ...], str | None]]:
    return [
        (event.name, event.state, event.events, event.error_type)
        for event in world.events
        if isinstance(event, ExtensionState)
    ]


def report(world: World) -> Report:
    return next(event for event in world.events if isinstance(event, Report))


async def test_external_extensions_start_before_the_runtime_and_are_reported() -> None:
    seen = Seen()
    world = World(extensions=[FakeExtension("first", handler=seen), FakeExtension("second")])

    world.environment.start(world.pending("hi"))
    result = await world.result()

    assert result.payload == "hi"
    assert world.sandbox.calls == [
        "create",
        "execute extension-first",
        "execute extension-second",
        "start_runtime",
    ]
    events = ("INVOKE", "SHUTDOWN")
    assert states(world) == [
        ("first", "Ready", events, None),
        ("second", "Ready", events, None),
    ]
    assert world.names() == [
        "platform.initStart",
        "platform.initRuntimeDone",
        "platform.extension",
        "platform.extension",
        "platform.initReport",
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
    ]
    assert "EXTENSION\tName: first\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n" in result.logs
    assert seen.events == [
        {
            "eventType": "INVOKE",
            "deadlineMs": int((world.clock.time() + 5) * 1000),
            "requestId": "r-1",
            "invokedFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:hello:3",
            "tracing": {"type": "X-Amzn-Trace-Id", "value": "Root=1-0-0"},
        }
    ]
    await world.close()


async def test_an_extension_that_never_registers_lets_init_time_out_twice() -> None:
    world = World(extensions=[FakeExtension("mute", events=None)])
    world.environment.start(world.pending())
    await until(lambda: world.environment.state is State.EXTENSION_INIT)
    await until(lambda: "execute extension-mute" in world.sandbox.calls)

    world.clock.advance(10)
    # Within the invocation, under the function's own timeout.
    await until(lambda: world.sandbox.calls.count("execute extension-mute") == 2)
    assert world.environment.state is State.SUPPRESSED_INIT
    world.clock.advance(5)
    result = await world.result()

    assert result.payload["errorType"] == "Sandbox.Timedout"
    assert "start_runtime" not in world.sandbox.calls
    assert states(world) == [("mute", "Started", (), None)] * 2
    assert [event.status for event in world.events if isinstance(event, InitReport)] == [
        "timeout",
        "timeout",
    ]
    await world.close()


async def test_an_invocation_ends_only_when_extensions_ask_too() -> None:
    seen = Seen()
    world = World(extensions=[FakeExtension("tail", handler=seen)])
    world.environment.start()
    assert await world.told() == "idle"
    seen.may_go_on.clear()
    world.environment.invoke(world.pending())
    await until(lambda: world.environment._awaited == {"tail"})
    world.clock.advance(2)
    assert world.environment.state is State.RUNNING

    seen.may_go_on.set()
    result = await world.result()

    assert result.report.duration_ms == pytest.approx(2000)
    assert record(report(world))["record"]["spans"] == [  # type: ignore[index]
        {
            "name": "extensionOverhead",
            "start": timestamp(world.clock.time() - 2),
            "durationMs": pytest.approx(2000),
        }
    ]
    await world.close()


async def test_who_has_not_registered_for_invocations_is_not_waited_for() -> None:
    seen = Seen()
    world = World(extensions=[FakeExtension("quiet", events=["SHUTDOWN"], handler=seen)])
    world.environment.start()
    assert await world.told() == "idle"

    world.environment.invoke(world.pending())
    await world.result()

    assert seen.events == []
    await world.close()
    assert [event["eventType"] for event in seen.events] == ["SHUTDOWN"]


async def test_an_internal_extension_is_invoked_and_gives_the_runtime_500_ms() -> None:
    seen = Seen()
    world = World(
        extensions=[FakeExtension("inner", events=["INVOKE"], handler=seen, internal=True)]
    )
    world.environment.start(world.pending())
    await world.result()
    world.sandbox.terminate = lambda: world.sandbox.calls.append("ignored")  # type: ignore[method-assign]

    world.environment.shut_down()
    await until(lambda: world.sandbox.calls[-1] == "ignored")
    world.clock.advance(0.499)
    await asyncio.sleep(0)
    assert world.sandbox.calls[-1] == "ignored"
    world.clock.advance(0.001)
    await world.environment.gone()

    assert world.sandbox.calls[-2:] == ["kill_runtime", "destroy"]
    assert [event["eventType"] for event in seen.events] == ["INVOKE"]


async def test_the_end_is_told_after_the_runtime_has_gone() -> None:
    seen = Seen()
    world = World(extensions=[FakeExtension("tail", handler=seen)])
    world.environment.start()
    assert await world.told() == "idle"

    await world.close()

    assert world.sandbox.calls[-2:] == ["terminate", "destroy"]
    deadline = int((world.clock.time() + 2) * 1000)
    assert seen.events == [
        {"eventType": "SHUTDOWN", "deadlineMs": deadline, "shutdownReason": "spindown"}
    ]


async def test_an_extension_that_hangs_at_the_end_is_killed_after_two_seconds() -> None:
    seen = Seen()
    world = World(extensions=[FakeExtension("tail", handler=seen)])
    world.environment.start()
    assert await world.told() == "idle"
    seen.may_go_on.clear()

    world.environment.shut_down()
    await until(lambda: seen.events)
    world.clock.advance(1.999)
    await asyncio.sleep(0)
    assert world.sandbox.calls[-1] == "terminate"
    world.clock.advance(0.001)
    await world.environment.gone()

    assert world.sandbox.calls[-1] == "destroy"


async def test_a_frozen_environment_is_thawed_to_be_shut_down() -> None:
    seen = Seen()
    world = World(extensions=[FakeExtension("tail", handler=seen)])
    world.environment.start()
    assert await world.told() == "idle"
    world.environment.freeze()

    await world.close()

    assert world.sandbox.calls[-4:] == ["freeze", "thaw", "terminate", "destroy"]
    assert len(seen.events) == 1


@pytest.mark.parametrize(("code", "message"), [(1, "exit status 1"), (0, "exit code 0")])
async def test_an_extension_that_crashes_fails_the_invocation(code: int, message: str) -> None:
    world = World(_never, extensions=[FakeExtension("tail", handler=_exit_with(code))])
    world.environment.start()
    assert await world.told() == "idle"

    world.environment.invoke(world.pending())
    result = await world.result()

    assert result.payload == {
        "errorType": "Extension.Crash",
        "errorMessage": f"RequestId: r-1 Error: {message}",
    }
    assert report(world).error_type == "Extension.Crash"
    assert [event.message for event in world.events if isinstance(event, PlatformFault)] == [
        f"RequestId: r-1 Error: {message}\nExtension.Crash"
    ]
    await world.close()


async def test_a_crash_after_the_answer_does_not_change_it() -> None:
    seen = Seen()
    seen.may_go_on.clear()

    async def crash(event: dict[str, Any]) -> None:
        await seen(event)
        raise SystemExit(2)

    world = World(extensions=[FakeExtension("tail", handler=crash)])
    world.environment.start()
    assert await world.told() == "idle"
    world.environment.invoke(world.pending("fine"))
    await until(lambda: "platform.runtimeDone" in world.names())

    seen.may_go_on.set()
    result = await world.result()

    assert (result.payload, result.function_error) == ("fine", None)
    assert (report(world).status, report(world).error_type) == ("error", "Extension.Crash")
    await world.close()


async def test_an_extension_may_use_up_the_time_after_the_answer() -> None:
    seen = Seen()
    seen.may_go_on.clear()
    world = World(extensions=[FakeExtension("tail", handler=seen)])
    world.environment.start()
    assert await world.told() == "idle"
    world.environment.invoke(world.pending("fine"))
    await until(lambda: world.environment._awaited == {"tail"})

    world.clock.advance(5)
    await until(lambda: "terminate" in world.sandbox.calls)
    # It never asks for the event that says so.
    world.clock.advance(2)
    result = await world.result()

    assert (result.payload, result.function_error) == ("fine", None)
    assert (report(world).status, report(world).error_type) == ("timeout", "Sandbox.Timedout")
    await world.close()


async def test_after_a_failure_the_others_are_told() -> None:
    seen = Seen()
    world = World(extensions=[FakeExtension("tail", handler=seen)])
    world.environment.start()
    assert await world.told() == "idle"

    world.sandbox.crash(ExitStatus(code=1))

    assert await world.told() == "idle"
    assert [event.get("shutdownReason") for event in seen.events] == ["failure"]
    # The runtime had gone by itself.
    assert "terminate" not in world.sandbox.calls
    await world.close()


async def test_after_a_timeout_extensions_are_told_why_and_start_anew() -> None:
    seen = Seen()
    world = World(_never, extensions=[FakeExtension("tail", handler=seen)])
    world.environment.start()
    assert await world.told() == "idle"
    world.environment.invoke(world.pending())
    await until(lambda: seen.events)

    world.clock.advance(5)
    result = await world.result()

    assert result.payload["errorType"] == "Sandbox.Timedout"
    assert [event.get("shutdownReason") for event in seen.events] == [None, "timeout"]
    assert world.environment.state is State.RESET
    world.environment.invoke(world.pending(request_id="r-2"))
    await until(lambda: len(seen.events) == 3)
    assert world.sandbox.calls.count("execute extension-tail") == 2
    await world.close()


@pytest.mark.parametrize(
    ("error", "reason", "error_type"),
    [
        (PermissionError(13, "Permission denied"), "permission denied", "PermissionDenied"),
        (OSError(8, "Exec format error"), "exec format error", "UnknownError"),
    ],
)
async def test_an_extension_that_cannot_be_executed_is_a_launch_error(
    error: OSError, reason: str, error_type: str
) -> None:
    world = World(extensions=[FakeExtension("tail")])

    async def refuse(program: Program) -> None:
        raise error

    world.sandbox.execute = refuse  # type: ignore[method-assign]
    world.environment.start(world.pending())
    result = await world.result()

    assert result.payload == {
        "errorType": "Extension.LaunchError",
        "errorMessage": f"RequestId: r-1 Error: fork/exec /opt/extensions/tail: {reason}",
    }
    assert states(world) == [("tail", "LaunchError", (), error_type)] * 2
    await world.close()


async def test_an_environment_may_go_while_it_waits_for_registrations() -> None:
    world = World(extensions=[FakeExtension("mute", events=None)])
    world.environment.start()
    await until(lambda: "execute extension-mute" in world.sandbox.calls)

    world.environment.shut_down()
    await world.environment.gone()

    assert world.sandbox.calls == ["create", "execute extension-mute", "destroy"]


async def test_a_sandbox_may_fail_while_it_waits_for_registrations() -> None:
    world = World(extensions=[FakeExtension("mute", events=None)])
    world.environment.start(world.pending())
    await until(lambda: "execute extension-mute" in world.sandbox.calls)

    world.environment.sandbox_failed("gone")
    outcome = await asyncio.wait_for(world.outcomes.get(), 5)
    await world.environment.gone()

    assert "gone" in str(outcome)
    assert "start_runtime" not in world.sandbox.calls


async def test_a_sandbox_may_fail_while_its_end_is_waited_for() -> None:
    seen = Seen()
    world = World(extensions=[FakeExtension("tail", handler=seen)])
    world.environment.start()
    assert await world.told() == "idle"
    seen.may_go_on.clear()
    world.sandbox.crash(ExitStatus(code=1))
    await until(lambda: seen.events)

    world.environment.sandbox_failed("gone")

    # Though the clock stands still.
    await asyncio.wait_for(world.environment.gone(), 5)
    assert world.environment.state is State.TERMINATED


async def test_more_than_ten_extensions_are_too_many() -> None:
    world = World(extensions=[FakeExtension(f"number{number}") for number in range(11)])

    world.environment.start(world.pending())
    result = await world.result()

    assert result.payload["errorType"] == "Extension.LaunchError"
    assert states(world)[10] == ("number10", "LaunchError", (), "TooManyExtensions")
    await world.close()


async def test_an_extension_that_goes_while_the_environment_waits_resets_it() -> None:
    going = asyncio.Event()

    async def go(event: dict[str, Any]) -> None:
        going.set()

    world = World(extensions=[FakeExtension("tail", handler=go)])
    world.environment.start()
    assert await world.told() == "idle"

    world.environment.process_exited("extension-tail", ExitStatus(code=1))

    assert await world.told() == "idle"
    assert world.environment.state is State.RESET
    world.environment.invoke(world.pending("again"))
    assert (await world.result()).payload == "again"
    assert going.is_set()
    await world.close()


async def _never(event: object) -> None:
    await asyncio.Event().wait()


def _exit_with(code: int) -> Callable[[dict[str, Any]], None]:
    def leave(event: dict[str, Any]) -> None:
        raise SystemExit(code)

    return leave


async def test_an_environment_may_go_before_its_extensions_are_started_anew() -> None:
    mute = FakeExtension("tail", events=None)
    world = World(extensions=[FakeExtension("tail")])
    world.environment.start()
    assert await world.told() == "idle"
    world.sandbox.crash(ExitStatus(code=1))
    assert await world.told() == "idle"
    world.sandbox.extend([mute])

    world.environment.invoke(world.pending())
    world.environment.shut_down()

    await asyncio.wait_for(world.environment.gone(), 5)
    assert world.environment.state is State.TERMINATED


async def test_a_runtime_that_cannot_be_executed_is_not_waited_for() -> None:
    seen = Seen()
    world = World(extensions=[FakeExtension("tail", handler=seen)])

    async def refuse() -> None:
        raise InvalidEntrypointError("no bootstrap")

    world.sandbox.start_runtime = refuse  # type: ignore[method-assign]
    world.environment.start(world.pending())
    result = await world.result()

    assert result.payload["errorType"] == "Runtime.InvalidEntrypoint"
    assert [event["shutdownReason"] for event in seen.events] == ["failure", "failure"]
    assert "terminate" not in world.sandbox.calls
    await world.close()


async def test_a_runtime_may_turn_out_to_be_none_when_nobody_asks_any_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    may_refuse = asyncio.Event()

    async def refuse() -> None:
        world.sandbox.calls.append("start_runtime")
        await may_refuse.wait()
        raise InvalidEntrypointError("no bootstrap")

    world.sandbox.start_runtime = refuse  # type: ignore[method-assign]
    world.environment.start()
    await until(lambda: "start_runtime" in world.sandbox.calls)
    world.environment.shut_down()
    may_refuse.set()

    await asyncio.wait_for(world.environment.gone(), 5)
    assert world.environment.state is State.TERMINATED
    assert not caplog.records


async def test_an_init_may_fail_before_it_begins(caplog: pytest.LogCaptureFixture) -> None:
    world = World(extensions=[FakeExtension("tail")])
    world.environment.start()
    assert await world.told() == "idle"
    world.sandbox.crash(ExitStatus(code=1))
    assert await world.told() == "idle"
    before = len(world.sandbox.calls)

    world.environment.invoke(world.pending())
    world.environment.process_exited("runtime", ExitStatus(code=1))
    result = await world.result()

    assert result.payload["errorType"] == "Runtime.ExitError"
    assert world.sandbox.calls[before:] == ["reset"], "nothing has been started"
    assert not caplog.records
    await world.close()
