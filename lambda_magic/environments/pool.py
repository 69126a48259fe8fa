"""The pool: all execution environments of a region, idle ones waiting to be used again.

An invocation that reaches the pool has been let in already (see `invocation.concurrency`), so
there is no queue here: it gets a warm environment of its version, or a new one is started for
it. Everything runs on the loop thread.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from lambda_magic.core.clock import Clock, Timer
from lambda_magic.core.errors import LambdaError, ServiceException
from lambda_magic.core.settings import Settings
from lambda_magic.environments.environment import ExecutionEnvironment
from lambda_magic.environments.execution import PendingInvocation
from lambda_magic.environments.faults import Fault
from lambda_magic.environments.sandbox import SandboxFactory
from lambda_magic.environments.spec import EnvironmentSpec
from lambda_magic.environments.states import EnvironmentState
from lambda_magic.monitoring.bus import Bus

_Key = tuple[str, str, str, str | None]


class ProvisionedWatcher(Protocol):
    """Who keeps provisioned environments up to their number."""

    def refresh(self) -> None:
        """Follow what has changed, before idle environments are looked through."""

    def environment_ready(self, environment: ExecutionEnvironment) -> None:
        """Its Init, or an invocation in it, is over."""

    def environment_failed(self, environment: ExecutionEnvironment, fault: Fault) -> None:
        """Its Init failed."""

    def environment_gone(self, environment: ExecutionEnvironment) -> None:
        """It is terminated."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentSummary:
    """One environment, as `%functions` shows it."""

    environment_id: str
    function_name: str
    version: str
    #: The value of an `EnvironmentState`.
    state: str
    invocations: int
    #: The qualifier whose provisioned concurrency it belongs to, or None.
    allotment: str | None


