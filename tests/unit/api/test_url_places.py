from typing import Any

import pytest

from lambda_magic.api.url_places import Place, is_url, place


def scope(host: bytes, path: str, raw_path: bytes | None = None) -> dict[str, Any]:
    headers = [(b"accept", b"*/*"), (b"host", host)]
    return {"path": path, "raw_path": raw_path or path.encode(), "headers": headers}


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        (
            b"abc.lambda-url.us-east-1.localhost:9001",
            "/a/b",
            Place(url_id="abc", region_name="us-east-1", path="/a/b"),
        ),
        (
            b"ABC.Lambda-Url.eu-west-1.localhost",
            "/",
            Place(url_id="abc", region_name="eu-west-1", path="/"),
        ),
        (
            b"abc.lambda-url.us-east-1.localhost",
            "/lambda-url/x/",
            Place(url_id="abc", region_name="us-east-1", path="/lambda-url/x/"),
        ),
        (b"localhost:9001", "/lambda-url/abc", Place(url_id="abc", region_name=None, path="/")),
        (
            b"localhost:9001",
            "/lambda-url/abc/x/y",
            Place(url_id="abc", region_name=None, path="/x/y"),
        ),
        (b"localhost:9001", "/lambda-url/", None),
        (b"localhost:9001", "/lambda-url/A_b/", None),
        (b".lambda-url.us-east-1.localhost", "/", None),
    ],
)
def test_places(host: bytes, path: str, expected: Place | None) -> None:
    assert is_url(scope(host, path))
    assert place(scope(host, path)) == expected


def test_paths_stay_as_they_were_sent() -> None:
    found = place(scope(b"localhost", "/lambda-url/abc/x y/", b"/lambda-url/abc/x%20y%2F"))
    assert found is not None
    assert found.path == "/x%20y%2F"


@pytest.mark.parametrize("host", [b"localhost:9001", b"lambda.us-east-1.amazonaws.com"])
def test_everything_else_is_for_the_api(host: bytes) -> None:
    assert not is_url(scope(host, "/2015-03-31/functions"))
