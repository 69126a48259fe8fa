"""Whom the Runtime API tells what, and who else answers at its address."""

from typing import Protocol

from lambda_magic.runtime_api.http import Connection, Request
from lambda_magic.runtime_api.streaming import StreamError


class RuntimeListener(Protocol):
    """What the API tells the environment that it belongs to."""

    def runtime_ready(self) -> None:
        """The runtime asks for its next event; `RuntimeApi.send` gives it one."""

    def init_failed(self, payload: bytes, error_type: str) -> None:
        """The runtime could not be initialised; it will exit."""


class AnswerListener(Protocol):
    """What the API tells of the response to the invocation in flight."""

    def runtime_responded(self, payload: bytes) -> None:
        """The handler returned: the response to the invocation in flight."""

    def runtime_response_too_large(self) -> None:
        """The handler returned more than AWS's limit."""

    def runtime_failed(self, payload: bytes, error_type: str) -> None:
        """The handler raised: the error document for the invocation in flight."""

    def runtime_response_begun(self, content_type: str, connection: Connection) -> None:
        """The runtime streams its response, over a connection that can be told to wait."""

    def runtime_response_continued(self, piece: bytes) -> bool:
        """The next piece of it; False if that was more than there may be."""

    def runtime_response_ended(self, error: StreamError | None) -> None:
        """That was all of it; `error` tells why, if the handler failed on the way."""

    def runtime_response_rejected(self, error_type: str) -> None:
        """The response is none: AWS's type of what is wrong with it."""


class OtherApi(Protocol):
    """Another API of the environment: for extensions, for telemetry."""

    def request_received(self, connection: Connection, request: Request) -> None:
        """Answer with `connection.respond`, now or later."""

    def connection_lost(self, connection: Connection) -> None:
        """A peer is gone, of this API or another."""
