import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lambda_magic.monitoring.events import Event, Throttle
from lambda_magic.monitoring.timeline import Limits, timeline
from lambda_magic.monitoring.timeline_picture import TimelinePicture
from lambda_magic.monitoring.timeline_svg import round_step

from .conftest import make_origin, make_poller_state, make_report, make_start
from .test_timeline import COLD_START, changed


def picture(events: list[Event], **members: float | datetime) -> TimelinePicture:
    shown = timeline(events)
    shown.note_limits(0.0, Limits(account=1000, reserved=10, provisioned=3))
    return TimelinePicture(shown, now=100.0, **members)  # type: ignore[arg-type]


def texts(shown: TimelinePicture) -> list[str]:
    root = ElementTree.fromstring(shown.svg())
    return [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}text")]


def failing(time: float) -> list[Event]:
    return [
        make_start(time, request_id=f"{time}"),
        make_report(time + 1, request_id=f"{time}", status="timeout", error_type="Timeout"),
    ]


def test_it_says_in_words_what_it_shows() -> None:
    shown = picture([*COLD_START, *failing(17.0)])

    line = str(shown)
    assert line == (
        "All functions: 1 execution environments, 2 invocations, 1 at most at once, "
        "1 cold starts, 1 errors, 0 throttles"
    )
    assert f'aria-label="{line}"' in shown.svg()
    assert shown.mimebundle()["text/plain"] == line
    assert repr(shown) == "<TimelinePicture [1 environments]>"


def test_it_has_lanes_counters_limits_and_a_legend() -> None:
    reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
    throttled = Throttle(time=14.0, function_name="hello", version="1", alias=None, reason=reason)
    found = texts(picture([*COLD_START, throttled]))

    assert {"012345", ":1", "invoke :1", "extension init", "restore", "frozen"} <= set(found)
    assert {"of 10 reserved", "reserved 10", "provisioned 3", "reserved limit"} <= set(found)
    assert "account 1,000" not in found  # far above anything that happened


def test_an_invocation_tells_its_facts_under_the_pointer() -> None:
    assert "cold start: init 3.00 s" in picture(COLD_START).svg()


def test_an_environment_of_provisioned_concurrency_is_marked() -> None:
    origin = make_origin(initialization_type="provisioned-concurrency")

    assert "◆ :1" in texts(picture([changed(1.0, "Function init", origin)]))


def test_it_begins_after_the_last_pause() -> None:
    shown = picture([*failing(10.0), *failing(80.0)])

    assert "1 invocations" in str(shown)


def test_it_shows_the_span_that_was_asked_for() -> None:
    events = [*failing(10.0), *failing(30.0), *failing(80.0)]
    start = datetime.fromtimestamp(5.0, UTC)

    assert "2 invocations" in str(picture(events, start=start, end=50.0))


def test_of_nothing_it_shows_an_empty_picture() -> None:
    found = texts(picture([]))

    assert "0 errors" in found
    assert "0 s" in found


def test_what_is_closer_than_a_pixel_is_drawn_as_one() -> None:
    events: list[Event] = []
    for number in range(10_000):
        origin = make_origin(environment_id=f"{number % 100:032x}")
        request_id = f"{number:032x}"
        events.append(make_start(number / 1000, origin=origin, request_id=request_id))
        events.append(make_report(number / 1000 + 0.05, origin=origin, request_id=request_id))

    assert len(picture(events).svg()) < 400_000


def test_more_environments_than_can_be_seen_are_counted() -> None:
    events: list[Event] = [
        make_start(1.0, origin=make_origin(environment_id=f"{number:032x}"), request_id=f"{number}")
        for number in range(500)
    ]

    assert "… and 290 more environments" in texts(picture(events))


def test_it_needs_no_script_and_no_network() -> None:
    html = picture(COLD_START).mimebundle(beside="name")["text/html"]

    assert "<script" not in html
    assert re.findall(r"https?://[^\"]*", html) == ["http://www.w3.org/2000/svg"]
    assert 'class="lambda-magic-static-name"' in html


def test_it_can_be_saved(tmp_path: Path) -> None:
    path = tmp_path / "hello.svg"
    picture(COLD_START).save(path)

    assert ElementTree.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize(("rough", "step"), [(0.0007, 0.001), (0.3, 0.5), (1.0, 1.0), (7.0, 10.0)])
def test_steps_are_round(rough: float, step: float) -> None:
    assert round_step(rough) == pytest.approx(step)


def test_event_sources_are_a_table_beneath_and_a_line_each_in_words() -> None:
    shown = picture([*COLD_START, make_poller_state(backlog=37, lag_ms=1250.0)])

    assert {"lag", "last result", "sqs:orders", "1.25 s, 37 waiting"} <= set(texts(shown))
    assert str(shown).splitlines()[1:] == [
        "sqs:orders → hello: Enabled, 5 pollers, 1,234 polled, 0 failed, lag 1.25 s, 37 waiting"
    ]
    assert "last result" not in texts(picture(COLD_START))


def test_of_a_time_that_is_past_no_event_sources_are_known() -> None:
    shown = picture([*COLD_START, make_poller_state()], end=50.0)

    assert "sqs:orders" not in shown.svg()
