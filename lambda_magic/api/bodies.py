"""Reading the body of a request, and no more of it than the API takes.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from collections.abc import Mapping

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from lambda_magic.core.errors import (
    LambdaError,
    RequestEntityTooLargeException,
    RequestTooLargeException,
)
from lambda_magic.invocation.invoker import PAYLOAD_LIMIT

#: Operations that take a deployment package: 50 MB, in base64 inside of JSON.
_PACKAGE_LIMIT = 70_167_211
_WITH_PACKAGE = frozenset({"CreateFunction", "UpdateFunctionCode", "PublishLayerVersion"})

#: Whose body is an event and nothing else.
_INVOCATIONS = frozenset({"Invoke", "InvokeAsync", "InvokeWithResponseStream"})


def limit(operation: str) -> int:
    """How many bytes the body of an operation's request may have."""
    return _PACKAGE_LIMIT if operation in _WITH_PACKAGE else PAYLOAD_LIMIT


def too_large(operation: str) -> LambdaError:
    """What AWS answers to a body over the limit."""
    if operation in _INVOCATIONS:
        return RequestTooLargeException(
            f"Request must be smaller than {limit(operation)} bytes for the InvokeFunction "
            "operation"
        )
    return RequestEntityTooLargeException(
        f"Request must be smaller than {limit(operation)} bytes for the {operation} operation"
    )


async def read(receive: Receive, headers: Mapping[str, str], operation: str) -> bytes:
    """The body of a request.

    Raises `RequestTooLargeException` or `RequestEntityTooLargeException` as soon as it is too long,
    which Content-Length may say before anything is read, and `ClientDisconnect` where nobody is
    there any more. (The connection does not wait forever for the rest of a body.)
    """
    most = limit(operation)
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise too_large(operation)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise too_large(operation)
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)
