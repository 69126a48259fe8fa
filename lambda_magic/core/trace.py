"""The trace header, X-Amzn-Trace-Id: which chain of requests an invocation belongs to.

https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader

    Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:a87bd80c:0

A function finds it in `_X_AMZN_TRACE_ID`, and AWS's SDKs send it along with every request that
the function makes. Its `Lineage` says which resources the chain has passed, each as
VERSION:HASH:COUNT, where COUNT is how often it had passed the resource before; so a function
that calls itself, directly or through others, can be told.
"""

import random
import re
import zlib
from contextvars import ContextVar
from functools import lru_cache
from urllib.parse import unquote

#: The header of the request that is being answered, where it came over HTTP.
caller_trace_id: ContextVar[str | None] = ContextVar("caller_trace_id", default=None)

_HEADER = re.compile(r"[A-Za-z0-9=;:.+|_-]{1,1024}")
_LINEAGE = re.compile(r"(?:^|;)Lineage=([^;]*)")
_ENTRY = re.compile(r"(?:\d+:)?(?P<resource>[0-9a-f]{8}):(?P<count>\d{1,5})")

#: More resources than this a lineage does not name; the first ones are forgotten.
_RESOURCES = 16


def new_header(time: float) -> str:
    """The header of a chain that begins at `time`; it is not sampled."""
    return (
        f"Root=1-{int(time):08x}-{random.getrandbits(96):024x};"
        f"Parent={random.getrandbits(64):016x};Sampled=0"
    )


def accepted_header(given: str | None) -> str | None:
    """A header as a client sent it, or None if it is none. botocore quotes it as in a URL."""
    if given is None:
        return None
    header = unquote(given)
    return header if _HEADER.fullmatch(header) else None


@lru_cache(maxsize=1024)
def resource_hash(arn: str) -> str:
    """The eight digits that stand for a function in a lineage, whatever its ARN's qualifier."""
    unqualified = ":".join(arn.split(":")[:7])
    return f"{zlib.crc32(unqualified.encode()):08x}"


def passing(header: str, resource: str) -> tuple[str, int]:
    """The header for what `resource` (a hash) does next, and how often it was passed before."""
    # Looked for as text first: most chains begin here, and this is on the hot path.
    found = _LINEAGE.search(header) if "Lineage=" in header else None
    if found is None:
        return f"{header};Lineage=1:{resource}:0", 0
    counts = {entry["resource"]: int(entry["count"]) for entry in _ENTRY.finditer(found[1])}
    passed = counts.pop(resource, -1) + 1
    entries = [*counts.items(), (resource, passed)][-_RESOURCES:]
    lineage = "|".join(f"1:{name}:{count}" for name, count in entries)
    start, end = found.span(1)
    return f"{header[:start]}{lineage}{header[end:]}", passed
