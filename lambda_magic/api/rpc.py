"""Services whose operations are all POSTs to one place: AWS's JSON protocols, by the model.

https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html

boto3 speaks version 1.1 with CloudWatch Logs, and 1.0 with CloudWatch.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from lambda_magic.api import bodies
from lambda_magic.api.access import Authentication
from lambda_magic.api.lambda_api import internal_error
from lambda_magic.api.messages import Message, send_reply
from lambda_magic.api.regions import Regions
from lambda_magic.api.rest_json import Reply
from lambda_magic.api.values import parse_json, structure_from_json, to_json
from lambda_magic.core import model
from lambda_magic.core.errors import (
    LambdaError,
    UnknownOperationException,
    ValidationException,
)
from lambda_magic.region import Region

#: An operation: reads what it needs in a thread, since the journal is not for the loop.
Operation = Callable[[Region, Mapping[str, Any]], dict[str, Any]]

#: An operation that answers with an event stream: its messages, encoded.
StreamOperation = Callable[[Region, Mapping[str, Any], asyncio.Event], AsyncIterator[bytes]]


@cache
def load_model(service: str) -> ServiceModel:
    """botocore's model of a service."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


class RpcApi:
    """An ASGI endpoint for some operations of a service."""

    def __init__(
        self,
        service: str,
        operations: Mapping[str, Operation],
        regions: Regions,
        authentication: Authentication,
        *,
        streams: Mapping[str, StreamOperation] | None = None,
    ) -> None:
        #: What the service is called in requests: "Logs_20140328".
        self.target: str = load_model(service).metadata["targetPrefix"]
        self._model = load_model(service)
        version = self._model.metadata["jsonVersion"]
        self._content_type = (b"content-type", f"application/x-amz-json-{version}".encode())
        #: The service's errors, with the shorter names that they may have besides.
        self._errors: Mapping[str, str | None] = {
            shape.name: shape.metadata.get("error", {}).get("code")
            for shape in self._model.error_shapes
        }
        self._operations = operations
        self._streams = streams or {}
        self._regions = regions
        self._authentication = authentication

    def is_meant(self, scope: Scope) -> bool:
        """Whether a request is for this service."""
        if scope["method"] != "POST" or scope["path"] != "/":
            return False
        target: bytes = dict(scope["headers"]).get(b"x-amz-target", b"")
        return target.startswith(self.target.encode() + b".")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        message = Message(scope)
        name = message.headers["x-amz-target"].rpartition(".")[2]
        try:
            operation = self._operation(name)
            region, request = await self._read(message, receive, operation)
            if stream := self._streams.get(name):
                chunks = stream(region, request, self._regions.stopping)
                response = StreamingResponse(
                    await _started(chunks), media_type="application/vnd.amazon.eventstream"
                )
                await response(scope, receive, send)
                return
            answer = await asyncio.to_thread(self._operations[name], region, request)
            reply = self._reply(operation, answer)
        except LambdaError as error:
            reply = self._error(error)
        except ClientDisconnect:
            return
        except Exception:
            reply = internal_error()
        await send_reply(send, reply)

    def _operation(self, name: str) -> OperationModel:
        if name not in self._operations and name not in self._streams:
            raise UnknownOperationException(
                f"{self._model.service_id} {name} is not supported by lambda_magic."
            )
        return self._model.operation_model(name)

    async def _read(
        self, message: Message, receive: Receive, operation: OperationModel
    ) -> tuple[Region, dict[str, Any]]:
        signature = self._authentication.identify(message)
        body = await bodies.read(receive, message.headers, operation.name)
        self._authentication.verify(signature, message, body)
        region = await self._regions.get(message.region_name)
        shape = operation.input_shape
        if shape is None:
            return region, {}
        request = structure_from_json(shape, parse_json(body))
        model.validate_shape(shape, request)
        return region, request

    def _reply(self, operation: OperationModel, answer: Mapping[str, Any]) -> Reply:
        shape = operation.output_shape
        content = {} if shape is None else to_json(shape, answer)
        return Reply(status=200, headers=[self._content_type], body=_dumped(content))

    def _error(self, error: LambdaError) -> Reply:
        code = error.code
        if isinstance(error, ValidationException) and "InvalidParameterException" in self._errors:
            code = "InvalidParameterException"
        # In these protocols every mistake of the caller is a 400.
        status = 400 if error.status < 500 and error.status != 403 else error.status
        headers = [self._content_type, (b"x-amzn-errortype", code.encode("ascii"))]
        if query_code := self._errors.get(code):
            # A service that once spoke the "query" protocol, where errors had shorter names.
            headers.append((b"x-amzn-query-error", f"{query_code};Sender".encode("ascii")))
        body = _dumped({"__type": code, "message": error.message})
        return Reply(status=status, headers=headers, body=body)


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


async def _started(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same chunks, the first one already made: until then there can still be an error."""
    first = await anext(chunks)

    async def all_of_them() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return all_of_them()
