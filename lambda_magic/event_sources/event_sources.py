"""The event sources of a region: a poller for each mapping that is enabled.

A mapping is polled by one process. Who polls holds a lock on a file of the mapping's, which is
free at the moment the process ends, however it ends; others look for it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any

from lambda_magic.core.arns import Arns
from lambda_magic.core.aws import stand_in_url
from lambda_magic.core.clock import Clock, Timer, VirtualClock
from lambda_magic.core.errors import StoreError
from lambda_magic.core.settings import Settings
from lambda_magic.event_sources.calls import Calls
from lambda_magic.event_sources.function_calls import FunctionCalls
from lambda_magic.event_sources.mapping import SourceMapping
from lambda_magic.event_sources.poller import Poller
from lambda_magic.event_sources.poller_reports import ELSEWHERE, PollerReports
from lambda_magic.event_sources.push import PushSources
from lambda_magic.event_sources.queue_poller import QueuePoller
from lambda_magic.event_sources.rule_schedules import RuleSchedules
from lambda_magic.event_sources.source_locks import SourceLocks
from lambda_magic.event_sources.stream_poller import StreamPoller
from lambda_magic.invocation.asynchronous import AsynchronousInvoker
from lambda_magic.invocation.invoker import Invoker
from lambda_magic.monitoring.bus import Bus
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.checkpoints import Checkpoints
from lambda_magic.store.resources import Kind

#: What of a mapping's document is no matter of how it is polled.
_BESIDE = frozenset({"LastModified", "LastProcessingResult", "StateTransitionReason"})
#: States that a mapping passes through until its poller is there.
_UNTIL_UP = frozenset({"Creating", "Enabling", "Updating"})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Polled:
    """A mapping that this process polls."""

    poller: Poller
    #: The parts of its document that it was read from.
    essence: Mapping[str, Any]
    lock: IO[str]


class EventSources:
    """Polls what is mapped, as long as there is somewhere to poll; used on the loop thread."""

    #: Seconds between looks for what other processes have changed, or left.
    LOOK_INTERVAL = 1.0
    #: Seconds that batches have to finish when everything ends.
    GRACE = 1.0

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        invoker: Invoker,
        asynchronous: AsynchronousInvoker,
        *,
        bus: Bus,
        clock: VirtualClock,
        machine: Clock,
    ) -> None:
        self._is_active = settings.aws_endpoint_url is not None
        # AWS itself runs its own schedules, and pushes to functions of its own.
        self._is_local = stand_in_url(settings) is not None
        self._locks = SourceLocks(settings)
        self._catalog = catalog
        self._calls = Calls(settings)
        self._checkpoints = Checkpoints(settings.home / f"{settings.region_name}.sources.sqlite")
        self._functions = FunctionCalls(invoker, bus, machine)
        self._reports = PollerReports(self._functions, bus, machine)
        arns = Arns(account_id=settings.account_id, region_name=settings.region_name)
        #: Takes what services push.
        self.push = PushSources(arns, catalog, asynchronous, machine)
        #: The schedules of EventBridge that are followed.
        self.schedules = RuleSchedules(self._calls, self.push, clock, machine)
        self._clock = clock
        self._machine = machine
        # All that changes: the mappings that this process polls, and the state that each of them
        # is passing through.
        self._polled: dict[str, _Polled] = {}
        self._passing: dict[str, str] = {}
        self._not_polled: dict[str, str] = {}
        self._documents: dict[str, Mapping[str, Any]] = {}
        self._seen = -1
        self._waits_for_others = False
        self._timer: Timer | None = None
        self._retiring: dict[str, asyncio.Task[None]] = {}
        self._is_closed = False

    def __repr__(self) -> str:
        return f"<EventSources [{len(self._polled)} polled]>"

    def start(self) -> None:
        """Poll everything that is enabled, from now on."""
        if self._is_active:
            self._look()
        if self._is_local:
            self.schedules.start()

    # For the service, which changes mappings...

    def is_polled(self, uuid: str) -> bool:
        """Whether this process polls a mapping."""
        return uuid in self._polled

    def changed(self, uuid: str, passing: str) -> None:
        """A mapping has changed, in the catalog; it passes through this state to another one."""
        if self._is_active and not self._is_closed:
            self._passing[uuid] = passing
            self._look_soon()

    def members(self, uuid: str) -> Mapping[str, Any]:
        """The members of a mapping's configuration that polling knows better."""
        polled = self._polled.get(uuid)
        status = None if polled is None else polled.poller.status
        passing = self._passing.get(uuid)
        if passing in _UNTIL_UP and uuid not in self._retiring and status and status.is_up:
            passing = None
            del self._passing[uuid]
        members: dict[str, Any] = {} if passing is None else {"State": passing}
        if uuid in self._not_polled:
            members["LastProcessingResult"] = self._not_polled[uuid]
        elif status is not None and status.result is not None:
            members["LastProcessingResult"] = status.result
        return members

    async def close(self) -> None:
        """Poll nothing any more."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        for task in self._retiring.values():
            task.cancel()
        await self.schedules.close()
        polled, self._polled = self._polled, {}
        await asyncio.gather(*(one.poller.close(self.GRACE) for one in polled.values()))
        for one in polled.values():
            one.lock.close()
        self._calls.close()
        self._checkpoints.close()

    # ...and what follows from the catalog.

    def _look_soon(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._seen = -1
        self._timer = self._machine.call_later(0, self._look)

    def _look(self) -> None:
        """Bring the pollers in line with the catalog, and look again some time."""
        if self._is_closed:
            return
        try:
            generation = self._catalog.generation
            if generation != self._seen or self._waits_for_others:
                self._seen = generation
                self._follow_catalog()
            self._report()
        except (StoreError, OSError) as error:
            self._seen = -1  # it is looked at again
            _log.warning("The mappings cannot be read: %s", error)
        self._timer = self._machine.call_later(self.LOOK_INTERVAL, self._look)

    def _follow_catalog(self) -> None:
        found = self._catalog.resources.of_kind(Kind.EVENT_SOURCE_MAPPING)
        documents = self._documents = {one.name: one.document for one in found}
        self._waits_for_others = False
        self._not_polled.clear()
        for uuid, polled in self._polled.items():
            if uuid not in self._retiring and _essence(documents.get(uuid)) != polled.essence:
                task = asyncio.get_running_loop().create_task(self._retire(uuid, polled))
                self._retiring[uuid] = task
        for uuid, document in documents.items():
            if uuid not in self._polled:
                self._take_up(uuid, document)

    def _report(self) -> None:
        """Tell how all mappings are doing."""
        self._reports.keep(self._documents)
        for uuid, document in self._documents.items():
            polled = self._polled.get(uuid)
            members = dict(self.members(uuid))
            if polled is None and document["State"] == "Enabled":
                members.setdefault("LastProcessingResult", ELSEWHERE)
            load = None if polled is None else polled.poller.load
            self._reports.tell(uuid, {**document, **members}, load)

    def _take_up(self, uuid: str, document: Mapping[str, Any]) -> None:
        """Begin to poll a mapping, if it is to be polled, and by nobody else."""
        if document["State"] == "Disabled":
            self._passing.pop(uuid, None)
            return
        lock = self._locks.take(uuid)
        if lock is None:
            self._waits_for_others = True
            self._passing.pop(uuid, None)
            return
        if document["State"] == "Deleting":
            self._forget(uuid)
        else:
            poller = self._make_poller(uuid, document)
            if poller is not None:
                self._polled[uuid] = _Polled(poller, _essence(document), lock)
                poller.start()
                return
            self._passing.pop(uuid, None)
        lock.close()

    def _make_poller(self, uuid: str, document: Mapping[str, Any]) -> Poller | None:
        try:
            mapping = SourceMapping.read(uuid, document)
            make = _POLLERS[mapping.service]
        except (KeyError, ValueError) as error:
            reason = error if isinstance(error, ValueError) else "its source is not supported"
            self._not_polled[uuid] = f"PROBLEM: lambda_magic does not poll this mapping: {reason}."
            return None
        return make(self, mapping)

    def _queue_poller(self, mapping: SourceMapping) -> Poller:
        return QueuePoller(
            mapping, self._calls, self._functions, clock=self._clock, machine=self._machine
        )

    def _stream_poller(self, mapping: SourceMapping) -> Poller:
        return StreamPoller(
            mapping,
            self._calls,
            self._functions,
            self._checkpoints,
            clock=self._clock,
            machine=self._machine,
        )

    async def _retire(self, uuid: str, polled: _Polled) -> None:
        """Let a poller finish; the mapping is then disabled, deleted, or polled anew."""
        await polled.poller.drain()
        del self._polled[uuid], self._retiring[uuid]
        try:
            document = self._catalog.resources.find(Kind.EVENT_SOURCE_MAPPING, uuid)
            if document is None or document.document["State"] == "Deleting":
                self._forget(uuid)
        except StoreError as error:  # it is looked at again
            _log.warning("A mapping could not be deleted: %s", error)
        polled.lock.close()
        self._look_soon()

    def _forget(self, uuid: str) -> None:
        """A mapping is deleted, for good."""
        with self._catalog.transaction() as changes:
            changes.delete_resource(Kind.EVENT_SOURCE_MAPPING, uuid)
        self._checkpoints.forget(uuid)
        self._passing.pop(uuid, None)
        self._locks.forget(uuid)


def _essence(document: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What a poller depends on; nothing, where there is nothing to poll."""
    if document is None or document["State"] != "Enabled":
        return {}
    return {member: value for member, value in document.items() if member not in _BESIDE}


#: What polls a source, by its service.
_POLLERS: Mapping[str, Callable[[EventSources, SourceMapping], Poller]] = {
    "sqs": EventSources._queue_poller,
    "kinesis": EventSources._stream_poller,
    "dynamodb": EventSources._stream_poller,
}
