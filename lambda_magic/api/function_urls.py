"""Function URLs over HTTP: who may call, the function's event, and the response it makes.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from lambda_magic.api import bodies, cors, url_events, url_places
from lambda_magic.api.lambda_api import internal_error
from lambda_magic.api.messages import Message, send_reply
from lambda_magic.api.protocol import CUT_OFF
from lambda_magic.api.regions import Regions
from lambda_magic.api.rest_json import Headers, Reply, error_reply
from lambda_magic.api.signature import AccessKey
from lambda_magic.api.url_callers import UrlCallers, described
from lambda_magic.api.url_metrics import UrlMetrics
from lambda_magic.api.url_places import Place
from lambda_magic.core import trace
from lambda_magic.core.errors import LambdaError
from lambda_magic.environments.response_stream import ResponseStream
from lambda_magic.invocation.invoker import new_request_id
from lambda_magic.region import Region

#: What AWS answers at a URL that nobody has.
_NO_URL = Reply(
    status=403,
    headers=[
        (b"x-amzn-errortype", b"AccessDeniedException"),
        (b"content-type", b"application/json"),
    ],
    body=b'{"Message":null}',
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Url:
    """A function URL, and where its function is."""

    region: Region
    place: Place
    function_name: str
    alias: str | None
    #: The members of CreateFunctionUrlConfig.
    configuration: Mapping[str, Any]

    @property
    def domain_name(self) -> str:
        region_name = self.region.settings.region_name
        return f"{self.place.url_id}.lambda-url.{region_name}.localhost"


class FunctionUrls:
    """An ASGI endpoint for all function URLs."""

    def __init__(self, regions: Regions, key: AccessKey | None) -> None:
        self._regions = regions
        self._callers = UrlCallers(regions, key)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        message, request_id = Message(scope), new_request_id()
        url = await self._find(scope)
        if url is None:
            await send_reply(send, _NO_URL, request_id)
            return
        counted = UrlMetrics(url.region, url.function_name, url.alias, send)
        try:
            await self._answer(url, message, _Exchange(scope, receive, counted.send, request_id))
        finally:
            counted.publish()

    async def _answer(self, url: _Url, message: Message, exchange: "_Exchange") -> None:
        sharing = url.configuration.get("Cors")
        if sharing and message.method == "OPTIONS":
            await exchange.send(cors.preflight(sharing, message.headers))
            return
        exchange.add(cors.headers_for(sharing, message.headers) if sharing else [])
        try:
            request = await self._read(url, message, exchange)
            await exchange.answer(url, request)
        except LambdaError as error:
            await exchange.send(error_reply(error))
        except ClientDisconnect:
            return
        except Exception:
            await exchange.send(internal_error())

    async def _find(self, scope: Scope) -> _Url | None:
        place = url_places.place(scope)
        if place is None:
            return None
        regions = self._regions.opened()
        if place.region_name is not None:
            try:
                regions = [await self._regions.get(place.region_name)]
            except LambdaError:
                return None
        for region in regions:
            if found := region.catalog.find_url(place.url_id):
                configuration = region.catalog.function_url(*found)
                assert configuration is not None
                return _Url(
                    region=region,
                    place=place,
                    function_name=found[0],
                    alias=found[1],
                    configuration=configuration,
                )
        return None

    async def _read(
        self, url: _Url, message: Message, exchange: "_Exchange"
    ) -> url_events.UrlRequest:
        """The request, from whoever may send it. Raises the error that is the answer."""
        region = url.region
        policy = region.catalog.policy(url.function_name, url.alias)
        signature = self._callers.admit(region, url.configuration["AuthType"], policy, message)
        body = await bodies.read(exchange.receive, message.headers, "Invoke")
        if signature is not None:
            self._callers.verify(signature, message, body)
        moment = time.time()
        client, server = exchange.scope["client"], exchange.scope["server"]
        request = url_events.UrlRequest(
            method=message.method,
            path=url.place.path,
            query_string=message.query_string,
            headers=message.header_list,
            body=body,
            url_id=url.place.url_id,
            domain_name=url.domain_name,
            source_ip=client[0] if client else "127.0.0.1",
            port=server[1] if server else 80,
            request_id=exchange.request_id,
            trace_id=trace.accepted_header(message.headers.get("x-amzn-trace-id"))
            or trace.new_header(moment),
            time=moment,
        )
        if signature is None:
            return request
        account_id = region.settings.account_id
        caller = described(signature, account_id)
        return replace(request, account_id=account_id, caller=caller)


class _Exchange:
    """One request and the response to it."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        self.scope = scope
        self.receive = receive
        self.request_id = request_id
        self._send = send
        self._added: Headers = []
        self._has_begun = False

    def add(self, headers: Headers) -> None:
        """Have every response bear these headers, too."""
        self._added += headers

    async def send(self, reply: Reply) -> None:
        """Answer with a whole response; or break off the one that has begun."""
        if self._has_begun:
            await self._cut_off()
            return
        self._has_begun = True
        whole = replace(reply, headers=[*reply.headers, *self._added])
        await send_reply(self._send, whole, self.request_id)

    async def answer(self, url: _Url, request: url_events.UrlRequest) -> None:
        """Invoke the function, and answer with what it says."""
        self._added.append((b"x-amzn-trace-id", request.trace_id.lower().encode("ascii")))
        event = json.dumps(url_events.event(request)).encode()
        invoker = url.region.invoker
        names: dict[str, str] = {"trace_id": request.trace_id, "request_id": request.request_id}
        if url.configuration.get("InvokeMode") == "RESPONSE_STREAM":
            stream = invoker.stream(url.function_name, url.alias, event, **names)
            try:
                await self._answer_from(stream)
            finally:
                stream.abandon()
            return
        result = await invoker.invoke(url.function_name, url.alias, event, **names)
        failed = result.function_error is not None
        await self.send(
            url_events.BAD_GATEWAY if failed else url_events.reply(result.payload_bytes)
        )

    async def _answer_from(self, stream: ResponseStream) -> None:
        await stream.begun()
        start, found = b"", None
        async for piece in stream:
            start += piece
            if found := url_events.streamed_head(stream.content_type or "", start):
                break
        else:
            if stream.result.function_error is None:
                found = url_events.streamed_head(stream.content_type or "", start)
        head, rest = found or (None, b"")
        if head is None:
            await self.send(url_events.BAD_GATEWAY)
            return
        await self._begin(head)
        await self._go_on(rest)
        async for piece in stream:
            await self._go_on(piece)
        if stream.result.function_error is not None:
            # The status has been sent: all that is left to say is that this was not all.
            await self._cut_off()
            return
        await self._send({"type": "http.response.body", "body": b""})

    async def _begin(self, head: Reply) -> None:
        self._has_begun = True
        identity = (b"x-amzn-requestid", self.request_id.encode("ascii"))
        headers = [*head.headers, *self._added, identity]
        await self._send({"type": "http.response.start", "status": head.status, "headers": headers})

    async def _go_on(self, piece: bytes) -> None:
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def _cut_off(self) -> None:
        if close := self.scope.get("extensions", {}).get(CUT_OFF):
            close()
            while (await self.receive())["type"] != "http.disconnect":
                pass
