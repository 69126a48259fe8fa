"""The express lane: plain invocations, begun and answered without a task or an application.

Most requests to an endpoint are invocations that ask for nothing special. Half of what they would
take goes into finding that out step by step. So the protocol asks here first: an `Order` says all
there is to such a request; whatever is not plain (or wrong, or not for this API) has none, and
goes the ordinary way. Both ways give the same answers.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lambda_magic.api import rest_json, url_places
from lambda_magic.api.lambda_api import internal_error
from lambda_magic.api.messages import named_region
from lambda_magic.api.regions import Regions
from lambda_magic.api.rest_json import Reply
from lambda_magic.core.errors import LambdaError
from lambda_magic.core.loopback import is_local_host
from lambda_magic.invocation.invoker import check_json
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.region import Region

#: Longer bodies have to be read with care for who else waits.
BODY_LIMIT = 65_536

_PATH = re.compile(r"/2015-03-31/functions/([A-Za-z0-9_-]{1,64})/invocations")
_QUERY = re.compile(rb"(?:Qualifier=(\$LATEST|[A-Za-z0-9_-]{1,128}))?")
#: Headers that change nothing, or are looked at here.
_PLAIN = frozenset(
    (
        b"accept",
        b"accept-encoding",
        b"amz-sdk-invocation-id",
        b"amz-sdk-request",
        b"authorization",
        b"connection",
        b"content-length",
        b"content-type",
        b"host",
        b"user-agent",
        b"x-amz-date",
        b"x-amz-security-token",
        b"x-amzn-trace-id",
    )
)

#: Sends the response and its request's id, or None to have one made up.
Answer = Callable[[Reply, str | None], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """One invocation, as its request's head tells."""

    region: Region
    function_name: str
    qualifier: str | None
    trace_id: str | None


class Express:
    """Takes orders for the regions of an endpoint that lets everybody in."""

    def __init__(self, regions: Regions) -> None:
        self._regions = regions

    def order(self, scope: Mapping[str, Any]) -> Order | None:
        """What a request asks for, or None if it is to go the ordinary way."""
        found = _PATH.fullmatch(scope["path"]) if scope["method"] == "POST" else None
        query = _QUERY.fullmatch(scope["query_string"])
        headers = dict(scope["headers"])
        if found is None or query is None or not headers.keys() <= _PLAIN:
            return None
        if len(headers) < len(scope["headers"]) or not _is_short(headers.get(b"content-length")):
            return None
        if not _is_api(headers.get(b"host", b"")):
            return None
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        region = self._regions.named(named_region(authorization) if authorization else None)
        if region is None or region.invoker.is_tenanted(found[1]):
            return None
        trace_id = headers.get(b"x-amzn-trace-id")
        return Order(
            region=region,
            function_name=found[1],
            qualifier=None if query[1] is None else query[1].decode("ascii"),
            trace_id=None if trace_id is None else trace_id.decode("latin-1"),
        )


def run(order: Order, body: bytes, answer: Answer) -> None:
    """Begin the invocation; `answer` is called once, with its result or its error."""

    def deliver(outcome: InvocationResult | LambdaError) -> None:
        if isinstance(outcome, LambdaError):
            answer(rest_json.error_reply(outcome), None)
        else:
            answer(_reply(outcome), outcome.request_id)

    try:
        check_json(body)
        order.region.invoker.begin(
            order.function_name, order.qualifier, body, deliver, trace_id=order.trace_id
        )
    except LambdaError as error:
        answer(rest_json.error_reply(error), None)
    except Exception:
        answer(internal_error(), None)


def _reply(result: InvocationResult) -> Reply:
    headers = [(b"X-Amz-Executed-Version", result.executed_version.encode("ascii"))]
    if result.function_error is not None:
        headers.insert(0, (b"X-Amz-Function-Error", result.function_error.encode("ascii")))
    payload = result.payload_bytes
    if payload:
        headers.append((b"content-type", b"application/json"))
    return Reply(status=result.status_code, headers=headers, body=payload)


@lru_cache(maxsize=256)
def _is_api(host: bytes) -> bool:
    """Whether this host is the API's on loopback: not a page's own, nor a function URL's."""
    return is_local_host(host) and not url_places.is_url_host(host)


def _is_short(content_length: bytes | None) -> bool:
    return (
        content_length is not None and len(content_length) < 6 and int(content_length) <= BODY_LIMIT
    )
