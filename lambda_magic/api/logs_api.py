"""CloudWatch Logs' read side: the operations that look at log groups, streams and events.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html
"""

import base64
import binascii
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lambda_magic.core.errors import InvalidParameterException, ResourceNotFoundException
from lambda_magic.monitoring.filter_patterns import compile_pattern
from lambda_magic.monitoring.logs import LogEvent
from lambda_magic.region import Region

#: The most events in one answer, and what an answer may weigh.
_MOST_EVENTS = 10_000
_MOST_BYTES = 1_048_576

_Request = Mapping[str, Any]


def describe_log_groups(region: Region, request: _Request) -> dict[str, Any]:
    """The log groups, by name."""
    prefix, pattern = request.get("logGroupNamePrefix"), request.get("logGroupNamePattern")
    if prefix and pattern:
        raise InvalidParameterException(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        )
    groups = [
        {
            **group,
            "metricFilterCount": 0,
            "arn": f"{group_arn(region, group['logGroupName'])}:*",
            "logGroupArn": group_arn(region, group["logGroupName"]),
            "logGroupClass": "STANDARD",
        }
        for group in region.logs.groups()
        if group["logGroupName"].startswith(prefix or "")
        and (pattern or "").lower() in group["logGroupName"].lower()
    ]
    return _page("logGroups", groups, request)


def describe_log_streams(region: Region, request: _Request) -> dict[str, Any]:
    """A group's log streams, by name or by their latest events."""
    group = group_name(region, request)
    prefix = request.get("logStreamNamePrefix")
    by_time = request.get("orderBy") == "LastEventTime"
    if prefix and by_time:
        raise InvalidParameterException("Cannot order by LastEventTime with a logStreamNamePrefix.")
    streams = [
        {
            **{name: value for name, value in stream.items() if value is not None},
            "arn": f"{group_arn(region, group)}:log-stream:{stream['logStreamName']}",
            "storedBytes": 0,
        }
        for stream in _streams(region, group)
        if stream["logStreamName"].startswith(prefix or "")
    ]
    streams.sort(
        key=lambda one: (one.get("lastEventTimestamp", 0) if by_time else 0, one["logStreamName"]),
        reverse=request.get("descending", False),
    )
    return _page("logStreams", streams, request)


def get_log_events(region: Region, request: _Request) -> dict[str, Any]:
    """The events of one log stream, from its end or its beginning, back and forth."""
    group, stream = group_name(region, request), request["logStreamName"]
    if stream not in {one["logStreamName"] for one in _streams(region, group)}:
        raise ResourceNotFoundException("The specified log stream does not exist.")
    start, end = request.get("startTime"), request.get("endTime")
    events = region.logs.events(
        group, streams=[stream], start_ms=start, end_ms=None if end is None else end - 1
    )
    limit = request.get("limit", _MOST_EVENTS)
    token = request.get("nextToken")
    if token:
        direction, at = token[:2], _position(events, token[2:])
    else:
        direction = "f/" if request.get("startFromHead") else "b/"
        at = 0 if direction == "f/" else len(events)
    first, last = (at, at + limit) if direction == "f/" else (max(0, at - limit), at)
    page = events[first:last]
    return {
        "events": [
            {
                "timestamp": event.timestamp,
                "message": event.message,
                "ingestionTime": event.ingestion_time,
            }
            for event in page
        ],
        "nextForwardToken": f"f/{_token(events, first + len(page))}",
        "nextBackwardToken": f"b/{_token(events, first)}",
    }


def filter_log_events(region: Region, request: _Request) -> dict[str, Any]:
    """The events of a group that match a pattern, oldest first."""
    group = group_name(region, request)
    names, prefix = request.get("logStreamNames"), request.get("logStreamNamePrefix")
    if names and prefix:
        raise InvalidParameterException(
            "logStreamNames and logStreamNamePrefix are mutually exclusive parameters."
        )
    streams = names
    if prefix or not names:
        there = [one["logStreamName"] for one in _streams(region, group)]
        streams = [name for name in there if name.startswith(prefix)] if prefix else None
    token = request.get("nextToken")
    start, skipped = _read_token(token) if token else (request.get("startTime"), 0)
    end = request.get("endTime")
    # One more than fits, so that it is known whether there are more.
    events = region.logs.events(
        group,
        streams=streams,
        start_ms=start,
        end_ms=None if end is None else end - 1,
        limit=_MOST_EVENTS + skipped + 1,
    )
    found, scanned = _matching(events, skipped, request)
    answer: dict[str, Any] = {"events": found, "searchedLogStreams": []}
    if scanned < len(events):
        answer["nextToken"] = _token(events, scanned, before=(start, skipped))
    return answer


