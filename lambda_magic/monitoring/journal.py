"""What logs and metrics need of a journal; the one on disk is `store.journal.Journal`."""

from collections.abc import Sequence
from typing import Any, Protocol

Row = tuple[Any, ...]


class Journal(Protocol):
    """Keeps rows between kernels. Appending never waits; reading sees all that was appended.

    The rows' columns are those of `InvocationRecord`, `LogEvent` and so on, in that order.
    """

    def append(
        self,
        *,
        log_events: Sequence[Row] = (),
        invocations: Sequence[Row] = (),
        throttles: Sequence[Row] = (),
        measurements: Sequence[Row] = (),
    ) -> None:
        """Have some rows written, soon; called on the loop thread only."""

    def log_groups(self) -> list[Row]:
        """(log group, creation time, bytes stored), by name."""

    def log_streams(self, log_group: str) -> list[Row]:
        """(log stream, creation time, first and last timestamp, last ingestion), newest first."""

    def log_events(
        self,
        log_group: str,
        *,
        streams: Sequence[str] | None = None,
        request_id: str | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
        limit: int | None = None,
        tail: bool = False,
    ) -> list[Row]:
        """Rows of log events, oldest first."""

    def invocations(
        self, function_name: str | None = None, *, start: float = ..., end: float = ...
    ) -> list[Row]:
        """Rows of invocations that began within a span of time, oldest first."""

    def throttles(
        self, function_name: str | None = None, *, start: float = ..., end: float = ...
    ) -> list[Row]:
        """Rows of throttles within a span of time, oldest first."""

    def measurements(
        self, function_name: str | None = None, *, start: float = ..., end: float = ...
    ) -> list[Row]:
        """Rows of measurements within a span of time, oldest first."""
