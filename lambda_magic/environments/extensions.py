"""The extensions of one environment: started before the runtime, told of its end after it.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from lambda_magic.core.clock import Clock
from lambda_magic.environments import faults
from lambda_magic.environments.faults import Fault
from lambda_magic.environments.presence import Presence
from lambda_magic.environments.sandbox import RUNTIME, ExitStatus, Program, Sandbox
from lambda_magic.environments.shutdown import shutdown_limits
from lambda_magic.monitoring.events import ExtensionState, Origin
from lambda_magic.runtime_api.extension import INVOKE, SHUTDOWN, Extension, ExtensionKind
from lambda_magic.runtime_api.extension_states import ExtensionStatus
from lambda_magic.runtime_api.extensions import MAX_EXTENSIONS, ExtensionsApi

#: Seconds that subscribers have to take their last telemetry, before they are told of the end.
_LAST_TELEMETRY = 0.5


class Extensions:
    """The extension side of an `ExecutionEnvironment`, which tells it what happens.

    `drain_telemetry` sends what has not been sent yet, for so many seconds at most.
    """

    def __init__(
        self,
        api: ExtensionsApi,
        sandbox: Sandbox,
        presence: Presence,
        clock: Clock,
        drain_telemetry: Callable[[float], Awaitable[None]],
    ) -> None:
        self._api = api
        self._sandbox = sandbox
        self._presence = presence
        self._clock = clock
        self._drain_telemetry = drain_telemetry
        self._programs: Sequence[Program] = ()
        # Who must register before the runtime is started.
        self._unregistered: set[str] = set()
        self._registered = asyncio.Event()
        # What an extension has said is wrong, before it ended.
        self._failure: str | None = None
        self._shutdown: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        return f"<Extensions {self._api.extensions}>"

    # Init...

    def begin(self) -> list[str]:
        """Init begins, in a sandbox that was just made or reset: its external extensions."""
        self._api.reset()
        self._failure = None
        self._shutdown = None
        self._programs = self._sandbox.extensions()
        self._unregistered = {program.file_name for program in self._programs}
        # Not in `launch`: by the time that begins to run, `abandon` may have been called.
        self._registered.clear()
        return [program.file_name for program in self._programs]

    async def launch(self) -> Fault | None:
        """Start all, and return when they have registered, or why one could not be started.

        Also returns when `abandon` says that Init has failed.
        """
        if not self._programs:
            return None
        for number, program in enumerate(self._programs):
            extension = self._api.expect(program.file_name)
            if number == MAX_EXTENSIONS:
                return _not_launched(extension, faults.too_many_extensions(), "TooManyExtensions")
            self._presence.started(program.name)
            try:
                await self._sandbox.execute(program)
            except OSError as error:
                self._presence.ended(program.name)
                denied = isinstance(error, PermissionError)
                fault = faults.not_launched(program.file_name, error)
                return _not_launched(
                    extension, fault, "PermissionDenied" if denied else "UnknownError"
                )
            if self._registered.is_set():
                return None
        await self._registered.wait()
        return None

    def registered(self, extension: Extension) -> None:
        """One has registered."""
        self._unregistered.discard(extension.name)
        if not self._unregistered:
            self._registered.set()

    def abandon(self) -> None:
        """Init has failed, or the environment goes: nobody need register any more."""
        self._registered.set()

    def close_registration(self) -> None:
        """The runtime asks for its first event."""
        self._api.close_registration()

    def invoked(self) -> tuple[str, ...]:
        """The names of those who take part in invocations."""
        return tuple(
            extension.name for extension in self._api.extensions if INVOKE in extension.events
        )

    def report(self, origin: Origin, time: float) -> list[ExtensionState]:
        """What has become of each, now that Init is over."""
        return [
            ExtensionState(
                time=time,
                origin=origin,
                name=extension.name,
                state=extension.status.value,
                events=extension.events,
                error_type=extension.error_type,
            )
            for extension in self._api.extensions
        ]

    # Failing...

    def failed(self, error_type: str) -> None:
        """One has reported an error. It is to exit next, or to take the runtime along."""
        self._failure = self._failure or error_type

    def fault(self, name: str, status: ExitStatus) -> Fault:
        """Why the environment fails now that a process has ended by itself."""
        if self._failure is not None:
            return faults.extension_exited(self._failure, status)
        if name == RUNTIME:
            return faults.exited(status)
        return faults.extension_exited("Extension.Crash", status)

    # Going...

    async def shut_down(self, reason: str) -> None:
        """Let the runtime clean up, then the extensions, as long as AWS lets them.

        `reason` is "spindown", "timeout" or "failure". Returns at once where there are none.
        """
        if self._shutdown is None:
            extensions = self._api.extensions
            if not extensions:
                return
            self._shutdown = asyncio.ensure_future(self._shut_down(reason, extensions))
        await asyncio.shield(self._shutdown)

    async def _shut_down(self, reason: str, extensions: list[Extension]) -> None:
        limits = shutdown_limits(extension.kind for extension in extensions)
        deadline = self._clock.time() + limits.total_ms / 1000
        if RUNTIME in self._presence:
            self._sandbox.terminate()
            if not await self._presence.gone([RUNTIME], limits.runtime_ms / 1000):
                self._sandbox.kill_runtime()
        await self._drain_telemetry(min(_LAST_TELEMETRY, deadline - self._clock.time()))
        self._api.send_shutdown(reason, int(deadline * 1000))
        leaving = {extension.name for extension in extensions if _takes_leave(extension)}
        names = [program.name for program in self._programs if program.file_name in leaving]
        await self._presence.gone(names, max(0.0, deadline - self._clock.time()))


def _takes_leave(extension: Extension) -> bool:
    """Whether it will be told of the end; others are killed when those are through."""
    told_before = (ExtensionStatus.INIT_ERROR, ExtensionStatus.EXIT_ERROR)
    is_external = extension.kind is ExtensionKind.EXTERNAL
    return is_external and SHUTDOWN in extension.events and extension.status not in told_before


def _not_launched(extension: Extension, fault: Fault, error_type: str) -> Fault:
    extension.status = ExtensionStatus.LAUNCH_ERROR
    extension.error_type = error_type
    return fault