def _matching(
    events: Sequence[LogEvent], skipped: int, request: _Request
) -> tuple[list[dict[str, Any]], int]:
    """As many matching events as fit in an answer, and how many had to be looked at."""
    matches = compile_pattern(request.get("filterPattern", ""))
    limit = request.get("limit", _MOST_EVENTS)
    found: list[dict[str, Any]] = []
    weight = 0
    for number, (event, event_id) in enumerate(zip(events, event_ids(events), strict=True)):
        if number - skipped >= _MOST_EVENTS or len(found) >= limit or weight > _MOST_BYTES:
            return found, number
        if number >= skipped and matches(event.message):
            weight += len(event.message)
            found.append(
                {
                    "logStreamName": event.log_stream,
                    "timestamp": event.timestamp,
                    "message": event.message,
                    "ingestionTime": event.ingestion_time,
                    "eventId": event_id,
                }
            )
    return found, len(events)


def event_ids(events: Iterable[LogEvent]) -> Iterable[str]:
    """An id for each event, the same whenever it is read; clients that poll tell them by it.

    `events` are all of their streams from some millisecond on.
    """
    seen: Counter[tuple[str, int, str]] = Counter()
    for event in events:
        same = (event.log_stream, event.timestamp, event.message)
        seen[same] += 1
        digest = hashlib.sha256(f"{same}{seen[same]}".encode()).digest()
        # Digits only, and in the order of time, as AWS's are.
        yield f"{event.timestamp:014d}{int.from_bytes(digest[:16], 'big'):039d}"


def group_name(region: Region, request: _Request) -> str:
    """The log group that a request is about, by its name or its ARN; it need not exist."""
    name, identifier = request.get("logGroupName"), request.get("logGroupIdentifier")
    if bool(name) == bool(identifier):
        raise InvalidParameterException(
            "Exactly one of logGroupName and logGroupIdentifier must be specified."
        )
    return str(name) if name else name_of(region, str(identifier))


def name_of(region: Region, identifier: str) -> str:
    """The name in a log group's identifier: the name itself, or an ARN."""
    if not identifier.startswith("arn:"):
        return identifier
    name = identifier.removesuffix(":*").removeprefix(group_arn(region, ""))
    if name.startswith("arn:"):
        raise ResourceNotFoundException("The specified log group does not exist.")
    return name


def group_arn(region: Region, group: str) -> str:
    """The ARN of a log group."""
    settings = region.settings
    return f"arn:aws:logs:{settings.region_name}:{settings.account_id}:log-group:{group}"


def _streams(region: Region, group: str) -> list[dict[str, Any]]:
    streams = region.logs.streams(group)
    if not streams:  # here as on AWS a function's group comes with its first stream
        raise ResourceNotFoundException("The specified log group does not exist.")
    return streams


def _page(member: str, items: list[dict[str, Any]], request: _Request) -> dict[str, Any]:
    first = _read_token(request["nextToken"])[1] if request.get("nextToken") else 0
    last = first + request.get("limit", 50)
    answer: dict[str, Any] = {member: items[first:last]}
    if last < len(items):
        answer["nextToken"] = _encoded(0, last)
    return answer


def _token(
    events: Sequence[LogEvent], index: int, before: tuple[int | None, int] = (None, 0)
) -> str:
    """Where an answer ended: after so many events of that millisecond.

    Events only ever are added and, the oldest ones, removed, so no index would do.
    """
    if index == 0:
        return _encoded(before[0] or 0, before[1])
    time = events[index - 1].timestamp
    same = sum(event.timestamp == time for event in events[max(0, index - _MOST_EVENTS) : index])
    return _encoded(time, same)


def _position(events: Sequence[LogEvent], token: str) -> int:
    """The index that a token stands for."""
    time, count = _read_token(token)
    before = sum(event.timestamp < time for event in events)
    same = sum(event.timestamp == time for event in events)
    return before + min(count, same)


def _encoded(time: int, count: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([time, count]).encode()).decode("ascii")


def _read_token(token: str) -> tuple[int, int]:
    try:
        time, count = json.loads(base64.urlsafe_b64decode(token))
        if isinstance(time, int) and isinstance(count, int) and min(time, count) >= 0:
            return time, count
    except (binascii.Error, ValueError, TypeError):
        pass
    raise InvalidParameterException("The specified nextToken is invalid.")


OPERATIONS = {
    "DescribeLogGroups": describe_log_groups,
    "DescribeLogStreams": describe_log_streams,
    "GetLogEvents": get_log_events,
    "FilterLogEvents": filter_log_events,
}
