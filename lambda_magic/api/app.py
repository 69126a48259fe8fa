"""The application: everything that one port serves, in the order in which it is tried."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from lambda_magic.api.access import Authentication, LoopbackOnly
from lambda_magic.api.lambda_api import LambdaApi
from lambda_magic.api.regions import Regions
from lambda_magic.api.signature import AccessKey


def routes(regions: Regions, key: AccessKey | None) -> Sequence[BaseRoute]:
    """What is served; the first route that matches answers, so Lambda's API, which is everywhere
    else, comes last.
    """
    authentication = Authentication(key)
    return [
        Route("/{path:path}", LambdaApi(regions, authentication), include_in_schema=False),
    ]


def make_app(regions: Regions, key: AccessKey | None) -> Starlette:
    """The application; without a key it is for loopback only."""
    return Starlette(
        routes=routes(regions, key),
        middleware=[] if key else [Middleware(LoopbackOnly)],
    )
