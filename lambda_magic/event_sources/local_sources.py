"""The local triggers of a region: schedules are followed, folders watched, routes found.

They are kept in the catalog, and attended to until they are deleted. Of several processes on a
home one attends to a schedule or a folder; routes are served wherever there is an endpoint.
"""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

from lambda_magic.core.clock import Clock, Timer, VirtualClock
from lambda_magic.core.errors import LambdaError, ResourceConflictException, StoreError
from lambda_magic.core.settings import Settings
from lambda_magic.event_sources.folder import FileChange, Folder
from lambda_magic.event_sources.folder_events import folder_event
from lambda_magic.event_sources.local_trigger import (
    CREATED,
    REMOVED,
    FolderSource,
    LocalTrigger,
    RouteSource,
    ScheduleSource,
)
from lambda_magic.event_sources.push_events import scheduled_event
from lambda_magic.event_sources.schedule import parse_schedule
from lambda_magic.event_sources.source_locks import SourceLocks
from lambda_magic.event_sources.timetable import Timetable
from lambda_magic.invocation.asynchronous import AsynchronousInvoker
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.resources import Kind

_log = logging.getLogger(__name__)


class LocalSources:
    """Invokes functions by local triggers; used on the loop thread."""

    #: Seconds between looks for what other processes have changed, or left.
    LOOK_INTERVAL = 2.0

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        asynchronous: AsynchronousInvoker,
        *,
        clock: VirtualClock,
        machine: Clock,
    ) -> None:
        self._settings = settings
        self._catalog = catalog
        self._asynchronous = asynchronous
        self._machine = machine
        self._timetable = Timetable(clock, machine, self._due)
        self._source_locks = SourceLocks(settings)
        # All that changes: what is attended to, by the triggers' ids.
        self._attended: dict[str, LocalTrigger] = {}
        self._locks: dict[str, IO[str]] = {}
        self._folders: dict[str, Folder] = {}
        self._results: dict[str, str] = {}
        self._routes: tuple[int, Sequence[tuple[LocalTrigger, RouteSource]]] = (-1, ())
        self._seen = -1
        self._waits_for_others = False
        self._following = asyncio.Lock()
        self._timer: Timer | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def __repr__(self) -> str:
        return f"<LocalSources [{len(self._attended)} attended to]>"

    def start(self) -> None:
        """Attend to what is enabled, from now on."""
        self._look()

    async def close(self) -> None:
        """Attend to nothing any more. What has happened until now is delivered."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._timetable.follow({})
        async with self._following:
            await asyncio.gather(*(folder.close() for folder in self._folders.values()))
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for lock in self._locks.values():
            lock.close()

    # What there is.

    def triggers(self) -> list[LocalTrigger]:
        """All of them, attended to by this process or not."""
        found = []
        for one in self._catalog.resources.of_kind(Kind.LOCAL_TRIGGER):
            try:
                found.append(LocalTrigger.read(one.name, one.document))
            except ValueError as error:  # of a newer release
                _log.warning("A trigger is left alone: %s", error)
        return sorted(found, key=lambda one: (one.function, str(one.source)))

    def result(self, id: str) -> str | None:
        """What became of the last event: "OK" or what the problem is; None before there is one."""
        return self._results.get(id)

    def next(self, id: str) -> float | None:
        """When a schedule that this process follows is due next."""
        return self._timetable.next(id)

    async def put(self, trigger: LocalTrigger) -> None:
        """Add a trigger, or replace it; what happens from now on is seen.

        Raises `ResourceConflictException` where another trigger has its route, and `OSError` where
        its folder cannot be watched.
        """
        self._check_route(trigger)
        if isinstance(trigger.source, FolderSource) and trigger.is_enabled:
            # Known before it is kept.
            Folder.check(Path(trigger.source.directory), self._settings.home)
        with self._catalog.transaction() as changes:
            changes.put_resource(Kind.LOCAL_TRIGGER, trigger.id, trigger.document)
        await self._follow()

    async def delete(self, id: str) -> None:
        """Delete a trigger, if there is one."""
        with self._catalog.transaction() as changes:
            changes.delete_resource(Kind.LOCAL_TRIGGER, id)
        await self._follow()
        self._source_locks.forget(id)

    def find_route(
        self, method: str, path: str
    ) -> tuple[LocalTrigger, RouteSource, Mapping[str, str]] | None:
        """The trigger for a request with this quoted path, and the values of its path's places."""
        generation = self._catalog.generation
        if self._routes[0] != generation:
            routes = [
                (one, one.source)
                for one in self.triggers()
                if isinstance(one.source, RouteSource) and one.is_enabled
            ]
            self._routes = generation, sorted(routes, key=lambda route: route[1].rank)
        parts = [unquote(part) for part in path.split("/")]
        for trigger, source in self._routes[1]:
            if (values := source.match(method, parts)) is not None:
                return trigger, source, values
        return None

    def _check_route(self, trigger: LocalTrigger) -> None:
        if not isinstance(trigger.source, RouteSource):
            return
        for one in self.triggers():
            is_same = isinstance(one.source, RouteSource) and (
                one.source.shape == trigger.source.shape
            )
            if is_same and one.id != trigger.id:
                raise ResourceConflictException(
                    f"Route with key {trigger.source.key} already exists, for {one.function}"
                )

    # What follows from the catalog.

    def _look(self) -> None:
        """Bring everything in line with the catalog, and look again some time."""
        if self._is_closed:
            return
        try:
            is_missing_something = self._waits_for_others or not all(
                folder.is_watched for folder in self._folders.values()
            )
            if self._catalog.generation != self._seen or is_missing_something:
                self._spawn(self._follow())
        except StoreError as error:
            _log.warning("The triggers cannot be read: %s", error)
        self._timer = self._machine.call_later(self.LOOK_INTERVAL, self._look)

    async def _follow(self) -> None:
        async with self._following:
            if self._is_closed:
                return
            generation, self._waits_for_others = self._catalog.generation, False
            wanted = {one.id: one for one in self.triggers() if one.is_enabled}
            for id in self._attended.keys() - wanted.keys():
                await self._let_go(id)
            self._attended = {id: one for id, one in wanted.items() if self._may_attend(one)}
            self._timetable.follow(
                {
                    id: parse_schedule(one.source.expression)
                    for id, one in self._attended.items()
                    if isinstance(one.source, ScheduleSource)
                }
            )
            for id, one in self._attended.items():
                if isinstance(one.source, FolderSource):
                    await self._attend_folder(id, one.source)
            # Only now: what has failed is looked at again.
            self._seen = generation

    def _may_attend(self, trigger: LocalTrigger) -> bool:
        """Whether no other process attends to it."""
        if isinstance(trigger.source, RouteSource):
            return False
        if trigger.id not in self._locks:
            lock = self._source_locks.take(trigger.id)
            if lock is None:
                self._waits_for_others = True
                return False
            self._locks[trigger.id] = lock
        return True

    async def _attend_folder(self, id: str, source: FolderSource) -> None:
        folder = self._folders.get(id)
        if folder is None:
            directory, changed = Path(source.directory), partial(self._folder_changed, id)
            folder = self._folders[id] = Folder(directory, self._settings.home, changed)
        if folder.is_watched:
            return
        try:
            await folder.start()
        except OSError as error:
            self._results[id] = f"PROBLEM: {error}"
        else:
            self._results.pop(id, None)

    async def _let_go(self, id: str) -> None:
        if (folder := self._folders.pop(id, None)) is not None:
            await folder.close()
        if (lock := self._locks.pop(id, None)) is not None:
            lock.close()
        self._results.pop(id, None)

    # Something has happened.

    def _due(self, id: str, moment: float) -> None:
        trigger = self._attended[id]
        settings = self._settings
        rule_arn = (
            f"arn:aws:events:{settings.region_name}:{settings.account_id}:rule/{trigger.name}"
        )
        self._deliver(trigger, scheduled_event(rule_arn, moment))

    def _folder_changed(self, id: str, changes: Sequence[FileChange]) -> None:
        trigger = self._attended.get(id)
        if trigger is None or not isinstance(trigger.source, FolderSource):
            return
        for one in changes:
            if trigger.source.wants(one.key, REMOVED if one.is_removed else CREATED):
                event = folder_event(
                    one,
                    bucket=trigger.source.bucket,
                    configuration_id=trigger.id,
                    region_name=self._settings.region_name,
                    time=self._machine.time(),
                )
                self._deliver(trigger, event)

    def _deliver(self, trigger: LocalTrigger, event: Mapping[str, Any]) -> None:
        self._spawn(self._accept(trigger, json.dumps(event).encode()))

    async def _accept(self, trigger: LocalTrigger, payload: bytes) -> None:
        """Have the function invoked asynchronously, with the retries of that."""
        try:
            await self._asynchronous.accept(trigger.function_name, trigger.qualifier, payload)
        except LambdaError as error:
            _log.warning("%s could not invoke %s: %s", trigger.source, trigger.function, error)
            self._results[trigger.id] = f"PROBLEM: {error}"
        else:
            self._results[trigger.id] = "OK"

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("A local trigger has failed: %s", error)
