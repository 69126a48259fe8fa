"""Segments of a timeline as the bytes that the monitor's script reads (`static/records.mjs`)."""

import math
import struct
from collections.abc import Iterable
from typing import Any

from lambda_magic.monitoring.events import PollerState
from lambda_magic.monitoring.source_table import source_rows
from lambda_magic.monitoring.timeline import Lane, Segment

#: number, lane, start, end, duration_ms, init_duration_ms, billed_duration_ms, cost_usd,
#: max_memory_used_mb, name (an alias's), error (a type's or a reason's), phase, status, flags,
#: the request id. Little-endian, as all browsers' machines are; times are seconds since the epoch.
RECORD = struct.Struct("<IIddffIfHHHBBB7x16s")

#: In the place of a lane, or of a name, that there is not.
NO_LANE = 0xFFFF_FFFF
NO_NAME = 0xFFFF

CONCURRENT, COLD, SUPPRESSED, SPILLOVER = 1, 2, 4, 8

_STATUSES = {"running": 0, "success": 1, "failure": 2, "error": 3, "timeout": 4}


class Names:
    """Short numbers for the aliases, error types and throttled functions in records."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._new: list[str] = []

    def number(self, name: str | None) -> int:
        """The number that stands for a name."""
        if not name:
            return NO_NAME
        number = self._numbers.get(name)
        if number is None:
            if len(self._numbers) == NO_NAME:
                return NO_NAME
            number = self._numbers[name] = len(self._numbers)
            self._new.append(name)
        return number

    def take_new(self) -> list[str]:
        """The names that were given a number since this was last asked, in order."""
        new, self._new = self._new, []
        return new

    def forget_taken(self) -> None:
        """Have `take_new` return all names once more: somebody begins anew."""
        self._new = list(self._numbers)


def pack(segments: Iterable[Segment], names: Names) -> bytes:
    """The records of some segments, one after the other."""
    return b"".join([_record(segment, names) for segment in segments])


def _record(segment: Segment, names: Names) -> bytes:
    init_duration_ms = segment.init_duration_ms
    flags = (
        (CONCURRENT if segment.concurrent else 0)
        | (COLD if init_duration_ms is not None else 0)
        | (SUPPRESSED if segment.suppressed else 0)
        | (SPILLOVER if segment.spillover else 0)
    )
    name = segment.alias
    if segment.function_name:  # a throttle says by itself what was throttled
        name = f"{segment.function_name}:{segment.alias or segment.version}"
    return RECORD.pack(
        segment.number,
        NO_LANE if segment.lane is None else segment.lane.number,
        segment.start,
        math.nan if segment.end is None else segment.end,
        segment.duration_ms,
        init_duration_ms or 0.0,
        segment.billed_duration_ms,
        segment.cost_usd,
        min(segment.max_memory_used_mb, 0xFFFF),
        names.number(name),
        names.number(segment.error_type),
        segment.phase,
        _STATUSES.get(segment.status, 0),
        flags,
        _request_id(segment.request_id),
    )


def _request_id(text: str) -> bytes:
    try:
        return bytes.fromhex(text.replace("-", ""))
    except ValueError:
        return b""  # Not a UUID: the picture goes without.


def lane(lane: Lane) -> dict[str, Any]:
    """A lane as JSON."""
    origin = lane.origin
    return {
        "number": lane.number,
        "id": origin.environment_id,
        "function": origin.function_name,
        "version": origin.function_version,
        "initialization": origin.initialization_type,
        "memory": origin.memory_size_mb,
        "born": lane.born,
        "gone": lane.gone,
    }


def sources(states: Iterable[PollerState]) -> list[dict[str, Any]]:
    """The event source mappings as JSON: the cells of their table."""
    return [{"cells": list(row), "alarm": row.is_alarm} for row in source_rows(states)]
