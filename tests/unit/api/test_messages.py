from typing import Any

import pytest

from lambda_magic.api.messages import Message


def message(**changes: Any) -> Message:
    scope = {
        "method": "GET",
        "path": "/a b",
        "raw_path": b"/a%20b",
        "query_string": b"x=1&x=2&y=%20&z=",
        "headers": [(b"host", b"localhost"), (b"x-twice", b"1"), (b"x-twice", b"2")],
    }
    return Message(scope | changes)


def test_a_message_keeps_what_was_sent() -> None:
    assert message().raw_path == b"/a%20b"
    assert message().query == {"x": ["1", "2"], "y": [" "], "z": [""]}
    assert message().header_list[1:] == [("x-twice", "1"), ("x-twice", "2")]


@pytest.mark.parametrize(
    ("authorization", "region_name"),
    [
        (
            b"AWS4-HMAC-SHA256 Credential=AKID/20261120/eu-west-1/lambda/aws4_request, "
            b"SignedHeaders=host, Signature=0",
            "eu-west-1",
        ),
        (b"AWS4-HMAC-SHA256 Credential=AKID", None),
        (b"Bearer eu-west-1", None),
        (b"", None),
    ],
)
def test_the_region_is_in_the_scope_of_the_signature(
    authorization: bytes, region_name: str | None
) -> None:
    assert message(headers=[(b"authorization", authorization)]).region_name == region_name
