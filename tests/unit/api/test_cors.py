"""CORS as AWS's recorded responses have it."""

from typing import Any

import pytest

from lambda_magic.api import cors

CORS = {
    "AllowOrigins": ["https://localhost:8080"],
    "AllowHeaders": ["authorization", "X-Books-Authorization"],
    "AllowMethods": ["GET", "POST"],
    "AllowCredentials": True,
    "ExposeHeaders": ["x-a", "x-b"],
    "MaxAge": 60,
}
ASKED = {
    "origin": "https://localhost:8080",
    "access-control-request-method": "GET",
    "access-control-request-headers": "authorization,x-books-authorization",
}
ORIGIN = [
    (b"access-control-allow-origin", b"https://localhost:8080"),
    (b"vary", b"Origin"),
    (b"access-control-allow-credentials", b"true"),
]


def test_preflight() -> None:
    reply = cors.preflight(CORS, ASKED)
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers == [
        (b"content-type", b"application/json"),
        *ORIGIN,
        (b"access-control-allow-headers", b"authorization,X-Books-Authorization"),
        (b"access-control-allow-methods", b"GET,POST"),
        (b"access-control-max-age", b"60"),
    ]


@pytest.mark.parametrize(
    ("configuration", "asked"),
    [
        ({}, {"origin": "https://example.com"}),
        ({}, {"access-control-request-method": "DELETE"}),
        ({}, {"access-control-request-headers": "authorization, x-other"}),
        ({"AllowOrigins": []}, {}),
        ({"AllowMethods": []}, {}),
    ],
)
def test_what_is_not_allowed_is_a_success_that_says_nothing(
    configuration: dict[str, Any], asked: dict[str, str]
) -> None:
    reply = cors.preflight(CORS | configuration, ASKED | asked)
    assert reply.status == 200
    assert reply.headers == [(b"content-type", b"application/json")]


@pytest.mark.parametrize(
    ("configuration", "origin", "shown"),
    [
        ({"AllowOrigins": ["*"]}, "https://a.example", b"*"),
        (
            {"AllowOrigins": ["*"], "AllowCredentials": True},
            "https://a.example",
            b"https://a.example",
        ),
        ({"AllowOrigins": ["https://*.example"]}, "https://a.example", b"https://a.example"),
        ({"AllowOrigins": ["https://b.example"]}, "https://a.example", None),
        ({}, "https://a.example", None),
    ],
)
def test_origins(configuration: dict[str, Any], origin: str, shown: bytes | None) -> None:
    headers = dict(cors.headers_for(configuration, {"origin": origin}))
    assert headers.get(b"access-control-allow-origin") == shown
    assert (b"vary" in headers) is (shown not in (None, b"*"))


def test_headers_of_other_responses() -> None:
    assert cors.headers_for(CORS, {"origin": "https://localhost:8080"}) == [
        *ORIGIN,
        (b"access-control-expose-headers", b"x-a,x-b"),
    ]
    assert cors.headers_for(CORS, {}) == []


def test_everything_may_be_allowed() -> None:
    open_to_all = {"AllowOrigins": ["*"], "AllowMethods": ["*"], "AllowHeaders": ["*"]}
    asked = ASKED | {"access-control-request-headers": "x-anything"}
    headers = dict(cors.preflight(open_to_all, asked).headers)
    assert headers[b"access-control-allow-methods"] == b"*"
    assert headers[b"access-control-allow-headers"] == b"*"
