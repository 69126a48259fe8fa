"""A function URL's requests as events, and results as responses: payload format version 2.0.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads

Functions of values; `function_urls` serves them.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from lambda_magic.api.rest_json import Headers, Reply

#: The content type of a streamed response that begins with its head.
HTTP_INTEGRATION = "application/vnd.awslambda.http-integration-response"
#: What ends that head, and how much of a response is searched for it.
END_OF_HEAD = bytes(8)
HEAD_LIMIT = 16_384

_JSON = (b"content-type", b"application/json")

#: What a body is text in. AWS takes everything else, forms included, for binary.
_TEXT = re.compile(r"text/.*|application/(json|javascript|xml|.*\+json|.*\+xml)")

#: Headers that say how a message travels, which is not for functions to say.
_OF_THE_CONNECTION = frozenset(
    {
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "proxy-authenticate",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: What AWS answers where the function fails, or returns what is no response.
BAD_GATEWAY = Reply(status=502, headers=[_JSON], body=b"Internal Server Error")


@dataclass(frozen=True, kw_only=True, slots=True)
class UrlRequest:
    """A request to a function URL."""

    method: str
    #: As it was sent, quoted, without what leads to the URL itself.
    path: str
    query_string: str
    #: In their order, names in lower case.
    headers: Sequence[tuple[str, str]]
    body: bytes
    url_id: str
    domain_name: str
    source_ip: str
    port: int
    request_id: str
    #: `X-Amzn-Trace-Id`.
    trace_id: str
    #: In seconds since the epoch.
    time: float
    #: The account of the caller, and who that is; None where nobody asks.
    account_id: str | None = None
    caller: Mapping[str, Any] | None = None


def event(request: UrlRequest) -> dict[str, Any]:
    """The function's event."""
    headers = _joined(forwarded_headers(request))
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query_string,
    }
    if "cookie" in headers:
        made["cookies"] = [one.strip() for one in headers["cookie"].split(";") if one.strip()]
    made["headers"] = headers
    if parameters := _joined(parse_qsl(request.query_string, keep_blank_values=True)):
        made["queryStringParameters"] = parameters
    made["requestContext"] = _context(request, headers)
    if request.body:
        made["body"], made["isBase64Encoded"] = _body(request.body, headers.get("content-type", ""))
    else:
        made["isBase64Encoded"] = False
    return made


def reply(payload: bytes) -> Reply:
    """The response that a function's result stands for.

    A JSON object with a `statusCode` says it; anything else is the body of a success.
    """
    try:
        result = json.loads(payload)
    except (ValueError, RecursionError):
        return BAD_GATEWAY
    if isinstance(result, str):
        return Reply(status=200, headers=[_JSON], body=result.encode(errors="replace"))
    if not isinstance(result, dict) or "statusCode" not in result:
        return Reply(status=200, headers=[_JSON], body=payload)
    return whole(result, head(result))


def whole(result: Mapping[str, Any], head_only: Reply | None) -> Reply:
    """The head that a result asks for, with its body."""
    body = result.get("body")
    if head_only is None or not isinstance(body, str | None):
        return BAD_GATEWAY
    data = (body or "").encode(errors="replace")  # halves of characters are none
    if result.get("isBase64Encoded") is True:
        try:
            data = base64.b64decode(data, validate=True)
        except binascii.Error:
            return BAD_GATEWAY
    return Reply(status=head_only.status, headers=head_only.headers, body=data)


def head(result: Mapping[str, Any]) -> Reply | None:
    """Status and headers that a function asks for, or None where that cannot be."""
    given = result.get("headers") or {}
    cookies = result.get("cookies") or []
    if not isinstance(given, dict) or not isinstance(cookies, list):
        return None
    pairs = [(name, value) for name, value in given.items() if value is not None]
    return head_of(
        result.get("statusCode", 200), [*pairs, *(("set-cookie", cookie) for cookie in cookies)]
    )


def head_of(status_code: Any, given: Iterable[tuple[str, Any]]) -> Reply | None:
    """A status and headers as a function says them, or None where that cannot be."""
    try:
        status = int(status_code)
    except (TypeError, ValueError, OverflowError):
        return None
    pairs = [(name.lower(), _text(value)) for name, value in given]
    if not 200 <= status <= 599:
        return None
    if not all(_HEADER_NAME.fullmatch(n) and _HEADER_VALUE.fullmatch(v) for n, v in pairs):
        return None
    headers: Headers = [
        (name.encode("ascii"), value.encode("latin-1"))
        for name, value in pairs
        if name not in _OF_THE_CONNECTION
    ]
    if not any(name == b"content-type" for name, _ in headers):
        headers.append(_JSON)
    return Reply(status=status, headers=headers, body=b"")


def streamed_head(content_type: str, start: bytes) -> tuple[Reply | None, bytes] | None:
    """The head of a streamed response, and the body that follows in `start`.

    None where more has to be read first; the head is None where there cannot be one.
    """
    if content_type != HTTP_INTEGRATION:
        headers: Headers = [(b"content-type", content_type.encode("latin-1"))]
        return Reply(status=200, headers=headers, body=b""), start
    text, end, rest = start.partition(END_OF_HEAD)
    if not end:
        return None if len(start) <= HEAD_LIMIT else (None, b"")
    try:
        result = json.loads(text)
    except ValueError:
        return None, b""
    return (head(result) if isinstance(result, dict) else None), rest


def forwarded_headers(request: UrlRequest) -> list[tuple[str, str]]:
    """The request's headers, and those that say on which way it came."""
    # AWS takes out what only it has to know.
    hidden = set() if request.caller is None else {"authorization"}
    before = _joined(pair for pair in request.headers if pair[0] == "x-forwarded-for")
    added = {
        "x-amzn-trace-id": request.trace_id.partition(";")[0],
        "x-forwarded-for": ", ".join([*before.values(), request.source_ip]),
        "x-forwarded-port": str(request.port),
        "x-forwarded-proto": "http",
    }
    passed = [pair for pair in request.headers if pair[0] not in hidden | added.keys()]
    return [*passed, *added.items()]


def _context(request: UrlRequest, headers: Mapping[str, str]) -> dict[str, Any]:
    context: dict[str, Any] = {
        "accountId": request.account_id or "anonymous",
        "apiId": request.url_id,
    }
    if request.caller is not None:
        context["authorizer"] = {"iam": dict(request.caller)}
    return context | {
        "domainName": request.domain_name,
        "domainPrefix": request.url_id,
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.source_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": request.request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": common_log_time(request.time),
        "timeEpoch": int(request.time * 1000),
    }


def common_log_time(time: float) -> str:
    """A time as in web servers' logs: "18/Apr/2023:22:30:37 +0000"."""
    moment = datetime.fromtimestamp(time, UTC)
    # Not "%b", which speaks the language of this machine's user.
    return f"{moment:%d}/{_MONTHS[moment.month - 1]}/{moment:%Y:%H:%M:%S} +0000"


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What is there several times, joined by commas."""
    found: dict[str, str] = {}
    for name, value in pairs:
        separator = "; " if name == "cookie" else ","
        found[name] = f"{found[name]}{separator}{value}" if name in found else value
    return found


def _body(body: bytes, content_type: str) -> tuple[str, bool]:
    if _TEXT.fullmatch(content_type.partition(";")[0].strip().lower()):
        try:
            return body.decode("utf-8"), False
        except UnicodeDecodeError:
            pass  # It says that it is text, and is none.
    return base64.b64encode(body).decode("ascii"), True


def _text(value: object) -> str:
    """A header's value: text, or a number or a truth value as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value)
