"""What is told of an environment: to the bus, to its telemetry, and to what is under way in it."""

from typing import Protocol

from lambda_magic.core.clock import Clock
from lambda_magic.environments.execution import Execution
from lambda_magic.environments.initialization import Initialization
from lambda_magic.environments.sandbox import Sandbox
from lambda_magic.environments.telemetry import Telemetry
from lambda_magic.monitoring.bus import Publisher
from lambda_magic.monitoring.events import (
    EnvironmentChanged,
    ExtensionLogRecord,
    LogRecord,
    Origin,
    PlatformEvent,
    PlatformFault,
)
from lambda_magic.runtime_api.subscriptions import Subscription


class Stage(Protocol):
    """What is under way in an environment; only the environment changes it."""

    sandbox: Sandbox
    #: The Init, while there is one, and the invocation in flight.
    init: Initialization | None
    execution: Execution | None


class Chronicle:
    """Publishes what happens in an environment, and keeps it for the result of an invocation.

    It is what the sandbox's output goes to, and who subscribes to telemetry.
    """

    def __init__(self, stage: Stage, bus: Publisher, origin: Origin, clock: Clock) -> None:
        #: Where events go. Once an extension has subscribed, its telemetry takes the bus's place.
        self.bus = bus
        self._stage = stage
        self._origin = origin
        self._clock = clock
        self._telemetry: Telemetry | None = None

    def __repr__(self) -> str:
        return f"<Chronicle [{self._telemetry or self.bus!r}]>"

    def changed(self, state: str) -> None:
        """The environment has moved to another state."""
        self.bus.publish(
            EnvironmentChanged(time=self._clock.time(), origin=self._origin, state=state)
        )

    def log_written(self, message: str, time: float) -> None:
        """The function wrote one message."""
        self._keep(
            LogRecord(
                time=time, origin=self._origin, message=message, request_id=self._request_id()
            )
        )

    def program_wrote(self, message: str, time: float) -> None:
        """An extension wrote one message."""
        self._keep(
            ExtensionLogRecord(
                time=time, origin=self._origin, message=message, request_id=self._request_id()
            )
        )

    def process_ended(self, message: str, request_id: str) -> None:
        """A process ended in the middle of an invocation, and so ended that."""
        self._keep(
            PlatformFault(
                time=self._clock.time(),
                origin=self._origin,
                message=message,
                request_id=request_id,
            )
        )

    def _request_id(self) -> str | None:
        execution = self._stage.execution
        return None if execution is None else execution.invocation.request_id

    def _keep(self, record: PlatformEvent) -> None:
        self.bus.publish(record)
        stage = self._stage
        if stage.init is not None:
            stage.init.events.append(record)
        elif stage.execution is not None:
            stage.execution.log(record)

    # Telemetry...

    def is_telemetry_open(self) -> bool:
        """Whether extensions may subscribe."""
        return self._stage.init is not None

    def telemetry_subscribed(self, name: str, subscription: Subscription) -> bool:
        """An extension wants to be sent telemetry, from the beginning of this Init on."""
        init = self._stage.init
        assert init is not None
        if self._telemetry is None:
            self.bus = self._telemetry = Telemetry(
                self.bus, self._origin, self._clock, self._stage.sandbox.dial
            )
        event = self._telemetry.subscribe(name, subscription, init.events)
        init.events.append(event)
        return event.is_new

    async def drain(self, seconds: float) -> None:
        """Send what subscribers have not been sent yet, for so long at most."""
        if self._telemetry is not None:
            await self._telemetry.drain(seconds)

    async def close(self) -> None:
        """Send subscribers nothing more."""
        if self._telemetry is not None:
            await self._telemetry.close()
