"""Cross-origin resource sharing as function URLs do it: what `Cors` in their configuration adds.

https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors

AWS adds its headers to those of the function, whatever that says itself, and answers every
OPTIONS request on its own as soon as there is a configuration.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from lambda_magic.api.rest_json import Headers, Reply

Cors = Mapping[str, Any]

#: The headers that a page may always send (the "CORS-safelisted" ones).
_SAFE_HEADERS = frozenset({"accept", "accept-language", "content-language", "content-type"})


def preflight(cors: Cors, headers: Mapping[str, str]) -> Reply:
    """The answer to OPTIONS: always a success, which says what is allowed or says nothing."""
    common = (b"content-type", b"application/json")
    allowed = _origin(cors, headers)
    if not allowed or not _allows(cors, headers):
        return Reply(status=200, headers=[common], body=b"")
    found: Headers = [*allowed]
    _add(found, b"access-control-allow-headers", cors.get("AllowHeaders"))
    _add(found, b"access-control-allow-methods", cors.get("AllowMethods"))
    if max_age := cors.get("MaxAge"):
        found.append((b"access-control-max-age", str(max_age).encode()))
    return Reply(status=200, headers=[common, *found], body=b"")


def headers_for(cors: Cors, headers: Mapping[str, str]) -> Headers:
    """What is added to the response to any other request of a page."""
    found = _origin(cors, headers)
    if found:
        _add(found, b"access-control-expose-headers", cors.get("ExposeHeaders"))
    return found


def _origin(cors: Cors, headers: Mapping[str, str]) -> Headers:
    origin = headers.get("origin")
    origins: Sequence[str] = cors.get("AllowOrigins", ())
    if origin is None or not any(fnmatchcase(origin.lower(), one.lower()) for one in origins):
        return []
    with_credentials = cors.get("AllowCredentials", False)
    # A browser refuses "*" where there are credentials.
    shown = "*" if "*" in origins and not with_credentials else origin
    found: Headers = [(b"access-control-allow-origin", shown.encode("latin-1"))]
    if shown != "*":
        found.append((b"vary", b"Origin"))
    if with_credentials:
        found.append((b"access-control-allow-credentials", b"true"))
    return found


def _allows(cors: Cors, headers: Mapping[str, str]) -> bool:
    methods: Sequence[str] = cors.get("AllowMethods", ())
    if "*" not in methods and headers.get("access-control-request-method") not in methods:
        return False
    wanted = headers.get("access-control-request-headers", "").lower().split(",")
    allowed = {one.lower() for one in cors.get("AllowHeaders", ())} | _SAFE_HEADERS | {""}
    return "*" in allowed or allowed.issuperset(one.strip() for one in wanted)


def _add(found: Headers, name: bytes, values: Sequence[str] | None) -> None:
    if values:
        found.append((name, ",".join(values).encode("latin-1")))
