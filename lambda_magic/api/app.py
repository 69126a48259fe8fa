"""The application: everything that one port serves, in the order in which it is tried."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from lambda_magic.api import live_tail, logs_api, metrics_api
from lambda_magic.api.access import Authentication, LoopbackOnly
from lambda_magic.api.lambda_api import LambdaApi
from lambda_magic.api.regions import Regions
from lambda_magic.api.rpc import RpcApi
from lambda_magic.api.signature import AccessKey


def routes(regions: Regions, key: AccessKey | None) -> Sequence[BaseRoute]:
    """What is served; the first route that matches answers, so Lambda's API, which is everywhere
    else, comes last.
    """
    authentication = Authentication(key)
    logs = RpcApi("logs", logs_api.OPERATIONS, regions, authentication, streams=live_tail.STREAMS)
    metrics = RpcApi("cloudwatch", metrics_api.OPERATIONS, regions, authentication)
    return [
        RpcRoute(logs),
        RpcRoute(metrics),
        Route("/{path:path}", LambdaApi(regions, authentication), include_in_schema=False),
    ]


class RpcRoute(BaseRoute):
    """The way to a service whose requests tell by a header what they are for."""

    def __init__(self, api: RpcApi) -> None:
        self._api = api

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for the service."""
        is_meant = scope["type"] == "http" and self._api.is_meant(scope)
        return (Match.FULL if is_meant else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the service answer."""
        await self._api(scope, receive, send)


def make_app(regions: Regions, key: AccessKey | None) -> Starlette:
    """The application; without a key it is for loopback only."""
    return Starlette(
        routes=routes(regions, key),
        middleware=[] if key else [Middleware(LoopbackOnly)],
    )
