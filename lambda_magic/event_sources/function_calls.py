"""Invocations by event sources, and the metrics of it."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from lambda_magic.core.clock import Clock
from lambda_magic.event_sources.mapping import SourceMapping
from lambda_magic.invocation.invoker import Invoker, result_of
from lambda_magic.monitoring.bus import Bus
from lambda_magic.monitoring.events import Measurement
from lambda_magic.monitoring.result import InvocationResult

#: What an event may weigh, with room for what is around the records.
BATCH_LIMIT = 6_291_456 - 64


class FunctionCalls:
    """Invokes functions for mappings, and counts what AWS counts; used on the loop thread."""

    def __init__(self, invoker: Invoker, bus: Bus, machine: Clock) -> None:
        self._invoker = invoker
        self._bus = bus
        self._machine = machine
        self._counted: defaultdict[str, Counter[str]] = defaultdict(Counter)

    async def invoke(
        self, mapping: SourceMapping, payload: bytes, trace_id: str | None = None
    ) -> InvocationResult:
        """Run the function; raises the `LambdaError` for which it did not run."""
        name, qualifier = mapping.function_name, mapping.qualifier
        return await result_of(
            lambda deliver: self._invoker.begin(
                name, qualifier, payload, deliver, trace_id=trace_id
            )
        )

    def count(self, mapping: SourceMapping, metric: str, value: int = 1) -> None:
        """Publish a number of a metric, unless it is nothing."""
        if value:
            self._counted[mapping.uuid][metric] += value
            self.measure(mapping, metric, value)

    def counted(self, uuid: str) -> Mapping[str, int]:
        """What was counted for a mapping so far, by metric; 0 for all others."""
        return self._counted[uuid]

    def forget(self, uuid: str) -> None:
        """A mapping is gone, and what was counted for it."""
        self._counted.pop(uuid, None)

    def measure(self, mapping: SourceMapping, metric: str, value: float) -> None:
        """Publish a value of a metric."""
        self._bus.publish(
            Measurement(
                time=self._machine.time(),
                function_name=mapping.function_name,
                qualifier=mapping.qualifier,
                metric=metric,
                value=value,
            )
        )


def event_of(records: Sequence[Mapping[str, Any]], **members: Any) -> bytes:
    """The event that holds these records, as JSON text."""
    return json.dumps({"Records": records, **members}, separators=(",", ":")).encode()
