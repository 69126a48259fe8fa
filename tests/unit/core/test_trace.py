"""The trace header and its lineage."""

import pytest

from lambda_magic.core import trace

ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793"


@pytest.mark.parametrize(
    ("header", "resource", "expected", "passed"),
    [
        (ROOT, "a87bd80c", f"{ROOT};Lineage=1:a87bd80c:0", 0),
        (f"{ROOT};Lineage=1:a87bd80c:0", "a87bd80c", f"{ROOT};Lineage=1:a87bd80c:1", 1),
        (
            f"{ROOT};Lineage=1:a87bd80c:0;Sampled=0",
            "68fd508a",
            f"{ROOT};Lineage=1:a87bd80c:0|1:68fd508a:0;Sampled=0",
            0,
        ),
        (
            f"{ROOT};Lineage=1:a87bd80c:4|1:68fd508a:3",
            "a87bd80c",
            f"{ROOT};Lineage=1:68fd508a:3|1:a87bd80c:5",
            5,
        ),
        # The older form, as in X-Ray's guide.
        (
            f"{ROOT};Lineage=a87bd80c:1|68fd508a:5",
            "68fd508a",
            f"{ROOT};Lineage=1:a87bd80c:1|1:68fd508a:6",
            6,
        ),
        (f"{ROOT};Lineage=", "68fd508a", f"{ROOT};Lineage=1:68fd508a:0", 0),
        (f"{ROOT};Lineage=nonsense", "68fd508a", f"{ROOT};Lineage=1:68fd508a:0", 0),
    ],
)
def test_passing_a_resource(header: str, resource: str, expected: str, passed: int) -> None:
    assert trace.passing(header, resource) == (expected, passed)


def test_a_lineage_does_not_grow_without_end() -> None:
    header = ROOT
    for number in range(40):
        header, _ = trace.passing(header, f"{number:08x}")

    assert header.count("|") == 15
    assert trace.passing(header, f"{39:08x}")[1] == 1
    assert trace.passing(header, f"{0:08x}")[1] == 0
    assert trace.accepted_header(header) == header


@pytest.mark.parametrize(
    ("given", "accepted"),
    [
        (None, None),
        (f"{ROOT};Sampled=1", f"{ROOT};Sampled=1"),
        (f"{ROOT};Lineage=1:a:0%7C1:b:1", f"{ROOT};Lineage=1:a:0|1:b:1"),
        (f"{ROOT}\r\nHost: elsewhere", None),
        (f"{ROOT}%0d%0aHost: elsewhere", None),
        ("", None),
        ("x" * 1025, None),
    ],
)
def test_a_header_of_a_client(given: str | None, accepted: str | None) -> None:
    assert trace.accepted_header(given) == accepted


def test_a_new_header() -> None:
    header = trace.new_header(0x5759E988)

    assert header.startswith("Root=1-5759e988-")
    assert header.endswith(";Sampled=0")
    assert trace.accepted_header(header) == header


def test_a_resource_has_one_hash() -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:hello"

    assert trace.resource_hash(arn) == trace.resource_hash(f"{arn}:LIVE")
    assert trace.resource_hash(arn) != trace.resource_hash(arn + "2")
