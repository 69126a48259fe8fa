"""Where function URLs are: hosts of their own, and paths for clients that cannot resolve those.

http://<url id>.lambda-url.<region>.localhost:9001/path
http://localhost:9001/lambda-url/<url id>/path
"""

import re
from dataclasses import dataclass

from starlette.types import Scope

#: What the path of a URL without a host of its own begins with.
PREFIX = "/lambda-url/"

_HOST = re.compile(rb"([a-z0-9-]{1,63})\.lambda-url\.([a-z0-9-]{1,63})\..+", re.IGNORECASE)
_PATH = re.compile(rb"/lambda-url/([a-z0-9-]{1,63})(/.*)?", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """What a request's host and path say."""

    url_id: str
    #: None where the path alone leads there.
    region_name: str | None
    #: What is left of the path for the function, quoted.
    path: str


def is_url(scope: Scope) -> bool:
    """Whether a request is for a function URL and not for the API."""
    return scope["path"].startswith(PREFIX) or is_url_host(_host(scope))


def is_url_host(host: bytes) -> bool:
    """Whether a Host header is a function URL's."""
    return b".lambda-url." in host.lower()


def place(scope: Scope) -> Place | None:
    """Which URL a request is for; None if that can be none."""
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    if found := _HOST.fullmatch(_host(scope)):
        return Place(
            url_id=found[1].decode().lower(),
            region_name=found[2].decode().lower(),
            path=raw_path.decode("latin-1"),
        )
    if found := _PATH.fullmatch(raw_path):
        return Place(
            url_id=found[1].decode(),
            region_name=None,
            path=(found[2] or b"/").decode("latin-1"),
        )
    return None


def _host(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"host":
            host: bytes = value
            return host
    return b""
