"""What a streamed response says besides its body: its type, and how it ended.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

import base64
import binascii
import contextlib
from dataclasses import dataclass

from lambda_magic.runtime_api.http import Request

_ERROR_TYPE = b"lambda-runtime-function-error-type"
_ERROR_BODY = b"lambda-runtime-function-error-body"


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamError:
    """Why a handler did not finish a response that it had begun."""

    error_type: str
    #: What the runtime says of it; mostly an error document.
    body: bytes


def content_type(request: Request) -> str:
    """What the response is."""
    return request.headers.get(b"content-type", b"application/octet-stream").decode("latin-1")


def error(request: Request) -> StreamError | None:
    """What the trailers tell; they have come after the body and are among the headers."""
    error_type = request.headers.get(_ERROR_TYPE)
    if error_type is None:
        return None
    body = request.headers.get(_ERROR_BODY, b"")
    with contextlib.suppress(binascii.Error):  # AWS passes on whatever it is.
        body = base64.b64decode(body, validate=True)
    return StreamError(error_type=error_type.decode("latin-1"), body=body)
