from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

from lambda_magic.monitoring.events import Event, LogRecord, Origin
from lambda_magic.monitoring.logs import LogEvent
from lambda_magic.monitoring.tail import Tail
from lambda_magic.widgets.log_tail import MOST_PER_SECOND, LogTail

ORIGIN = Origin(
    environment_id="0123456789abcdef0123456789abcdef",
    function_name="hello",
    function_version="1",
    log_group="/aws/lambda/hello",
    log_stream="2026/01/31/[1]0123456789abcdef0123456789abcdef",
    memory_size_mb=128,
    architecture="x86_64",
    initialization_type="on-demand",
    runtime="python3.12",
)


class Publisher:
    """A bus with at most one subscriber."""

    def __init__(self) -> None:
        self.subscriber: Callable[[Sequence[Event]], None] | None = None

    def subscribe(self, subscriber: Callable[[Sequence[Event]], None]) -> Callable[[], None]:
        self.subscriber = subscriber
        return self._stop

    def _stop(self) -> None:
        self.subscriber = None

    def write(self, *messages: str) -> None:
        assert self.subscriber is not None
        self.subscriber(
            [LogRecord(time=1.0, origin=ORIGIN, message=one, request_id="r") for one in messages]
        )


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
def widget(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    before = [LogEvent("s", 500, 500, "before\n", "q")]
    made = LogTail("hello", Tail(ORIGIN.function_name), publisher.subscribe, lambda: before)
    sent: list[Any] = []
    monkeypatch.setattr(made, "send", sent.append)
    made.sent = sent  # type: ignore[attr-defined]  # for the tests
    yield made
    made.close()


def messages(rows: list[dict[str, Any]]) -> list[str]:
    return [row["message"] for row in rows]


def test_what_is_written_is_sent(widget: Any, publisher: Publisher) -> None:
    publisher.write("one", "two")
    (message,) = widget.sent
    assert (message["type"], message["omitted"]) == ("events", 0)
    assert messages(message["events"]) == ["one", "two"]


def test_a_page_that_asks_for_the_state_gets_all_of_it(widget: Any, publisher: Publisher) -> None:
    assert messages(widget.get_state()["events"]) == ["before"]
    publisher.write("one")
    assert messages(widget.get_state()["events"]) == ["before", "one"]
    assert "events" not in widget.get_state("title")


def test_a_filter_pattern_is_applied_to_all_there_is(widget: Any, publisher: Publisher) -> None:
    publisher.write("one", "two")
    widget.controls.pattern = "two"
    assert (widget.sent[-1]["type"], messages(widget.sent[-1]["events"])) == ("reset", ["two"])
    publisher.write("one")
    assert len(widget.sent) == 2, "nothing of it is to be shown"


def test_a_pattern_that_is_wrong_is_told_in_one_line(widget: Any) -> None:
    widget.controls.pattern = "[ip, user]"
    assert widget.controls.error.startswith("InvalidParameterException: Invalid filter pattern")
    widget.controls.pattern = "fine"
    assert widget.controls.error == ""


def test_nothing_is_sent_that_is_not_in_view(widget: Any, publisher: Publisher) -> None:
    widget.controls.views = 0
    publisher.write("one")
    assert widget.sent == []
    widget.controls.views = 1
    assert messages(widget.sent[-1]["events"]) == ["before", "one"]


def test_more_than_one_can_read_is_left_out(widget: Any, publisher: Publisher) -> None:
    widget._second = None
    publisher.write(*map(str, range(MOST_PER_SECOND + 7)))
    (message,) = widget.sent
    assert len(message["events"]) == MOST_PER_SECOND
    assert message["omitted"] == 7


def test_without_widgets_it_is_the_log(widget: Any, publisher: Publisher) -> None:
    publisher.write("one <b>")
    bundle, _ = widget._repr_mimebundle_()
    assert bundle["text/plain"] == (
        "hello: the log as it was when this was shown; run the cell to follow it\nbefore\none <b>"
    )
    assert "one &lt;b&gt;" in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_stopping_ends_the_subscription(widget: Any, publisher: Publisher) -> None:
    assert repr(widget) == "<LogTail hello [following]>"
    widget.stop()
    widget.stop()
    assert publisher.subscriber is None
    assert repr(widget) == "<LogTail hello [stopped]>"


def test_closing_leaves_nothing_behind(publisher: Publisher) -> None:
    before = set(_instances)
    widget = LogTail("hello", Tail(ORIGIN.function_name), publisher.subscribe)
    widget.close()
    assert publisher.subscriber is None
    assert set(_instances) == before
