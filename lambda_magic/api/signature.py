"""AWS Signature Version 4, the server's side: who has signed a request, and whether it is true.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

The signature is computed again from the request with botocore's own signer, and compared.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from lambda_magic.core.errors import (
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnrecognizedClientException,
)

#: How far the caller's clock may be from ours.
CLOCK_SKEW = timedelta(minutes=5)

_ALGORITHM = "AWS4-HMAC-SHA256"
_TIMESTAMP = "%Y%m%dT%H%M%SZ"
_PART = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")

_DIFFERENT = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessKey:
    """What a caller must know."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """What a request's Authorization header says; nothing of it is verified yet."""

    access_key_id: str
    #: "20261120".
    date: str
    region_name: str
    #: The signing name, such as "lambda", "logs" or "monitoring".
    service: str
    signed_headers: tuple[str, ...]
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedRequest:
    """The parts of a request that a signature is about."""

    method: str
    #: As it was sent, quoted.
    path: str
    query: str
    #: All headers in their order, names in lower case.
    headers: Sequence[tuple[str, str]]


def parse(authorization: str | None) -> Signature:
    """The signature in an Authorization header.

    Raises `MissingAuthenticationTokenException` or `IncompleteSignatureException`.
    """
    if not authorization:
        raise MissingAuthenticationTokenException
    algorithm, _, rest = authorization.partition(" ")
    parts = dict(_PART.findall(rest))
    scope = parts.get("Credential", "").split("/")
    if algorithm != _ALGORITHM or len(parts) != 3 or len(scope) != 5 or scope[4] != "aws4_request":
        raise IncompleteSignatureException(
            f"'{authorization[:200]}' not a valid key=value pair (missing equal-sign) in "
            "Authorization header."
            if algorithm != _ALGORITHM
            else "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' "
            "parameters."
        )
    return Signature(
        access_key_id=scope[0],
        date=scope[1],
        region_name=scope[2],
        service=scope[3],
        signed_headers=tuple(parts["SignedHeaders"].lower().split(";")),
        digest=parts["Signature"],
    )


def check_caller(
    signature: Signature, headers: Mapping[str, str], key: AccessKey, now: datetime
) -> None:
    """Refuse what can be refused before the body is read: a stranger, an old request, a loose one.

    Raises `UnrecognizedClientException`, `IncompleteSignatureException` or
    `InvalidSignatureException`.
    """
    if not hmac.compare_digest(signature.access_key_id.encode(), key.access_key_id.encode()):
        raise UnrecognizedClientException
    _check_time(headers.get("x-amz-date", ""), signature.date, now)
    # Whoever copies a signed request must not be able to add to it.
    unsigned = {name for name in headers if name == "host" or name.startswith("x-amz-")}.difference(
        signature.signed_headers
    )
    if unsigned or "host" not in signature.signed_headers:
        raise InvalidSignatureException(
            f"'{min(unsigned, default='host')}' must be a 'SignedHeader' in the AWS Authorization."
        )


def verify(signature: Signature, request: SignedRequest, body: bytes, key: AccessKey) -> None:
    """Raise `InvalidSignatureException` unless whoever signed this request has the secret."""
    headers = HTTPHeaders()
    for name, value in request.headers:
        if name in signature.signed_headers:
            headers[name] = value  # adds: a header may be there twice
    digest = hashlib.sha256(body).hexdigest()
    if headers.get("x-amz-content-sha256", digest) != digest:
        raise InvalidSignatureException(_DIFFERENT)
    query = f"?{request.query}" if request.query else ""
    again = AWSRequest(
        # Signers take the host from its header; this name is not looked at.
        method=request.method,
        url=f"http://host.invalid{request.path}{query}",
        data=body,
    )
    again.headers = headers
    again.context["timestamp"] = headers.get("x-amz-date", "")
    signer = _Signer(
        Credentials(key.access_key_id, key.secret_access_key),
        signature.service,
        signature.region_name,
    )
    expected = signer.signature(
        signer.string_to_sign(again, signer.canonical_request(again)), again
    )
    if not hmac.compare_digest(expected.encode(), signature.digest.encode()):
        raise InvalidSignatureException(_DIFFERENT)


def _check_time(timestamp: str, date: str, now: datetime) -> None:
    try:
        signed = datetime.strptime(timestamp, _TIMESTAMP).replace(tzinfo=UTC)
    except ValueError:
        raise IncompleteSignatureException(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        ) from None
    shown = now.strftime(_TIMESTAMP)
    if signed < now - CLOCK_SKEW:
        earliest = (now - CLOCK_SKEW).strftime(_TIMESTAMP)
        raise InvalidSignatureException(
            f"Signature expired: {timestamp} is now earlier than {earliest} ({shown} - 5 min.)"
        )
    if signed > now + CLOCK_SKEW:
        latest = (now + CLOCK_SKEW).strftime(_TIMESTAMP)
        raise InvalidSignatureException(
            f"Signature not yet current: {timestamp} is still later than {latest} "
            f"({shown} + 5 min.)"
        )
    if not timestamp.startswith(date):
        raise InvalidSignatureException(
            f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            f"HTTP: '{date}' != '{timestamp[:8]}', from '{timestamp}'."
        )


class _Signer(SigV4Auth):
    """botocore's signer, which signs exactly the headers that it is given."""

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        # Other SDKs also sign headers that botocore leaves out.
        return request.headers