class EnvironmentPool:
    """`is_current` tells whether a spec is still what its version stands for."""

    #: Seconds between looks for environments that are stale, or idle for too long.
    SWEEP_INTERVAL = 1.0

    def __init__(
        self,
        factory: SandboxFactory,
        *,
        bus: Bus,
        clock: Clock,
        settings: Settings,
        is_current: Callable[[EnvironmentSpec], bool],
    ) -> None:
        self.watcher: ProvisionedWatcher | None = None
        self._factory = factory
        self._bus = bus
        self._clock = clock
        self._settings = settings
        self._is_current = is_current
        # All that changes: who exists, who is idle (the last one in is the first one out, so
        # that the others can expire), and who may have to be frozen, in the order of time.
        self._environments: set[ExecutionEnvironment] = set()
        self._idle: dict[_Key, list[ExecutionEnvironment]] = {}
        self._unfrozen: deque[tuple[float, ExecutionEnvironment]] = deque()
        self._freeze_timer: Timer | None = None
        self._closing = False
        self._sweep_later()

    def __repr__(self) -> str:
        states = [environment.state for environment in self._environments]
        running = sum(
            state in (EnvironmentState.RUNNING, EnvironmentState.SUPPRESSED_INIT)
            for state in states
        )
        warm = sum(state in (EnvironmentState.READY, EnvironmentState.FROZEN) for state in states)
        return (
            f"<EnvironmentPool [{running} running, {warm} warm, {len(states) - running - warm} "
            "starting or ending]>"
        )

    def __iter__(self) -> Iterator[EnvironmentSummary]:
        for environment in self._environments:
            yield EnvironmentSummary(
                environment_id=environment.origin.environment_id,
                function_name=environment.spec.function_name,
                version=environment.spec.version,
                state=environment.state.value,
                invocations=environment.invocations,
                allotment=environment.allotment,
            )

    def has_idle(self, spec: EnvironmentSpec, allotment: str | None = None) -> bool:
        """Whether an invocation of this version would find an environment waiting."""
        return bool(self._idle.get((*spec.key, allotment)))

    def run(
        self, spec: EnvironmentSpec, pending: PendingInvocation, allotment: str | None = None
    ) -> None:
        """Invoke in an idle environment of this version, or in a new one: a cold start."""
        idle = self._idle.get((*spec.key, allotment))
        if self._closing:
            pending.deliver(ServiceException("The region is being closed"))
        elif idle:
            idle.pop().invoke(pending)
        else:
            self._new(spec, None, self._settings.init_timeout).start(pending)

    def start_ahead(self, spec: EnvironmentSpec, allotment: str) -> ExecutionEnvironment:
        """A new environment, initialised before there is an invocation for it."""
        # AWS gives Init more time when nobody waits for it.
        environment = self._new(spec, allotment, max(130.0, spec.timeout))
        environment.start()
        return environment

    def retire(self, environment: ExecutionEnvironment) -> None:
        """Shut one down; at once if it is idle, else when its invocation is over."""
        if environment.is_idle():
            self._forget_idle(environment)
            environment.shut_down()
        else:
            environment.retired = True

    def sweep(self) -> None:
        """Retire idle environments that are stale, or have been idle for too long."""
        if self.watcher is not None:
            self.watcher.refresh()
        expired = self._clock.monotonic() - self._settings.idle_timeout
        for environment in [one for idle in self._idle.values() for one in idle]:
            too_long = environment.allotment is None and environment.idle_since < expired
            if too_long or not self._is_still_current(environment.spec):
                self.retire(environment)

    async def close(self) -> None:
        """Shut all environments down and return when they are gone."""
        self._closing = True
        self._sweep_timer.cancel()
        if self._freeze_timer is not None:
            self._freeze_timer.cancel()
        environments = list(self._environments)
        for environment in environments:
            environment.shut_down()
        for environment in environments:
            await environment.gone()

    # The environments' side...

    def environment_idle(self, environment: ExecutionEnvironment) -> None:
        """Keep it for the next invocation of its version, unless it has become stale."""
        if self._closing or environment.retired or not self._is_still_current(environment.spec):
            environment.shut_down()
            return
        self._idle.setdefault((*environment.spec.key, environment.allotment), []).append(
            environment
        )
        self._unfrozen.append((environment.idle_since, environment))
        if self._freeze_timer is None:
            self._freeze_later()
        if environment.allotment is not None and self.watcher is not None:
            self.watcher.environment_ready(environment)

    def environment_unavailable(self, environment: ExecutionEnvironment) -> None:
        """It failed while it waited, or it goes: nobody may be sent there."""
        self._forget_idle(environment)

    def environment_init_failed(self, environment: ExecutionEnvironment, fault: Fault) -> None:
        """A provisioned environment could not be initialised."""
        if self.watcher is not None:
            self.watcher.environment_failed(environment, fault)
        environment.shut_down()

    def environment_gone(self, environment: ExecutionEnvironment) -> None:
        """It is terminated."""
        self._environments.discard(environment)
        self._forget_idle(environment)
        if environment.allotment is not None and self.watcher is not None and not self._closing:
            self.watcher.environment_gone(environment)

    # Within...

    def _new(
        self, spec: EnvironmentSpec, allotment: str | None, init_timeout: float
    ) -> ExecutionEnvironment:
        environment = ExecutionEnvironment(
            spec,
            factory=self._factory,
            owner=self,
            bus=self._bus,
            clock=self._clock,
            init_timeout=init_timeout,
            allotment=allotment,
        )
        self._environments.add(environment)
        return environment

    def _is_still_current(self, spec: EnvironmentSpec) -> bool:
        try:
            return self._is_current(spec)
        except LambdaError:
            return False  # The store cannot be asked. A new environment is always right.

    def _forget_idle(self, environment: ExecutionEnvironment) -> None:
        key = (*environment.spec.key, environment.allotment)
        idle = self._idle.get(key)
        if idle and environment in idle:
            idle.remove(environment)
        if not idle:
            self._idle.pop(key, None)

    def _freeze_later(self) -> None:
        self._freeze_timer = self._clock.call_later(self._settings.freeze_delay, self._freeze)

    def _freeze(self) -> None:
        """Freeze whoever has been idle long enough; one timer serves all environments."""
        self._freeze_timer = None
        due = self._clock.monotonic() - self._settings.freeze_delay
        while self._unfrozen and self._unfrozen[0][0] <= due:
            since, environment = self._unfrozen.popleft()
            if environment.state is EnvironmentState.READY and environment.idle_since == since:
                environment.freeze()
        if self._unfrozen:
            self._freeze_later()

    def _sweep_later(self) -> None:
        # Also while there is no environment: another kernel may ask for provisioned ones.
        self._sweep_timer: Timer = self._clock.call_later(self.SWEEP_INTERVAL, self._sweep)

    def _sweep(self) -> None:
        try:
            self.sweep()
        finally:
            self._sweep_later()
