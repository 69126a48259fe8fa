"""What whoever watches is told of event source mappings: their states, pollers and lag."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from lambda_magic.core.clock import Clock
from lambda_magic.event_sources.function_calls import FunctionCalls
from lambda_magic.event_sources.poller import Load
from lambda_magic.monitoring.bus import Bus
from lambda_magic.monitoring.events import PollerState

#: In the place of a LastProcessingResult, where another process knows it.
ELSEWHERE = "Polled by another process"


class PollerReports:
    """Publishes the state of each mapping, when it is another than before.

    It is asked about once a second, so a mapping with nothing to do costs nothing on the bus.
    Used on the loop thread.
    """

    def __init__(self, functions: FunctionCalls, bus: Bus, machine: Clock) -> None:
        self._functions = functions
        self._bus = bus
        self._machine = machine
        self._told: dict[str, PollerState] = {}

    def __repr__(self) -> str:
        return f"<PollerReports [{len(self._told)} mappings]>"

    def tell(self, uuid: str, document: Mapping[str, Any], load: Load | None) -> None:
        """Publish how a mapping is doing, if that is news.

        `document` has its configuration and state; `load` is its poller's, None without one.
        """
        now = self._machine.time()
        counted = self._functions.counted(uuid)
        load = load or Load(pollers=0, oldest=None)
        age = 0.0 if load.oldest is None else max(now - load.oldest, 0.0)
        state = PollerState(
            time=now,
            uuid=uuid,
            function_name=document["FunctionName"],
            qualifier=document["Qualifier"],
            source_arn=document["EventSourceArn"],
            state=document["State"],
            result=document.get("LastProcessingResult"),
            pollers=load.pollers,
            polled=counted["PolledEventCount"],
            failed=counted["FailedInvokeEventCount"],
            lag_ms=age * 1000,
            backlog=load.backlog,
        )
        before = self._told.get(uuid)
        if before is None or replace(state, time=before.time) != before:
            self._told[uuid] = state
            self._bus.publish(state)

    def keep(self, uuids: Collection[str]) -> None:
        """Of all mappings only these are left: say so of those that are gone."""
        for uuid in self._told.keys() - set(uuids):
            gone = replace(self._told.pop(uuid), time=self._machine.time(), state="Deleted")
            self._bus.publish(replace(gone, pollers=0, lag_ms=0.0))
            self._functions.forget(uuid)
