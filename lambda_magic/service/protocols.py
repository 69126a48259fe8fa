"""What the control plane needs from the parts that run functions."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

from lambda_magic.core.invocation import Invocation


class Provisioner(Protocol):
    """Keeps provisioned environments ready (`invocation.provisioned`); reads the catalog."""

    def set(self, function_name: str, qualifier: str, requested: int) -> None:
        """Bring a qualifier to `requested` environments of the versions now behind it.

        Called after the catalog has changed: when concurrency was provisioned, and when an alias
        that has some moved to another version.
        """

    def remove(self, function_name: str, qualifier: str) -> None:
        """Let a qualifier's environments go, if it has any."""

    def status(self, function_name: str, qualifier: str) -> Mapping[str, Any]:
        """GetProvisionedConcurrencyConfig's members that tell how far it is."""


class Invoked(Protocol):
    """The part of an `InvocationResult` that Invoke answers with."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""

    @property
    def payload_bytes(self) -> bytes:
        """The response, or the error document of a function error."""

    @property
    def function_error(self) -> str | None:
        """None, "Handled" or "Unhandled"."""

    @property
    def error_type(self) -> str | None:
        """`errorType` of a function error."""

    @property
    def executed_version(self) -> str:
        """The version that ran."""

    @property
    def request_id(self) -> str:
        """The invocation's id."""

    @property
    def log_result(self) -> str:
        """The last 4 KB of the log, in base64."""


class Accepted(Protocol):
    """The part of an asynchronous invocation that Invoke answers with."""

    @property
    def request_id(self) -> str:
        """The invocation's id."""


class EventInvoker(Protocol):
    """Takes events for asynchronous invocation (`invocation.asynchronous`)."""

    async def accept(
        self,
        function_name: str,
        qualifier: str | None,
        payload: bytes,
        *,
        client_context: str | None = None,
        trace_id: str | None = None,
    ) -> Accepted:
        """Take an event, for good."""


class MappingPollers(Protocol):
    """Polls the sources of mappings (`event_sources.event_sources`); reads the catalog."""

    def is_polled(self, uuid: str) -> bool:
        """Whether this process polls a mapping."""

    def changed(self, uuid: str, passing: str) -> None:
        """A mapping has changed, in the catalog; it passes through this state to another one."""

    def members(self, uuid: str) -> Mapping[str, Any]:
        """The members of a mapping's configuration that polling knows better."""


class Stream(Protocol):
    """A response as it arrives (`environments.response_stream`)."""

    async def begun(self) -> None:
        """Return when there is something to read, or never will be."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The pieces."""

    def abandon(self) -> None:
        """Nobody reads any more."""

    @property
    def invocation(self) -> Invocation:
        """What is being run."""

    @property
    def result(self) -> Invoked:
        """What it came to, once all pieces have been read."""


class Invoker(Protocol):
    """Runs invocations (`invocation.invoker`)."""

    async def invoke(
        self,
        function_name: str,
        qualifier: str | None,
        payload: bytes,
        *,
        client_context: str | None = None,
        trace_id: str | None = None,
    ) -> Invoked:
        """Run one invocation and return its result."""

    def stream(
        self,
        function_name: str,
        qualifier: str | None,
        payload: bytes,
        *,
        client_context: str | None = None,
        trace_id: str | None = None,
    ) -> Stream:
        """Start one invocation whose response is read as it arrives."""

    def dry_run(self, function_name: str, qualifier: str | None) -> None:
        """Raise what `invoke` would raise for a function that cannot be invoked."""

    def is_tenanted(self, function_name: str) -> bool:
        """Whether every invocation of the function has to be for one tenant."""
