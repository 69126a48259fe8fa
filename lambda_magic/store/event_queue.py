"""The queue of asynchronous events: what was accepted stays until it is done with.

A file of its own, beside the catalog: every write to the catalog makes each kernel on the home
read it anew, and the queue is written for every event. A thread of the queue's own writes, many
events in a transaction, so that the loop never waits for the disk or for another kernel; who
writes awaits the commit. (SQLite in WAL mode: what is committed outlives the process.)

Each row belongs to the process that accepted it, and only that process works on it, so two
kernels on one home never run the same event. When a process has ended, however it did, another
one adopts what it left.
"""

import asyncio
import json
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from lambda_magic.core.errors import StoreError
from lambda_magic.store.database import Database, load_queries, schema_migration
from lambda_magic.store.ownership import Ownership

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuedEvent:
    """An event that was accepted; its members are the columns of `events`, in their order."""

    request_id: str
    function_name: str
    #: As the caller gave it: a version, an alias or None.
    qualifier: str | None
    payload: bytes = field(repr=False)
    #: JSON, or None.
    client_context: str | None
    #: The caller's X-Amzn-Trace-Id.
    trace_id: str
    #: When it was accepted, and when it is tried next, in seconds since the epoch.
    received: float
    due: float
    #: How often the function has run, and how often in a row since then it could not run.
    attempts: int = 0
    setbacks: int = 0
    #: The error document of the last attempt, and the version that it ran on.
    answer: bytes | None = field(default=None, repr=False)
    executed_version: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A record on its way to a destination; its members are the columns of `deliveries`."""

    delivery_id: str
    #: "OnSuccess", "OnFailure" or "DeadLetter".
    kind: str
    #: The ARN of the queue, topic, bus or bucket.
    target: str
    #: The function whose event it is about, and its ARN, qualified.
    function_name: str
    qualifier: str | None
    function_arn: str
    trace_id: str
    body: bytes = field(repr=False)
    #: RequestID, ErrorCode and ErrorMessage of a dead letter.
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """What is written together, or not at all."""

    add: Sequence[QueuedEvent] = ()
    #: Events that wait longer: `due` and what follows it are written.
    reschedule: Sequence[QueuedEvent] = ()
    #: Request ids of events that are done with.
    remove: Sequence[str] = ()
    deliver: Sequence[Delivery] = ()
    #: Ids of deliveries that were made, or have failed.
    delivered: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Step:
    """Something for the thread to do, and who awaits it."""

    future: "asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop
    #: What to write; or else, what to run.
    changes: Changes | None = None
    run: Callable[[], Any] | None = None


class EventQueue:
    """One region's queue, as seen by one process; used on the loop thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = Database(
            path,
            migrations=[schema_migration("queue_schema.sql")],
            queries=load_queries("queue_queries.sql"),
        )
        self._ownership = Ownership(path.with_suffix(".owners"))
        self._steps: deque[_Step] = deque()
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="lambda_magic queue", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        state = "closed" if self._closing else f"{len(self._steps)} steps waiting"
        return f"<EventQueue {self.path.name} [{state}]>"

    @property
    def owner(self) -> str:
        """The name of this process in the queue."""
        return self._ownership.name

    async def write(self, changes: Changes) -> None:
        """Make changes; when it returns they are committed. Raises `StoreError`."""
        await self._ask(changes=changes)

    async def adopt(self) -> tuple[list[QueuedEvent], list[Delivery]]:
        """Take over what belongs to processes that have ended; returns it, in order."""
        adopted: tuple[list[QueuedEvent], list[Delivery]] = await self._ask(run=self._adopt)
        return adopted

    def close(self) -> None:
        """Write what is waiting, and leave what is unfinished to others."""
        self._closing = True
        self._wake.set()
        self._thread.join()

    def _ask(
        self, *, changes: Changes | None = None, run: Callable[[], Any] | None = None
    ) -> "asyncio.Future[Any]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        if self._closing:
            future.set_exception(StoreError(f"The queue {self.path} is closed."))
            return future
        self._steps.append(_Step(future, loop, changes, run))
        self._wake.set()
        return future

    # The thread...

    def _run(self) -> None:
        while not self._closing or self._steps:
            self._wake.wait()
            self._wake.clear()
            writes: list[_Step] = []
            while self._steps:
                step = self._steps.popleft()
                if step.changes is not None:
                    writes.append(step)
                    continue
                self._write(writes)
                writes = []
                self._do([step], step.run)
            self._write(writes)
        self._database.close()
        self._ownership.close()

    def _write(self, steps: list[_Step]) -> None:
        """Write the changes of many in one transaction; if that fails, each in its own."""
        if not steps:
            return
        changes = [step.changes for step in steps if step.changes is not None]
        try:
            self._apply(changes)
        except Exception:
            for step, alone in zip(steps, changes, strict=True):
                self._do([step], partial(self._apply, [alone]))
        else:
            self._do(steps, None)

    def _do(self, steps: list[_Step], run: Callable[[], Any] | None) -> None:
        """Run something for some steps and tell those who await them."""
        result: Any = None
        error: Exception | None = None
        try:
            result = run() if run is not None else None
        except Exception as raised:
            error = raised
        try:
            steps[0].loop.call_soon_threadsafe(_resolve, steps, result, error)
        except RuntimeError:  # The loop is closed: nobody waits.
            _log.debug("Nobody heard that %d steps of the queue were done", len(steps))

    def _apply(self, many: list[Changes]) -> None:
        # All additions first and all removals last, each kind in as few statements as possible.
        owner = self._ownership.name
        events = [(*astuple(event), owner) for changes in many for event in changes.add]
        deliveries = [_row(each, owner) for changes in many for each in changes.deliver]
        removed = [request_id for changes in many for request_id in changes.remove]
        delivered = [delivery_id for changes in many for delivery_id in changes.delivered]
        database = self._database
        with database.transaction():
            database.insert("add_events", events)
            database.insert("add_deliveries", deliveries)
            for event in [event for changes in many for event in changes.reschedule]:
                database.run("reschedule_event", **_state(event))
            if removed:
                database.run("remove_events", ids=json.dumps(removed))
            if delivered:
                database.run("remove_deliveries", ids=json.dumps(delivered))

    def _adopt(self) -> tuple[list[QueuedEvent], list[Delivery]]:
        events: list[QueuedEvent] = []
        deliveries: list[Delivery] = []
        me = self._ownership.name
        for (owner,) in self._database.all("owners"):
            if not self._ownership.has_ended(owner):
                continue
            with self._database.transaction():
                # Within the transaction: of two who adopt at once, one finds nothing left.
                events += map(_event, self._database.all("events_of", owner=owner))
                deliveries += map(_delivery, self._database.all("deliveries_of", owner=owner))
                self._database.run("take_events", old=owner, new=me)
                self._database.run("take_deliveries", old=owner, new=me)
        for owner in self._ownership.ended():
            self._ownership.forget(owner)
        return sorted(events, key=lambda event: (event.due, event.received)), deliveries


def _resolve(steps: list[_Step], result: Any, error: Exception | None) -> None:
    for step in steps:
        if step.future.done():
            continue  # Whoever waited has gone away.
        if error is None:
            step.future.set_result(result)
        else:
            step.future.set_exception(error)


def _row(delivery: Delivery, owner: str) -> tuple[object, ...]:
    *columns, attributes = astuple(delivery)
    return (*columns, json.dumps(attributes), owner)


def _state(event: QueuedEvent) -> dict[str, object]:
    names = ("request_id", "due", "attempts", "setbacks", "answer", "executed_version")
    return {name: getattr(event, name) for name in names}


def _event(row: sqlite3.Row) -> QueuedEvent:
    return QueuedEvent(**dict(row))


def _delivery(row: sqlite3.Row) -> Delivery:
    columns = dict(row)
    return Delivery(**columns | {"attributes": json.loads(columns["attributes"])})
