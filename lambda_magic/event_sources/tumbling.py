"""Tumbling windows: records are added up in state that travels from event to event.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lambda_magic.monitoring.result import InvocationResult

#: A state that is larger, in bytes, ends its window early.
STATE_LIMIT = 1_048_576


@dataclass(frozen=True, slots=True)
class Window:
    """A window that is open, and what the function has made of it so far."""

    #: In seconds since the epoch.
    start: float
    #: In seconds.
    length: float
    state: Any = field(default_factory=dict)

    @classmethod
    def around(cls, time: float, length: float) -> "Window":
        """The window that a moment is in; windows follow one another from the epoch on."""
        return cls(time // length * length, length)

    @property
    def end(self) -> float:
        """The moment at which the next window begins."""
        return self.start + self.length

    @property
    def is_too_large(self) -> bool:
        """Whether its state is more than may travel."""
        return len(json.dumps(self.state)) > STATE_LIMIT

    def members(self, shard_id: str, stream_arn: str, *, final: bool) -> dict[str, Any]:
        """What an event has beside its records."""
        return {
            "window": {"start": _timestamp(self.start), "end": _timestamp(self.end)},
            "state": self.state,
            "shardId": shard_id,
            "eventSourceARN": stream_arn,
            "isFinalInvokeForWindow": final,
            "isWindowTerminatedEarly": final and self.is_too_large,
        }

    def after(self, result: InvocationResult) -> "Window":
        """The window with the state that the function returned."""
        try:
            response = result.payload
        except ValueError:  # of a runtime that does not answer in JSON
            response = None
        state = response.get("state") if isinstance(response, Mapping) else None
        return Window(self.start, self.length, {} if state is None else state)

    def kept(self) -> dict[str, Any]:
        """As a checkpoint keeps it."""
        return {"start": self.start, "length": self.length, "state": self.state}


def _timestamp(time: float) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%dT%H:%M:%SZ}"
