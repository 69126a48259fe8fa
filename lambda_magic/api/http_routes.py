"""Routes over HTTP, as API Gateway would have them before its functions.

http://localhost:9001/lambda-route/orders/7

Everybody may call them, as routes without an authorizer.
"""

import asyncio
import json
import time
from collections.abc import Mapping

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from lambda_magic.api import bodies, proxy_events
from lambda_magic.api.lambda_api import internal_error
from lambda_magic.api.messages import Message, send_reply
from lambda_magic.api.proxy_events import RouteRequest
from lambda_magic.api.regions import Regions
from lambda_magic.api.rest_json import Reply
from lambda_magic.api.url_events import UrlRequest
from lambda_magic.core import trace
from lambda_magic.core.errors import LambdaError, RequestTooLargeException
from lambda_magic.event_sources.local_trigger import LocalTrigger
from lambda_magic.invocation.invoker import new_request_id
from lambda_magic.region import Region

#: What their paths begin with; those of Lambda's API begin with a date.
PREFIX = f"/{proxy_events.STAGE}/"

#: Seconds for which API Gateway waits for a function, by payload format.
PATIENCE: Mapping[str, float] = {"1.0": 29.0, "2.0": 30.0}


def is_route(scope: Scope) -> bool:
    """Whether a request is for a route."""
    path: str = scope["path"]
    return path.startswith(PREFIX) or path == PREFIX[:-1]


class HttpRoutes:
    """An ASGI endpoint for the routes of all regions that are open."""

    def __init__(self, regions: Regions) -> None:
        self._regions = regions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        message, request_id = Message(scope), new_request_id()
        try:
            reply = await self._answer(scope, message, receive, request_id)
        except ClientDisconnect:
            return
        except RequestTooLargeException:
            reply = proxy_events.TOO_LARGE
        except Exception:
            reply = internal_error()
        await send_reply(send, reply, request_id)

    async def _answer(
        self, scope: Scope, message: Message, receive: Receive, request_id: str
    ) -> Reply:
        path = message.raw_path.decode("latin-1").removeprefix(PREFIX[:-1]) or "/"
        for region in self._regions.opened():
            if (found := region.local_sources.find_route(message.method, path)) is not None:
                break
        else:
            return proxy_events.NOT_FOUND
        trigger, source, parameters = found
        body = await bodies.read(receive, message.headers, "Invoke")
        route = RouteRequest(
            request=_request(scope, message, path, body, trigger, request_id),
            payload=source.payload,
            route_method=source.method,
            route_path=source.path,
            parameters=parameters,
            account_id=region.settings.account_id,
        )
        return await _invoke(region, trigger, route)


async def _invoke(region: Region, trigger: LocalTrigger, route: RouteRequest) -> Reply:
    """Whoever waits may give up; the function goes on nonetheless."""
    try:
        async with asyncio.timeout(PATIENCE[route.payload]):
            result = await region.invoker.invoke(
                trigger.function_name,
                trigger.qualifier,
                json.dumps(proxy_events.event(route)).encode(),
                trace_id=route.request.trace_id,
            )
    except TimeoutError:
        return proxy_events.timed_out(route.payload)
    except LambdaError:  # throttled, gone, ...: API Gateway tells its callers nothing of it
        return proxy_events.failure(route.payload)
    if result.function_error is not None:
        return proxy_events.failure(route.payload)
    return proxy_events.reply(result.payload_bytes, route.payload)


def _request(
    scope: Scope, message: Message, path: str, body: bytes, trigger: LocalTrigger, request_id: str
) -> UrlRequest:
    client, server = scope["client"], scope["server"]
    moment = time.time()
    return UrlRequest(
        method=message.method,
        path=path,
        query_string=message.query_string,
        headers=message.header_list,
        body=body,
        url_id=trigger.id.replace("-", "")[:10],
        domain_name=message.headers.get("host", "localhost"),
        source_ip=client[0] if client else "127.0.0.1",
        port=server[1] if server else 80,
        request_id=request_id,
        trace_id=trace.accepted_header(message.headers.get("x-amzn-trace-id"))
        or trace.new_header(moment),
        time=moment,
    )
