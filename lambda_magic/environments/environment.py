"""An execution environment: one sandbox through its lifecycle.

States change only in `_advance`, by the table in `environments.states`. Everything here runs on
the loop thread; methods that are not `async` never wait. What happens is published on the bus,
and the owner (the pool) is told when the environment waits for work and when it is gone.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Protocol

from lambda_magic.core.clock import Clock
from lambda_magic.core.deadline import Deadline
from lambda_magic.core.errors import LambdaError, ServiceException
from lambda_magic.environments import faults
from lambda_magic.environments.answers import Answers
from lambda_magic.environments.chronicle import Chronicle
from lambda_magic.environments.execution import Execution, PendingInvocation
from lambda_magic.environments.extensions import Extensions
from lambda_magic.environments.faults import Fault
from lambda_magic.environments.initialization import Initialization
from lambda_magic.environments.presence import Presence
from lambda_magic.environments.sandbox import (
    RUNTIME,
    ExitStatus,
    InvalidEntrypointError,
    SandboxFactory,
)
from lambda_magic.environments.spec import EnvironmentSpec
from lambda_magic.environments.states import EnvironmentState as State
from lambda_magic.environments.states import Trigger, advance
from lambda_magic.monitoring.bus import Bus
from lambda_magic.runtime_api import extensions as extensions_api
from lambda_magic.runtime_api import telemetry as telemetry_api
from lambda_magic.runtime_api.api import RuntimeApi
from lambda_magic.runtime_api.extension import Extension
from lambda_magic.runtime_api.extensions import ExtensionsApi
from lambda_magic.runtime_api.telemetry import TelemetryApi
from lambda_magic.runtime_api.transport import Reader

ON_DEMAND = "on-demand"
PROVISIONED = "provisioned-concurrency"

#: What must have asked for the next event besides the extensions, which have names.
_RUNTIME = object()

_log = logging.getLogger(__name__)

_INIT_STATES = (State.EXTENSION_INIT, State.RUNTIME_INIT, State.FUNCTION_INIT)
_IDLE_STATES = (State.READY, State.FROZEN, State.RESET)


class EnvironmentOwner(Protocol):
    """Who keeps an environment: told on the loop thread, may invoke it at once."""

    def environment_idle(self, environment: "ExecutionEnvironment") -> None:
        """The environment waits for an invocation (warm, or to be initialised within it)."""

    def environment_unavailable(self, environment: "ExecutionEnvironment") -> None:
        """It waited for an invocation, and no longer does: it failed, or goes."""

    def environment_init_failed(self, environment: "ExecutionEnvironment", fault: Fault) -> None:
        """Its Init, done ahead of any invocation, failed."""

    def environment_gone(self, environment: "ExecutionEnvironment") -> None:
        """The environment is terminated."""


class ExecutionEnvironment:
    """One sandbox for one function version, serving one invocation at a time."""

    def __init__(
        self,
        spec: EnvironmentSpec,
        *,
        factory: SandboxFactory,
        owner: EnvironmentOwner,
        bus: Bus,
        clock: Clock,
        init_timeout: float,
        allotment: str | None = None,
    ) -> None:
        self.spec = spec
        #: The qualifier whose provisioned concurrency it belongs to, or None.
        self.allotment = allotment
        self.origin = spec.origin(ON_DEMAND if allotment is None else PROVISIONED, clock.time())
        self.invocations = 0
        #: Whether it goes as soon as its invocation is over.
        self.retired = False
        #: On the monotonic clock: since when it has had nothing to do.
        self.idle_since = clock.monotonic()
        self._owner = owner
        self._clock = clock
        self._init_timeout = init_timeout
        self._state = State.CREATING
        sandbox_spec = spec.sandbox_spec(self.origin)
        self._extensions_api = ExtensionsApi(self, spec.metadata)
        self._chronicle = Chronicle(self, bus, self.origin, clock)
        self._answers = Answers(self, self._chronicle, clock)
        telemetry = TelemetryApi(self._chronicle, self._extensions_api.identify)
        self._api = RuntimeApi(
            self,
            self._answers,
            dialable=sandbox_spec.dials,
            others={
                extensions_api.VERSION: self._extensions_api,
                **dict.fromkeys(telemetry_api.VERSIONS, telemetry),
            },
        )
        self.sandbox = factory.sandbox(sandbox_spec, self._api, self)
        self._presence = Presence(clock)
        self._extensions = Extensions(
            self._extensions_api, self.sandbox, self._presence, clock, self._chronicle.drain
        )
        # The invocation in flight, and one that is over but not yet handed to its caller.
        self.execution: Execution | None = None
        self._finished: Execution | None = None
        self._first: PendingInvocation | None = None
        self._deadline = Deadline(clock)
        self.init: Initialization | None = None
        # Who has not yet asked for the next event: the runtime, and extensions by their names.
        self._awaited: set[object] = set()
        # The extensions that take part in invocations.
        self._invoked: tuple[str, ...] = ()
        self._tasks: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        warmth = "warm, " if self.is_idle() and self._state is not State.RESET else ""
        return (
            f"<ExecutionEnvironment {self.spec.function_name}:{self.spec.version} "
            f"[{self._state.value}, {warmth}{self.invocations} invocations]>"
        )

    @property
    def state(self) -> State:
        """What it is doing."""
        return self._state

    def is_idle(self) -> bool:
        """Whether it can take an invocation."""
        return self._state in _IDLE_STATES

    def is_gone(self) -> bool:
        """Whether it is going, or has gone."""
        return self._state in (State.SHUTDOWN, State.TERMINATED)

    # Coming to life...

    def start(self, first: PendingInvocation | None = None) -> None:
        """Begin to exist; `first` is invoked once Init is over (a cold start)."""
        self._first = first
        self._spawn(self._create())

    async def _create(self) -> None:
        try:
            await self.sandbox.create()
        except LambdaError as error:
            self._give_up(error)
            return
        except OSError as error:
            self._give_up(
                ServiceException(f"The execution environment could not be created: {error}")
            )
            return
        if self.is_gone():
            return
        self._advance(Trigger.SANDBOX_CREATED)
        init = self._begin_init("init")
        fault = faults.init_timed_out(self._init_timeout)
        self._deadline.set(self._init_timeout, lambda: self._fail(fault))
        await self._start_processes(init)

    def _begin_init(self, phase: str) -> Initialization:
        self._awaited = {_RUNTIME, *self._extensions.begin()}
        self.init = init = Initialization(self.origin, phase, self._clock.monotonic())
        version = self.spec.runtime_version(self.sandbox.runtime_release)
        self._chronicle.bus.publish(init.start(version, self._clock.time()))
        return init

    def _is_over(self, init: Initialization) -> bool:
        """Whether it has failed meanwhile, or the environment goes."""
        return self.init is not init or self.is_gone()

    async def _start_processes(self, init: Initialization) -> None:
        """The extensions first; once they have registered, the runtime."""
        if self._is_over(init):
            return
        fault = await self._extensions.launch()
        if self._is_over(init):
            return
        if fault is not None:
            self._fail(fault)
            return
        if self._state is State.EXTENSION_INIT:
            self._advance(Trigger.EXTENSIONS_REGISTERED)
        await self._start_runtime(init)

    async def _start_runtime(self, init: Initialization) -> None:
        self._presence.started(RUNTIME)
        try:
            await self.sandbox.start_runtime()
        except InvalidEntrypointError as error:
            self._presence.ended(RUNTIME)
            if not self._is_over(init):
                self._fail(faults.invalid_entrypoint(str(error)))
            return
        except OSError as error:
            self._give_up(ServiceException(f"The runtime could not be started: {error}"))
            return
        if self._state is State.RUNTIME_INIT:
            self._advance(Trigger.RUNTIME_STARTED)
            self._proceed()

    def _end_init(self, fault: Fault | None = None) -> Initialization:
        init, self.init = self.init, None
        assert init is not None
        time = self._clock.time()
        extensions = self._extensions.report(self.origin, time)
        for event in init.end(fault, time, self._clock.monotonic(), extensions):
            self._chronicle.bus.publish(event)
        self._invoked = self._extensions.invoked()
        return init

    # Working...

    def invoke(self, pending: PendingInvocation) -> None:
        """Run one invocation. Only while `is_idle`."""
        if self._state is State.RESET:
            self._run_after(pending, None)
            return
        if self._state is State.FROZEN:
            self.sandbox.thaw()
        self._advance(Trigger.INVOKE)
        self._begin_execution(pending)
        # Its caller is here now, and can be lent the connection; later it waits elsewhere.
        self._send(pending.reader)

    def _run_after(self, pending: PendingInvocation, failed_init: Initialization | None) -> None:
        """Run one invocation with an Init inside it, on its own time (a suppressed Init)."""
        self._advance(Trigger.INVOKE)
        execution = self._begin_execution(pending)
        if failed_init is not None:
            execution.follows(failed_init)
        self._limit_time()
        self._spawn(self._start_processes(self._begin_init("invoke")))

    def _begin_execution(self, pending: PendingInvocation) -> Execution:
        self.invocations += 1
        clock = self._clock
        self.execution = execution = Execution(
            pending, self.origin, clock.monotonic(), clock.time()
        )
        return execution

    def _limit_time(self) -> None:
        self._deadline.set(self.spec.timeout, self._timed_out)

    def _send(self, reader: Reader | None = None) -> None:
        """Give the invocation in flight to the runtime, which has asked for it."""
        execution = self.execution
        assert execution is not None
        self._awaited.add(_RUNTIME)
        deadline_ms = int(execution.deadline(self.spec.timeout) * 1000)
        self._api.send(execution.invocation, deadline_ms, reader)
        if self._invoked:
            self._awaited.update(self._invoked)
            self._extensions_api.send_invoke(execution.invocation, deadline_ms)
        # The handler runs by now; what follows costs the caller nothing.
        if not self._deadline.is_set:
            self._limit_time()
        execution.start()
        self._chronicle.bus.publish_later(execution.start_event)

    def _proceed(self) -> None:
        """Move on if the runtime and every extension have asked for the next event."""
        if self._awaited:
            return
        if self._state is State.FUNCTION_INIT:
            self._initialized()
        elif self._state is State.SUPPRESSED_INIT:
            assert self.execution is not None
            self.execution.follows(self._end_init())
            self.sandbox.limit_cpu()
            self._advance(Trigger.NEXT)
            self._send()
        elif self._state is State.RUNNING:
            self._advance(Trigger.NEXT)
            self._finish()
            self._wait_and_deliver()

    def _initialized(self) -> None:
        """Init is over; if it was for an invocation, that one runs now (a cold start)."""
        self._deadline.lift()
        init = self._end_init()
        self.sandbox.limit_cpu()
        self._advance(Trigger.NEXT)
        first, self._first = self._first, None
        if first is None:
            self._wait()
        else:
            self._advance(Trigger.INVOKE)
            self._begin_execution(first).initialized_by(init)
            self._send()

    def _wait(self) -> None:
        self.idle_since = self._clock.monotonic()
        self._owner.environment_idle(self)

    def _wait_and_deliver(self) -> None:
        """Whoever gets the result finds the environment waiting; and gets it, come what may."""
        try:
            self._wait()
        finally:
            self._deliver()

    def _finish(self) -> None:
        """Report the invocation in flight."""
        self._finished, self.execution = self.execution, None
        assert self._finished is not None
        self._deadline.lift()
        self._finished.end(self._clock.monotonic(), self.sandbox.max_memory_used_mb())
        self._chronicle.bus.publish_later(self._finished.report_event)

    def _deliver(self) -> None:
        """Hand over the result; by now the environment can take the next invocation."""
        finished, self._finished = self._finished, None
        if finished is not None:
            finished.deliver()

    def freeze(self) -> None:
        """Stop its processes until the next invocation. Only while ready."""
        self._advance(Trigger.FREEZE)
        self.sandbox.freeze()

    # Failing...

    def _timed_out(self) -> None:
        self._fail(faults.timed_out(self.spec.timeout))

    def _fail(self, fault: Fault) -> None:
        """The runtime has failed, or time is up: reset, and answer whoever waits."""
        self.sandbox.drain_logs()
        state = self._state
        self._advance(Trigger.FAILED)
        init = None if self.init is None else self._end_init(fault)
        self._deadline.lift()
        self._extensions.abandon()
        if self.execution is not None:
            if state is State.SUPPRESSED_INIT and init is not None:
                self.execution.follows(init)
                self.execution.start()
                self._chronicle.bus.publish_later(self.execution.start_event)
            if self.execution.answered:
                self.execution.spoil(fault)
            else:
                self._answers.abort(fault)
            self._finish()
        if state is State.FROZEN:
            self.sandbox.thaw()
        self._spawn(self._reset(fault, init if state in _INIT_STATES else None))

    async def _reset(self, fault: Fault, failed_init: Initialization | None) -> None:
        await self._extensions.shut_down("timeout" if fault.status == "timeout" else "failure")
        self._api.reset()
        await self.sandbox.reset()
        self._presence.clear()
        # Once more: the old runtime may have asked for an event while it was being killed.
        self._api.reset()
        if self._state is not State.RESETTING:
            return
        self._advance(Trigger.PROCESSES_GONE)
        first, self._first = self._first, None
        if failed_init is None:
            self._wait_and_deliver()
        elif first is None:
            self._owner.environment_init_failed(self, fault)
        else:
            # Init failed on its own; it is run once more, on the invocation's time.
            self._run_after(first, failed_init)

    # The Runtime API's side...

    def runtime_ready(self) -> None:
        """The runtime asks for its next event."""
        if self.init is not None:
            self._extensions.close_registration()
            for event in self.init.runtime_done(self._clock.time()):
                self._chronicle.bus.publish(event)
        elif self._invoked and self.execution is not None:
            self.execution.leave_to_extensions(self._clock.monotonic())
        self._ready(_RUNTIME)

    def init_failed(self, payload: bytes, error_type: str) -> None:
        """The runtime could not be initialised."""
        if self._state in _INIT_STATES or self._state is State.SUPPRESSED_INIT:
            self._fail(faults.init_failed(payload, error_type))

    # The extensions' side...

    def extension_registered(self, extension: Extension) -> None:
        """An extension has registered: Init waits for it too."""
        self._awaited.add(extension.name)
        self._extensions.registered(extension)

    def extension_ready(self, extension: Extension) -> None:
        """An extension asks for its next event."""
        # What it wrote before belongs to the Init or the invocation that may be over now.
        self.sandbox.drain_logs()
        self._ready(extension.name)

    def extension_failed(self, extension: Extension, error_type: str) -> None:
        """An extension has reported an error, and will exit."""
        self._extensions.failed(error_type)

    def _ready(self, who: object) -> None:
        self._awaited.discard(who)
        self._proceed()

    # The sandbox's side...

    def log_written(self, message: str, time: float) -> None:
        """The function wrote one message."""
        self._chronicle.log_written(message, time)

    def program_wrote(self, name: str, message: str, time: float) -> None:
        """An extension wrote one message."""
        self._chronicle.program_wrote(message, time)

    def process_exited(self, name: str, status: ExitStatus) -> None:
        """A process ended by itself."""
        alive = (*_INIT_STATES, State.READY, State.FROZEN, State.RUNNING, State.SUPPRESSED_INIT)
        self._presence.ended(name)
        if self._state in alive:
            self._fail(self._extensions.fault(name, status))

    def sandbox_failed(self, reason: str) -> None:
        """The sandbox is gone."""
        self._give_up(ServiceException(reason))

    def _give_up(self, error: LambdaError) -> None:
        if self._state is State.TERMINATED:
            return
        expected = self._state is State.SHUTDOWN
        self._advance(Trigger.SANDBOX_GONE)
        self._abandon(error)
        self._extensions.abandon()
        # Nobody need wait for what can no longer end by itself.
        self._presence.clear()
        self._deadline.close()
        if not expected:
            self._spawn(self._clear_away())

    # Going...

    def shut_down(self) -> None:
        """Let the processes clean up as long as AWS lets them, then give everything back."""
        if self.is_gone():
            return
        frozen = self._state is State.FROZEN
        self._advance(Trigger.RETIRE)
        self._deadline.close()
        self._abandon(ServiceException("The execution environment was shut down"))
        self._extensions.abandon()
        if frozen:
            self.sandbox.thaw()
        self._spawn(self._shut_down())

    def _abandon(self, error: LambdaError) -> None:
        """Answer whoever still waits for this environment."""
        if self.execution is not None:
            if not self.execution.answered:
                self._answers.abort(faults.sandbox_failed(error.message))
            self._finish()
        self._deliver()
        first, self._first = self._first, None
        if first is not None:
            first.deliver(error)

    async def _shut_down(self) -> None:
        await self._extensions.shut_down("spindown")
        await self._clear_away()

    async def _clear_away(self) -> None:
        self._api.close()
        try:
            await self._chronicle.close()
            await self.sandbox.destroy()
        finally:
            if self._state is not State.TERMINATED:
                self._advance(Trigger.SANDBOX_GONE)
            self._owner.environment_gone(self)

    async def gone(self) -> None:
        """Return when everything that was under way has ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    # Within...

    def _advance(self, trigger: Trigger) -> None:
        before, self._state = self._state, advance(self._state, trigger)
        if trigger is Trigger.INVOKE or trigger is Trigger.NEXT:
            # These two are on the hot path: platform.start and platform.report say them, and
            # the owner, who lets an environment invoke, knows.
            return
        if before in _IDLE_STATES and self._state not in _IDLE_STATES:
            self._owner.environment_unavailable(self)
        self._chronicle.changed(self._state.value)

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # A mistake of ours. Nobody may wait for this environment in vain.
            _log.error("%r failed", self, exc_info=error)
            self._give_up(ServiceException(f"The execution environment failed: {error}"))
