"""Schedules of EventBridge and of EventBridge Scheduler, which a stand-in only keeps.

https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
"""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambda_magic.core.clock import Clock, VirtualClock
from lambda_magic.event_sources.calls import Calls
from lambda_magic.event_sources.push import PushSources
from lambda_magic.event_sources.push_events import scheduled_event, target_input
from lambda_magic.event_sources.schedule import Schedule, ScheduleError, parse_schedule
from lambda_magic.event_sources.timetable import Timetable
from lambda_magic.event_sources.waiting import pause

#: Seconds between looks for changes; and where the service is not there.
_LOOK_INTERVAL, _PATIENCE = 2.0, 60.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A schedule, and what follows when it is due at a time."""

    schedule: Schedule
    fire: Callable[[float], Coroutine[Any, Any, None]]


class RuleSchedules:
    """Invokes the functions that rules and schedules have for targets; on the loop thread."""

    def __init__(
        self, calls: Calls, push: PushSources, clock: VirtualClock, machine: Clock
    ) -> None:
        self._calls = calls
        self._push = push
        self._machine = machine
        self._timetable = Timetable(clock, machine, self._due)
        self._entries: dict[str, _Entry] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<RuleSchedules {self._timetable!r}>"

    def __len__(self) -> int:
        return len(self._entries)

    def start(self) -> None:
        """Follow what is scheduled from now on."""
        for find in (self._find_rules, self._find_schedules):
            self._spawn(self._watch(find))

    async def close(self) -> None:
        """Follow nothing any more."""
        self._timetable.follow({})
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _watch(self, find: Callable[[], Coroutine[Any, Any, dict[str, _Entry]]]) -> None:
        mine: set[str] = set()
        while True:
            try:
                found = await find()
            except (BotoCoreError, ClientError):
                # There is no such service; or a rule was deleted while it was looked at, say, which
                # is no reason to forget the others.
                await pause(self._machine, _LOOK_INTERVAL if mine else _PATIENCE)
                continue
            for name in mine:
                self._entries.pop(name, None)
            mine = set(found)
            self._entries |= found
            self._timetable.follow({name: one.schedule for name, one in self._entries.items()})
            await pause(self._machine, _LOOK_INTERVAL)

    async def _find_rules(self) -> dict[str, _Entry]:
        entries = {}
        for rule in await self._all("events", "list_rules", "Rules"):
            expression = rule.get("ScheduleExpression")
            if not expression or rule.get("State") == "DISABLED":
                continue
            found = await self._calls("events", "list_targets_by_rule", Rule=rule["Name"])
            targets = [one for one in found["Targets"] if ":lambda:" in one["Arn"]]
            schedule = _parsed(expression)
            if targets and schedule is not None:
                entries[rule["Arn"]] = _Entry(schedule, self._rule(rule["Arn"], targets))
        return entries

    async def _all(self, service: str, operation: str, member: str) -> list[Mapping[str, Any]]:
        """What an operation lists, of all its pages."""
        found: list[Mapping[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            answer = await self._calls(service, operation, **token)
            found += answer[member]
            if not answer.get("NextToken"):
                return found
            token = {"NextToken": answer["NextToken"]}

    def _rule(
        self, arn: str, targets: Sequence[Mapping[str, Any]]
    ) -> Callable[[float], Coroutine[Any, Any, None]]:
        async def fire(time: float) -> None:
            event = scheduled_event(arn, time)
            for target in targets:
                await self._push.push(
                    target["Arn"],
                    target_input(target, event, arn),
                    service="events.amazonaws.com",
                    source_arn=arn,
                )

        return fire

    async def _find_schedules(self) -> dict[str, _Entry]:
        entries = {}
        for one in await self._all("scheduler", "list_schedules", "Schedules"):
            if ":lambda:" not in one["Target"]["Arn"] or one.get("State") == "DISABLED":
                continue
            found = await self._calls(
                "scheduler", "get_schedule", Name=one["Name"], GroupName=one["GroupName"]
            )
            zone = found.get("ScheduleExpressionTimezone") or "UTC"
            schedule = _parsed(found["ScheduleExpression"], zone)
            if schedule is not None:
                entries[found["Arn"]] = _Entry(schedule, self._schedule(found))
        return entries

    def _schedule(self, found: Mapping[str, Any]) -> Callable[[float], Coroutine[Any, Any, None]]:
        arn, target = found["Arn"], found["Target"]

        async def fire(time: float) -> None:
            event = scheduled_event(arn, time) | {"source": "aws.scheduler", "detail": "{}"}
            payload = target.get("Input") or json.dumps(event)
            # It assumes a role of the user's, so no policy of the function's is asked.
            await self._push.invoke(target["Arn"], payload.encode(), source_arn=arn)

        return fire

    def _due(self, name: str, time: float) -> None:
        if (entry := self._entries.get(name)) is not None:
            self._spawn(entry.fire(time))

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("A schedule could not be followed: %s", error)


def _parsed(expression: str, zone: str = "UTC") -> Schedule | None:
    """The schedule, or None for what a stand-in has let in and AWS would not."""
    try:
        return parse_schedule(expression, zone)
    except ScheduleError as error:
        _log.warning("A schedule is not followed: %s", error)
        return None
