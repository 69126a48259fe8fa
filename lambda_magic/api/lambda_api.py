"""Lambda's REST API: find the operation, read the request, ask the service, write the answer."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from lambda_magic.api import bodies, response_stream, rest_json, routing
from lambda_magic.api.access import Authentication
from lambda_magic.api.messages import Message, send_reply
from lambda_magic.api.regions import Regions
from lambda_magic.api.rest_json import Reply
from lambda_magic.core import trace
from lambda_magic.core.errors import LambdaError, ServiceException
from lambda_magic.region import Region

_log = logging.getLogger(__name__)

#: What a request is told that was still running when the endpoint had to stop.
STOPPING = "The endpoint has stopped."

#: Longer bodies than this are parsed beside the loop, so that they hold nobody up.
_LONG_BODY = 262_144


class LambdaApi:
    """An ASGI endpoint for every operation of the Lambda API.

    >>> Route("/{path:path}", LambdaApi(regions, Authentication(None)))
    """

    def __init__(self, regions: Regions, authentication: Authentication) -> None:
        self._regions = regions
        self._authentication = authentication

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request_id = None
        try:
            operation, answer = await self._answer(Message(scope), receive)
            request_id = answer.get("ResponseMetadata", {}).get("RequestId")
            if "EventStream" in answer:
                await response_stream.send_answer(send, answer, request_id)
                return
            reply = rest_json.reply(operation, answer)
        except LambdaError as error:
            reply = rest_json.error_reply(error)
        except ClientDisconnect:
            return
        except asyncio.CancelledError:
            await send_reply(send, rest_json.error_reply(ServiceException(STOPPING)))
            raise
        except Exception:
            reply = internal_error()
        await send_reply(send, reply, request_id)

    async def _answer(self, message: Message, receive: Receive) -> tuple[Any, Mapping[str, Any]]:
        region, match, request = await self.read(message, receive)
        return match.operation, await region.service.call(match.operation.name, request)

    async def read(
        self, message: Message, receive: Receive
    ) -> tuple[Region, routing.Match, dict[str, Any]]:
        """The region that a request is for, its operation and its members, once it is let in.

        Raises the error that is the answer. Endpoints of single operations read with this, too.
        """
        # A function's own requests belong to its chain. (Each request has a context of its own.)
        trace.caller_trace_id.set(message.headers.get("x-amzn-trace-id"))
        signature = self._authentication.identify(message)
        query = message.query
        match = routing.match(message.method, message.raw_path, query)
        body = await bodies.read(receive, message.headers, match.operation.name)
        self._authentication.verify(signature, message, body)
        region = await self._regions.get(message.region_name)
        if len(body) < _LONG_BODY:
            request = rest_json.parse(match, query, message.headers, body)
        else:
            request = await asyncio.to_thread(rest_json.parse, match, query, message.headers, body)
        return region, match, request


def internal_error() -> Reply:
    """The answer where something of ours went wrong; what it was goes to the log."""
    _log.exception("A request failed")
    return rest_json.error_reply(ServiceException())
