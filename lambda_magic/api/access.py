"""Who may ask: hosts and pages from elsewhere are refused, and off loopback strangers, too."""

from datetime import UTC, datetime

from starlette.types import ASGIApp, Receive, Scope, Send

from lambda_magic.api import signature as sigv4
from lambda_magic.api import url_places
from lambda_magic.api.messages import Message, send_reply
from lambda_magic.api.rest_json import error_reply
from lambda_magic.api.signature import AccessKey, Signature, SignedRequest
from lambda_magic.core.errors import (
    AccessDeniedException,
    LambdaError,
    MissingAuthenticationTokenException,
)
from lambda_magic.core.loopback import is_local_host, is_local_origin


class Authentication:
    """Decides about callers of the API.

    Without a key anybody may call, with any credentials or none: for loopback only, where whoever
    can call can also read the files. With a key every request must be signed with it.
    """

    def __init__(self, key: AccessKey | None) -> None:
        self._key = key

    def identify(self, message: Message) -> Signature | None:
        """Who says to have sent a request, if that matters; called before its body is read.

        Raises an error where that person may not.
        """
        if self._key is None:
            return None
        found = sigv4.parse(message.headers.get("authorization"))
        sigv4.check_caller(found, message.headers, self._key, datetime.now(UTC))
        return found

    def verify(self, signature: Signature | None, message: Message, body: bytes) -> None:
        """Refuse a request that has not been sent by whom it says."""
        if self._key is None:
            return
        if signature is None:
            raise MissingAuthenticationTokenException
        request = SignedRequest(
            method=message.method,
            path=message.raw_path.decode("latin-1"),
            query=message.query_string,
            headers=message.header_list,
        )
        sigv4.verify(signature, request, body, self._key)


class LoopbackOnly:
    """Middleware for a server on loopback: refuses what a page from elsewhere makes a browser send.

    `core.loopback` says what that looks like.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, or hand the request on."""
        if scope["type"] == "http" and (error := _foreign(scope)) is not None:
            await send_reply(send, error_reply(error))
        else:
            await self._app(scope, receive, send)


def _foreign(scope: Scope) -> LambdaError | None:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1 or not is_local_host(hosts[0]):
        shown = b", ".join(hosts)[:200].decode("latin-1")
        return AccessDeniedException(
            f"The Host header '{shown}' is not a name of this machine's loopback interface."
        )
    for name, value in scope["headers"]:
        # Function URLs have their own rules about origins: CORS.
        if name == b"origin" and not is_local_origin(value) and not url_places.is_url(scope):
            shown = value[:200].decode("latin-1")
            return AccessDeniedException(f"Pages of '{shown}' may not call this API.")
    return None
