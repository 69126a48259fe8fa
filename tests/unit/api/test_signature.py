from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from lambda_magic.api import signature as sigv4
from lambda_magic.api.signature import AccessKey, SignedRequest
from lambda_magic.core.errors import (
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnrecognizedClientException,
)

KEY = AccessKey(access_key_id="AKIAEXAMPLE", secret_access_key="secret")


def sign(
    method: str = "POST",
    url: str = "http://localhost:9001/2015-03-31/functions/hello/invocations",
    body: bytes = b"{}",
    key: AccessKey = KEY,
    **headers: str,
) -> tuple[SignedRequest, bytes]:
    """A request as botocore signs it."""
    request = AWSRequest(method=method, url=url, data=body, headers=headers)
    credentials = Credentials(key.access_key_id, key.secret_access_key)
    SigV4Auth(credentials, "lambda", "eu-west-1").add_auth(request)
    _, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    path, _, query = (slash + path).partition("?")
    sent = [
        ("host", host),
        *((name.lower(), str(value)) for name, value in request.headers.items()),
    ]
    return SignedRequest(method=method, path=path, query=query, headers=sent), body


def check(request: SignedRequest, body: bytes, now: datetime | None = None) -> sigv4.Signature:
    headers = dict(request.headers)
    found = sigv4.parse(headers.get("authorization"))
    sigv4.check_caller(found, headers, KEY, now or datetime.now(UTC))
    sigv4.verify(found, request, body, KEY)
    return found


def changed(request: SignedRequest, **changes: Any) -> SignedRequest:
    members = {name: getattr(request, name) for name in ("method", "path", "query", "headers")}
    return SignedRequest(**members | changes)


def with_header(request: SignedRequest, name: str, value: str) -> SignedRequest:
    others = [(key, old) for key, old in request.headers if key != name]
    return changed(request, headers=[*others, (name, value)])


def test_what_botocore_signs_is_right() -> None:
    found = check(*sign())
    assert (found.access_key_id, found.region_name, found.service) == (
        "AKIAEXAMPLE",
        "eu-west-1",
        "lambda",
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:9001/",
        "http://localhost:9001/2017-03-31/tags/arn%3Aaws%3Alambda?tagKeys=a&tagKeys=b%20c",
        "http://localhost:9001/2015-03-31/functions?MaxItems=1&Marker=x%2By",
    ],
)
def test_paths_and_queries(url: str) -> None:
    assert check(*sign("GET", url, b"")).digest


@given(st.binary(max_size=100))
def test_any_body(body: bytes) -> None:
    assert check(*sign(body=body)).digest


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"path": "/2015-03-31/functions/other/invocations"},
        {"query": "Qualifier=1"},
    ],
)
def test_a_changed_request_is_refused(change: dict[str, str]) -> None:
    request, body = sign()
    with pytest.raises(InvalidSignatureException, match="signature we calculated does not match"):
        check(changed(request, **change), body)


def test_a_changed_body_is_refused() -> None:
    request, _ = sign()
    with pytest.raises(InvalidSignatureException, match="does not match"):
        check(request, b'{"more": 1}')


def test_a_changed_signed_header_is_refused() -> None:
    request, body = sign(**{"X-Amz-Invocation-Type": "Event"})
    with pytest.raises(InvalidSignatureException, match="does not match"):
        check(with_header(request, "x-amz-invocation-type", "DryRun"), body)


def test_a_header_of_aws_must_be_signed() -> None:
    request, body = sign()
    with pytest.raises(
        InvalidSignatureException, match="'x-amz-log-type' must be a 'SignedHeader'"
    ):
        check(with_header(request, "x-amz-log-type", "Tail"), body)


def test_an_unsigned_body_is_refused() -> None:
    request, body = sign(**{"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
    with pytest.raises(InvalidSignatureException, match="does not match"):
        check(request, body)


def test_another_secret_is_refused() -> None:
    other = AccessKey(access_key_id=KEY.access_key_id, secret_access_key="other")
    with pytest.raises(InvalidSignatureException, match="Check your AWS Secret Access Key"):
        check(*sign(key=other))


def test_a_stranger_is_refused() -> None:
    other = AccessKey(access_key_id="AKIAOTHER", secret_access_key="secret")
    with pytest.raises(UnrecognizedClientException, match=r"security token .* is invalid"):
        check(*sign(key=other))


@pytest.mark.parametrize(
    ("offset", "message"),
    [
        (timedelta(minutes=6), "Signature expired: .* is now earlier than .* - 5 min"),
        (timedelta(minutes=-6), r"Signature not yet current: .* is still later than .* \+ 5 min"),
    ],
)
def test_clocks_may_differ_by_five_minutes(offset: timedelta, message: str) -> None:
    now = datetime.now(UTC)
    request, body = sign()
    assert check(request, body, now + offset * 0.8)
    with pytest.raises(InvalidSignatureException, match=message):
        check(request, body, now + offset)


def test_the_date_in_the_scope_must_be_that_of_the_request() -> None:
    request, body = sign()
    authorization = dict(request.headers)["authorization"]
    today = f"{datetime.now(UTC):%Y%m%d}"
    moved = with_header(request, "authorization", authorization.replace(f"/{today}/", "/20200101/"))
    with pytest.raises(InvalidSignatureException, match="Date in Credential scope does not match"):
        check(moved, body)


@pytest.mark.parametrize("authorization", [None, ""])
def test_no_signature(authorization: str | None) -> None:
    with pytest.raises(MissingAuthenticationTokenException, match="Missing Authentication Token"):
        sigv4.parse(authorization)


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic dXNlcjpwYXNz",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/lambda/aws4_request, Signature=0",
        "AWS4-HMAC-SHA256 Credential=a/1/us-east-1/lambda/other, SignedHeaders=a, Signature=0",
    ],
)
def test_a_signature_that_is_none(authorization: str) -> None:
    with pytest.raises(IncompleteSignatureException):
        sigv4.parse(authorization)


@given(st.text())
def test_any_header_is_read_or_refused(text: str) -> None:
    try:
        found = sigv4.parse(f"AWS4-HMAC-SHA256 {text}")
    except IncompleteSignatureException:
        return
    assert found.digest


def test_a_request_without_a_date_is_refused() -> None:
    request, body = sign()
    undated = [(name, value) for name, value in request.headers if name != "x-amz-date"]
    with pytest.raises(IncompleteSignatureException, match="X-Amz-Date"):
        check(changed(request, headers=undated), body)


def test_a_key_does_not_show_its_secret() -> None:
    assert "secret" not in repr(KEY).replace("secret_access_key", "")
