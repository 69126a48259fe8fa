"""What the supervisor of pollers knows of one, and what a poller says about itself."""

from dataclasses import dataclass
from typing import Protocol

from botocore.exceptions import ClientError

from lambda_magic.core.errors import LambdaError

#: LastProcessingResult.
OK = "OK"
FUNCTION_FAILED = "PROBLEM: Function call failed"


class Status:
    """How a poller is doing; only it changes this."""

    def __init__(self) -> None:
        #: Whether it has reached its source, or knows why it cannot.
        self.is_up = False
        #: LastProcessingResult, or None where nothing can be said yet.
        self.result: str | None = None

    def up(self) -> None:
        """The source was reached."""
        self.is_up = True
        if self.result is not None and self.result not in (OK, FUNCTION_FAILED):
            self.result = OK

    def function_ran(self) -> None:
        """The function could be invoked, whatever it answered."""
        if self.result is not None and self.result.startswith("PROBLEM"):
            self.result = OK

    def function_refused(self, error: LambdaError) -> None:
        """The function cannot be invoked."""
        self.result = f"PROBLEM: {error.code}: {error.message}"

    def source_failed(self, error: Exception) -> None:
        """The source cannot be read."""
        self.is_up = True
        if isinstance(error, ClientError):
            answer = error.response["Error"]
            self.result = f"PROBLEM: {answer.get('Code')}: {answer.get('Message')}"
        else:
            self.result = f"PROBLEM: {error}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What a poller has to do at the moment."""

    #: How many batches of a queue may be with the function at once, or the shards that are read.
    pollers: int
    #: When the oldest record was written that was read and is not done with, in seconds since the
    #: epoch; None if there is none.
    oldest: float | None
    #: Messages that wait in the queue, about; None for a stream.
    backlog: int | None = None


class Poller(Protocol):
    """Reads one mapping's source and invokes its function, from `start` on."""

    @property
    def status(self) -> Status:
        """How it is doing."""

    @property
    def load(self) -> Load:
        """What it has to do."""

    def start(self) -> None:
        """Begin; called once, on the loop thread."""

    async def drain(self) -> None:
        """Read nothing more, and return when what was read is done with."""

    async def close(self, grace: float) -> None:
        """End within `grace` seconds or a little more; what is unfinished is read again."""
