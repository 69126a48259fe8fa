"""Triggers that need no AWS, as `%trigger` makes and lists them: schedule:, files: and http:."""

import argparse
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from IPython.core.error import UsageError

from lambda_magic.api.http_routes import PREFIX
from lambda_magic.core.arns import FunctionReference
from lambda_magic.core.errors import ValidationException
from lambda_magic.event_sources.local_trigger import (
    CREATED,
    REMOVED,
    FolderSource,
    LocalTrigger,
    RouteSource,
    ScheduleSource,
    Source,
)
from lambda_magic.event_sources.schedule import ScheduleError, parse_schedule
from lambda_magic.region import Region
from lambda_magic.widgets import graph

KINDS = frozenset({"schedule", "files", "http"})
#: The options that make a source another one.
_OWN_OPTIONS = ("prefix", "suffix", "events", "method", "payload")


def is_local(source: str) -> bool:
    """Whether a source, as one types it, needs no AWS."""
    return source.partition(":")[0] in KINDS


def change(region: Region, reference: FunctionReference, arguments: argparse.Namespace) -> None:
    """Make, change or delete a trigger of a function.

    Raises `UsageError` for what can be none, and `ResourceConflictException` for a route that
    somebody else has.
    """
    kind, _, name = arguments.source.partition(":")
    given = [option for option in _OWN_OPTIONS if vars(arguments)[option]]
    source = _read(kind, name, arguments)
    function = ":".join(filter(None, (reference.name, reference.qualifier)))
    found = [
        one
        for one in region.call(_triggers(region))
        if one.function == function and _is_meant(one.source, source, "method" in given)
    ]
    if arguments.delete:
        if not found:
            raise UsageError(f"{source} is no trigger of {function}")
        for one in found:
            region.call(region.local_sources.delete(one.id))
    elif found and not given and (arguments.enable or arguments.disable):
        for one in found:
            _put(region, replace(one, is_enabled=arguments.enable))
    else:
        same = [one for one in found if _is_meant(one.source, source, True)]
        made = LocalTrigger(
            id=same[0].id if same else str(uuid.uuid4()),
            function_name=reference.name,
            qualifier=reference.qualifier,
            source=source,
            is_enabled=not arguments.disable,
        )
        _put(region, made)


def rows(region: Region, reference: FunctionReference | None) -> Iterator[dict[str, Any]]:
    """The local triggers of a function (of a qualifier, if it has one), or of all."""
    return iter(region.call(_rows(region, reference)))


def for_diagram(region: Region) -> list[graph.Trigger]:
    """All local triggers, to be drawn."""
    return [
        graph.Trigger(
            function=one.function_name,
            qualifier=one.qualifier,
            key=one.id,
            label=_label(one.source),
            note="" if one.is_enabled else "Disabled",
        )
        for one in region.call(_triggers(region))
    ]


def _read(kind: str, name: str, arguments: argparse.Namespace) -> Source:
    try:
        if kind == "schedule":
            return ScheduleSource(expression=name)
        if kind == "files":
            return _folder(name, arguments)
        return RouteSource(
            path=name,
            method=(arguments.method or "ANY").upper(),
            payload=arguments.payload or "2.0",
        )
    except ScheduleError as error:
        raise ValidationException(str(error)) from None
    except ValueError as error:
        raise UsageError(str(error)) from None


def _folder(name: str, arguments: argparse.Namespace) -> FolderSource:
    if not name:
        raise UsageError("files: which folder? Such as files:inbox")
    events = [event for text in arguments.events or () for event in text.split(",")]
    return FolderSource(
        directory=str(Path(name).expanduser().resolve()),
        prefix=arguments.prefix or "",
        suffix=arguments.suffix or "",
        events=tuple(dict.fromkeys(events)) or (CREATED, REMOVED),
    )


def _is_meant(one: Source, source: Source, with_method: bool) -> bool:
    """Whether a source there is is the one that was typed; a path may have several methods."""
    if isinstance(one, RouteSource) and isinstance(source, RouteSource) and with_method:
        return one.shape == source.shape
    return str(one) == str(source)


def _put(region: Region, trigger: LocalTrigger) -> None:
    try:
        region.call(_put_if_due(region, trigger))
    except OSError as error:
        raise UsageError(str(error)) from None


# On the loop thread...


async def _put_if_due(region: Region, trigger: LocalTrigger) -> None:
    if isinstance(trigger.source, ScheduleSource):
        schedule = parse_schedule(trigger.source.expression)
        if schedule.next(region.clock.time()) is None:
            raise UsageError(f"{trigger.source} is never due again: that is over")
    await region.local_sources.put(trigger)


async def _triggers(region: Region) -> list[LocalTrigger]:
    return region.local_sources.triggers()


async def _rows(region: Region, reference: FunctionReference | None) -> list[dict[str, Any]]:
    return [
        {
            "Function": one.function,
            "Source": str(one.source),
            "State": "Enabled" if one.is_enabled else "Disabled",
            "About": _about(region, one),
            "Last result": region.local_sources.result(one.id),
            "UUID": one.id,
        }
        for one in region.local_sources.triggers()
        if reference is None
        or (one.function_name == reference.name and reference.qualifier in (None, one.qualifier))
    ]


# ...and in words.


def _about(region: Region, trigger: LocalTrigger) -> str:
    source = trigger.source
    if isinstance(source, ScheduleSource):
        due = region.local_sources.next(trigger.id)
        return "" if due is None else f"next {datetime.fromtimestamp(due, UTC):%Y-%m-%d %H:%M:%S}"
    if isinstance(source, RouteSource):
        if region.endpoint is None:
            return f"{source.about}: %endpoint start serves it"
        return f"{source.about}: {region.endpoint.url}{PREFIX}{source.path.removeprefix('/')}"
    return source.about


def _label(source: Source) -> str:
    match source:
        case ScheduleSource():
            return f"schedule {source.expression}"
        case FolderSource():
            return f"files {source.bucket}"
        case RouteSource():
            return f"http {source.key}"
