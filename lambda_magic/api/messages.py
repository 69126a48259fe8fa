"""One HTTP request as the API's endpoints read it, and the way to send the response."""

import re
import uuid
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from starlette.types import Scope, Send

from lambda_magic.api.rest_json import Headers, Reply

#: "AWS4-HMAC-SHA256 Credential=AKID/20261120/us-east-1/lambda/aws4_request, ..."
_SCOPE = re.compile(r"AWS4-HMAC-SHA256\s+Credential=[^/,]*/[^/,]*/([^/,]*)/")


class Message:
    """A request without its body.

    Not Starlette's `Request`: this one is on the path of every invocation, and reads the headers
    once.
    """

    __slots__ = ("header_list", "headers", "method", "query_string", "raw_path")

    def __init__(self, scope: Scope) -> None:
        self.method: str = scope["method"]
        #: The path as it was sent, quoted.
        self.raw_path: bytes = scope.get("raw_path") or scope["path"].encode("utf-8")
        self.query_string: str = scope["query_string"].decode("latin-1")
        self.header_list: Sequence[tuple[str, str]] = [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
        ]
        #: By name, in lower case; of those that are there twice the last one.
        self.headers: Mapping[str, str] = dict(self.header_list)

    @property
    def query(self) -> Mapping[str, Sequence[str]]:
        """The parameters in the query, decoded."""
        if not self.query_string:
            return {}
        return parse_qs(self.query_string, keep_blank_values=True)

    @property
    def region_name(self) -> str | None:
        """The region in the scope of the signature, if there is one; not verified."""
        return named_region(self.headers.get("authorization", ""))


def named_region(authorization: str) -> str | None:
    """The region in the scope of a signature, if there is one; not verified."""
    scope = _SCOPE.match(authorization)
    return None if scope is None else scope[1]


def reply_headers(reply: Reply, request_id: str | None = None) -> Headers:
    """All headers of a whole response; every one has an id."""
    identifier = request_id or str(uuid.uuid4())
    headers = [*reply.headers, (b"x-amzn-requestid", identifier.encode("ascii"))]
    if reply.status != 204:
        headers.append((b"content-length", b"%d" % len(reply.body)))
    return headers


async def send_reply(send: Send, reply: Reply, request_id: str | None = None) -> None:
    """Send a whole response."""
    headers = reply_headers(reply, request_id)
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if reply.status == 204 else reply.body})
