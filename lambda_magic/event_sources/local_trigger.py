"""Triggers that need no AWS: a schedule, a folder, a route over HTTP; and how they are kept."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from lambda_magic.event_sources.schedule import parse_schedule

#: What may happen to the files of a folder, as in S3's ObjectCreated and ObjectRemoved.
CREATED, REMOVED = "created", "removed"

_METHODS = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_PAYLOADS = ("1.0", "2.0")
_PLACE = re.compile(r"\{(\w+)(\+)?\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleSource:
    """A schedule: `rate(5 minutes)`, `cron(0 12 * * ? *)`, `at(2030-01-01T00:00:00)`.

    Raises `ScheduleError`, a `ValueError`, for what is none.
    """

    expression: str

    def __post_init__(self) -> None:
        parse_schedule(self.expression)

    def __str__(self) -> str:
        return f"schedule:{self.expression}"

    @property
    def about(self) -> str:
        """Its options, in words."""
        return ""


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderSource:
    """The files in a folder and below it, as if they were the objects of a bucket.

    Raises `ValueError` where the events are none.
    """

    #: Absolute.
    directory: str
    #: What keys, paths from the folder on with slashes, begin and end with.
    prefix: str = ""
    suffix: str = ""
    #: `CREATED`, `REMOVED` or both.
    events: tuple[str, ...] = (CREATED, REMOVED)

    def __post_init__(self) -> None:
        if unknown := set(self.events) - {CREATED, REMOVED}:
            raise ValueError(f"{min(unknown)} is no event of a folder: created, removed")

    def __str__(self) -> str:
        return f"files:{self.directory}"

    @property
    def about(self) -> str:
        """Its options, in words."""
        filters = {"prefix": self.prefix, "suffix": self.suffix}
        return ", ".join([*self.events, *(f"{name} {one}" for name, one in filters.items() if one)])

    @property
    def bucket(self) -> str:
        """The name of the bucket that it stands for."""
        return Path(self.directory).name or "root"

    def wants(self, key: str, event: str) -> bool:
        """Whether it is about an event."""
        is_named = key.startswith(self.prefix) and key.endswith(self.suffix)
        return is_named and event in self.events


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteSource:
    """A route over HTTP, as of API Gateway: `/orders/{id}`, `/files/{path+}`.

    Raises `ValueError` for what can be none.
    """

    #: With a slash at its beginning.
    path: str
    #: "ANY" takes all.
    method: str = "ANY"
    #: The payload format version of its events: 1.0 as a REST API's, 2.0 as an HTTP API's.
    payload: str = "2.0"

    def __post_init__(self) -> None:
        if self.method not in _METHODS:
            raise ValueError(f"{self.method} is no method: {', '.join(_METHODS)}")
        if self.payload not in _PAYLOADS:
            raise ValueError(f"There is no payload format {self.payload}: {', '.join(_PAYLOADS)}")
        parts = self.path.split("/")
        places = [_PLACE.fullmatch(part) for part in parts]
        odd = [p for p, place in zip(parts, places, strict=True) if "{" in p and place is None]
        greedy = [bool(place and place[2]) for place in places]
        if parts[0] or odd or any(greedy[:-1]) or re.search(r"[?#\s]", self.path):
            raise ValueError(
                f"{self.path} is no path: write /orders, /orders/{{id}} or, with + in the last "
                "place alone, /files/{path+}"
            )

    def __str__(self) -> str:
        return f"http:{self.path}"

    @property
    def about(self) -> str:
        """Its options, in words."""
        return f"{self.method}, payload {self.payload}"

    @property
    def key(self) -> str:
        """The route as API Gateway names it: "GET /orders/{id}"."""
        return f"{self.method} {self.path}"

    @property
    def shape(self) -> tuple[str, str]:
        """What no two routes may share: the method, and the path whatever its places are called."""
        return self.method, _PLACE.sub(lambda place: f"{{{place[2] or ''}}}", self.path)

    @property
    def rank(self) -> tuple[tuple[int, ...], bool]:
        """Of several routes that match, the one with the lowest rank is meant.

        Words come before places, places before what takes the rest; any method comes last.
        """
        places = (_PLACE.fullmatch(part) for part in self.path.split("/"))
        return tuple(0 if one is None else 2 if one[2] else 1 for one in places), (
            self.method == "ANY"
        )

    def match(self, method: str, parts: list[str]) -> Mapping[str, str] | None:
        """The values of the path's places, if a request's method and path belong to it.

        `parts` are those of the path, decoded: `["", "orders", "7"]`.
        """
        if self.method not in (method, "ANY"):
            return None
        own = self.path.split("/")
        places = [_PLACE.fullmatch(one) for one in own]
        if places[-1] is not None and places[-1][2]:
            if len(parts) < len(own):
                return None
            parts = [*parts[: len(own) - 1], "/".join(parts[len(own) - 1 :])]
        if len(parts) != len(own):
            return None
        found = {}
        for word, place, part in zip(own, places, parts, strict=True):
            if place is not None and part:
                found[place[1]] = part
            elif word != part:
                return None
        return found


Source = ScheduleSource | FolderSource | RouteSource

_KINDS: Mapping[str, type[Source]] = {
    "schedule": ScheduleSource,
    "files": FolderSource,
    "http": RouteSource,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalTrigger:
    """What invokes a function, or a version or an alias of it."""

    #: A UUID.
    id: str
    function_name: str
    qualifier: str | None
    source: Source
    is_enabled: bool = True

    @classmethod
    def read(cls, id: str, document: Mapping[str, Any]) -> Self:
        """From what is kept in the catalog. Raises `ValueError` where that is no trigger."""
        members = dict(document["Source"])
        if "events" in members:
            members["events"] = tuple(members["events"])
        try:
            source = _KINDS[document["Kind"]](**members)
        except (KeyError, TypeError):
            raise ValueError(f"A trigger {document['Kind']}: is not known") from None
        return cls(
            id=id,
            function_name=document["FunctionName"],
            qualifier=document["Qualifier"],
            source=source,
            is_enabled=document["Enabled"],
        )

    @property
    def document(self) -> dict[str, Any]:
        """What is kept in the catalog."""
        (kind,) = (name for name, one in _KINDS.items() if isinstance(self.source, one))
        return {
            "FunctionName": self.function_name,
            "Qualifier": self.qualifier,
            "Kind": kind,
            "Source": asdict(self.source),
            "Enabled": self.is_enabled,
        }

    @property
    def function(self) -> str:
        """The function as one types it: "hello:LIVE"."""
        return ":".join(filter(None, (self.function_name, self.qualifier)))

    @property
    def name(self) -> str:
        """A name for it in ARNs: that of the rule which its schedule would be."""
        return f"{self.function_name}-{self.id[:8]}"
