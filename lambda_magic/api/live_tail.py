"""StartLiveTail: log events as they are written, until the client goes away.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
"""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

from lambda_magic.api import event_stream
from lambda_magic.api.logs_api import event_ids, group_arn, name_of
from lambda_magic.core.errors import InvalidParameterException, ResourceNotFoundException
from lambda_magic.monitoring.filter_patterns import Matches, compile_pattern
from lambda_magic.region import Region

#: Seconds between updates; there is one even if nothing happened.
INTERVAL = 1.0

#: "A session can last up to 3 hours."
_LONGEST = 3 * 3600.0

#: "A maximum of 500 log events is displayed per second"; more are sampled.
_MOST_EVENTS = 500


async def start_live_tail(
    region: Region, request: Mapping[str, Any], stopping: asyncio.Event
) -> AsyncIterator[bytes]:
    """The messages of a session: its start, then an update each second."""
    tail = await asyncio.to_thread(_Tail, region, request)
    yield event_stream.event("initial-response", b"{}")
    yield _event("sessionStart", tail.start())
    until = time.monotonic() + _LONGEST
    while not stopping.is_set():
        if time.monotonic() > until:
            message = json.dumps({"message": "Your live tail session has timed out."})
            yield event_stream.exception("SessionTimeoutException", message.encode())
            return
        try:
            await asyncio.wait_for(stopping.wait(), INTERVAL)
        except TimeoutError:
            yield _event("sessionUpdate", await asyncio.to_thread(tail.update))


class _Tail:
    """What one session has shown already, and what there is now."""

    def __init__(self, region: Region, request: Mapping[str, Any]) -> None:
        self._region = region
        self._request = request
        self._groups = [name_of(region, one) for one in request["logGroupIdentifiers"]]
        self._names = request.get("logStreamNames")
        self._prefixes = tuple(request.get("logStreamNamePrefixes", ()))
        if (self._names or self._prefixes) and len(self._groups) > 1:
            raise InvalidParameterException(
                "logStreamNames and logStreamNamePrefixes need exactly one log group."
            )
        self._matches: Matches = compile_pattern(request.get("logEventFilterPattern", ""))
        existing = {group["logGroupName"] for group in region.logs.groups()}
        if not existing.issuperset(self._groups):
            raise ResourceNotFoundException("The specified log group does not exist.")
        # Everything from now on; of this millisecond it is known what was there.
        self._since = dict.fromkeys(self._groups, int(time.time() * 1000))
        self._seen: set[str] = set()
        for group in self._groups:
            self._new_events(group)

    def start(self) -> dict[str, Any]:
        """What the session is about."""
        return {
            "requestId": str(uuid.uuid4()),
            "sessionId": str(uuid.uuid4()),
            "logGroupIdentifiers": [group_arn(self._region, group) for group in self._groups],
            "logStreamNames": self._names or [],
            "logStreamNamePrefixes": list(self._prefixes),
            "logEventFilterPattern": self._request.get("logEventFilterPattern", ""),
        }

    def update(self) -> dict[str, Any]:
        """What has been written since the last one."""
        results = [event for group in self._groups for event in self._new_events(group)]
        results.sort(key=lambda event: event["timestamp"])
        return {
            "sessionMetadata": {"sampled": len(results) > _MOST_EVENTS},
            "sessionResults": results[:_MOST_EVENTS],
        }

    def _new_events(self, group: str) -> list[dict[str, Any]]:
        # A record may carry an earlier time than one that was written before it.
        since = self._since[group] - 1000
        events = self._region.logs.events(group, start_ms=since)
        fresh = []
        ids = set()
        for event, event_id in zip(events, event_ids(events), strict=True):
            ids.add(f"{group} {event_id}")
            if f"{group} {event_id}" in self._seen or not self._is_wanted(event.log_stream):
                continue
            if self._matches(event.message):
                fresh.append(
                    {
                        "logStreamName": event.log_stream,
                        "logGroupIdentifier": group_arn(self._region, group),
                        "message": event.message,
                        "timestamp": event.timestamp,
                        "ingestionTime": event.ingestion_time,
                    }
                )
        if events:
            self._since[group] = max(self._since[group], events[-1].timestamp)
        others = {seen for seen in self._seen if not seen.startswith(f"{group} ")}
        self._seen = others | ids
        return fresh

    def _is_wanted(self, stream: str) -> bool:
        if self._names:
            return stream in self._names
        return not self._prefixes or stream.startswith(self._prefixes)


def _event(event_type: str, content: Mapping[str, Any]) -> bytes:
    return event_stream.event(event_type, json.dumps(content).encode("utf-8"))


STREAMS = {"StartLiveTail": start_live_tail}
