"""InvokeWithResponseStream over HTTP: the events of a response, encoded as they come.

https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
"""

import json
import uuid
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from starlette.types import Send

from lambda_magic.api import event_stream
from lambda_magic.core.errors import LambdaError


async def send_answer(send: Send, answer: Mapping[str, Any], request_id: str | None) -> None:
    """Send the service's answer; a client that goes away does not stop the function."""
    headers = [
        (b"x-amzn-requestid", (request_id or str(uuid.uuid4())).encode("ascii")),
        (b"content-type", b"application/vnd.amazon.eventstream"),
    ]
    if version := answer.get("ExecutedVersion"):
        headers.append((b"x-amz-executed-version", version.encode("ascii")))
    status = answer["StatusCode"]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if status != 204:
        async for message in _messages(answer["EventStream"]):
            await send({"type": "http.response.body", "body": message, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _messages(events: AsyncGenerator[dict[str, Any]]) -> AsyncGenerator[bytes]:
    async with aclosing(events):
        try:
            async for event in events:
                yield encode(event)
        except LambdaError as error:
            # The environment was lost after the status had been sent.
            yield event_stream.exception(error.code, json.dumps(error.body()).encode())


def encode(event: Mapping[str, Any]) -> bytes:
    """One event as a message."""
    if piece := event.get("PayloadChunk"):
        return event_stream.event("PayloadChunk", piece["Payload"], "application/octet-stream")
    return event_stream.event("InvokeComplete", json.dumps(event["InvokeComplete"]).encode())
