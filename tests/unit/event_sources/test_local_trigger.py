from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_magic.event_sources.local_trigger import (
    CREATED,
    FolderSource,
    LocalTrigger,
    RouteSource,
    ScheduleSource,
    Source,
)


@pytest.mark.parametrize(
    ("source", "text", "about"),
    [
        (ScheduleSource(expression="rate(1 hour)"), "schedule:rate(1 hour)", ""),
        (FolderSource(directory="/a/photos"), "files:/a/photos", "created, removed"),
        (
            FolderSource(directory="/a", prefix="in/", suffix=".jpg", events=(CREATED,)),
            "files:/a",
            "created, prefix in/, suffix .jpg",
        ),
        (RouteSource(path="/a/{b}"), "http:/a/{b}", "ANY, payload 2.0"),
        (RouteSource(path="/", method="GET", payload="1.0"), "http:/", "GET, payload 1.0"),
    ],
)
def test_a_trigger_is_kept_as_it_is(source: Source, text: str, about: str) -> None:
    assert (str(source), source.about) == (text, about)
    for qualifier in (None, "LIVE"):
        trigger = LocalTrigger(
            id="12345678-1234", function_name="hello", qualifier=qualifier, source=source
        )
        assert LocalTrigger.read(trigger.id, trigger.document) == trigger
    assert trigger.function == "hello:LIVE"
    assert trigger.name == "hello-12345678"


def test_a_trigger_of_another_release_is_known_as_such() -> None:
    document = {"FunctionName": "a", "Qualifier": None, "Kind": "tea", "Source": {}, "Enabled": 1}
    with pytest.raises(ValueError, match="A trigger tea: is not known"):
        LocalTrigger.read("x", document)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"path": "orders"}, "orders is no path"),
        ({"path": "/a/{b+}/c"}, "is no path"),
        ({"path": "/a/{b"}, "is no path"),
        ({"path": "/a/x{b}"}, "is no path"),
        ({"path": "/a?b"}, "is no path"),
        ({"path": "/a b"}, "is no path"),
        ({"path": "/", "method": "TEA"}, "TEA is no method: ANY, DELETE"),
        ({"path": "/", "payload": "3.0"}, "There is no payload format 3.0: 1.0, 2.0"),
    ],
)
def test_what_is_no_route(members: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        RouteSource(**members)


def test_what_is_no_event_of_a_folder() -> None:
    with pytest.raises(ValueError, match="eaten is no event of a folder: created, removed"):
        FolderSource(directory="/a", events=("created", "eaten"))


@pytest.mark.parametrize(
    ("route", "path", "values"),
    [
        ("/", "/", {}),
        ("/orders", "/orders", {}),
        ("/orders", "/orders/", None),
        ("/orders", "/order", None),
        ("/orders/{id}", "/orders/7", {"id": "7"}),
        ("/orders/{id}", "/orders/", None),
        ("/orders/{id}", "/orders/7/items", None),
        ("/orders/{id}/items/{n}", "/orders/7/items/8", {"id": "7", "n": "8"}),
        ("/files/{path+}", "/files/a", {"path": "a"}),
        ("/files/{path+}", "/files/a/b/c", {"path": "a/b/c"}),
        ("/files/{path+}", "/files", None),
        ("/files/{path+}", "/files/", None),
        ("/{proxy+}", "/a/b", {"proxy": "a/b"}),
    ],
)
def test_paths_of_routes(route: str, path: str, values: dict[str, str] | None) -> None:
    source = RouteSource(path=route, method="GET")
    assert source.match("GET", path.split("/")) == values
    assert source.match("POST", path.split("/")) is None
    assert RouteSource(path=route).match("POST", path.split("/")) == values


def test_the_route_that_says_most_is_meant() -> None:
    routes = [
        RouteSource(path="/{proxy+}"),
        RouteSource(path="/orders/{id}"),
        RouteSource(path="/orders/new"),
        RouteSource(path="/orders/{id}", method="GET"),
        RouteSource(path="/{what}/new"),
    ]
    assert [one.key for one in sorted(routes, key=lambda one: one.rank)] == [
        "ANY /orders/new",
        "GET /orders/{id}",
        "ANY /orders/{id}",
        "ANY /{what}/new",
        "ANY /{proxy+}",
    ]
    assert RouteSource(path="/a/{b}").shape == RouteSource(path="/a/{c}").shape
    assert RouteSource(path="/a/{b+}").shape != RouteSource(path="/a/{b}").shape


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_whatever_is_in_a_path_is_found_in_its_places(parts: list[str]) -> None:
    places = [f"{{p{number}}}" for number in range(len(parts))]
    source = RouteSource(path="/" + "/".join(places))
    values = source.match("GET", ["", *parts])
    assert values is not None
    assert list(values.values()) == parts
