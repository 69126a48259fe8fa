"""The application: everything that one port serves, in the order in which it is tried."""

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from lambda_magic.api import http_routes, live_tail, logs_api, metrics_api, url_places
from lambda_magic.api.access import Authentication, LoopbackOnly
from lambda_magic.api.function_urls import FunctionUrls
from lambda_magic.api.http_routes import HttpRoutes
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
        AppRoute(logs, logs.is_meant),
        AppRoute(metrics, metrics.is_meant),
        AppRoute(FunctionUrls(regions, key), url_places.is_url),
        AppRoute(HttpRoutes(regions), http_routes.is_route),
        AppRoute(LambdaApi(regions, authentication)),
    ]


class AppRoute(BaseRoute):
    """The way to an ASGI application that answers whatever satisfies a condition.

    Services of AWS are not told apart by paths alone; and where all is for one, no pattern has to
    be matched.
    """

    def __init__(self, app: ASGIApp, condition: Callable[[Scope], bool] | None = None) -> None:
        self._app = app
        self._condition = condition

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request goes this way."""
        is_meant = scope["type"] == "http" and (self._condition is None or self._condition(scope))
        return (Match.FULL if is_meant else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the application answer."""
        await self._app(scope, receive, send)


def make_app(regions: Regions, key: AccessKey | None) -> Starlette:
    """The application; without a key it is for loopback only."""
    return Starlette(
        routes=routes(regions, key),
        middleware=[] if key else [Middleware(LoopbackOnly)],
    )
