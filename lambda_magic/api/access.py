"""Who may ask: hosts and pages from elsewhere are refused, and off loopback strangers, too."""

import ipaddress
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from lambda_magic.api import signature as sigv4
from lambda_magic.api.messages import Message, send_reply
from lambda_magic.api.rest_json import error_reply
from lambda_magic.api.signature import AccessKey, Signature, SignedRequest
from lambda_magic.core.errors import (
    AccessDeniedException,
    LambdaError,
    MissingAuthenticationTokenException,
)


class Authentication:
    """Decides about callers of the API.

    Without a key anybody may call, with any credentials or none: for loopback only, where whoever
    can call can also read the files. With a key every request must be signed with it.
    """

    def __init__(self, key: AccessKey | None) -> None:
        self._key = key

    def identify(self, message: Message, now: datetime) -> Signature | None:
        """Who says to have sent a request; called before its body is read.

        Raises an error where that person may not.
        """
        authorization = message.headers.get("authorization")
        if self._key is None:
            if not authorization or not authorization.startswith("AWS4-"):
                return None
            return sigv4.parse(authorization)
        found = sigv4.parse(authorization)
        sigv4.check_caller(found, message.headers, self._key, now)
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

    A page's own name may resolve to 127.0.0.1 (DNS rebinding): then `Host` has that name. And a
    page may just send a form to localhost: then `Origin` has its name.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, or hand the request on."""
        if scope["type"] == "http" and (error := _foreign(scope)) is not None:
            await send_reply(send, error_reply(error))
        else:
            await self._app(scope, receive, send)


def is_loopback(host: str) -> bool:
    """Whether a host's name or address always means this machine (RFC 6761: "localhost")."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _foreign(scope: Scope) -> LambdaError | None:
    headers: Mapping[bytes, bytes] = dict(scope["headers"])
    host = headers.get(b"host", b"").decode("latin-1")
    if sum(name == b"host" for name, _ in scope["headers"]) != 1 or not _is_local(f"//{host}"):
        return AccessDeniedException(
            f"The Host header '{host[:200]}' is not a name of this machine's loopback interface."
        )
    origin = headers.get(b"origin", b"").decode("latin-1")
    if origin and not _is_local(origin) and not _may_be_public(host):
        return AccessDeniedException(f"Pages of '{origin[:200]}' may not call this API.")
    return None


def _is_local(url: str) -> bool:
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


def _may_be_public(host: str) -> bool:
    """Function URLs have their own rules about origins: CORS."""
    return ".lambda-url." in host
