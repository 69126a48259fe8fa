from collections.abc import Callable

from lambda_magic.monitoring.timeline import Limits
from lambda_magic.widgets.feed import DISPLAYED, Feed
from lambda_magic.widgets.wire import RECORD

from .conftest import Sent, Watched, make_change, make_poller_state, make_report, make_start


def numbers(buffers: list[bytes]) -> list[int]:
    return [RECORD.unpack_from(buffers[0], at)[0] for at in range(0, len(buffers[0]), RECORD.size)]


def test_a_view_gets_everything_that_has_happened(watched: Watched, feed: Feed, sent: Sent) -> None:
    watched.bus.publish(make_start(1.0, alias="LIVE"))
    watched.bus.publish(make_report(2.0))
    feed.show("view")

    ((content, buffers),) = sent.messages
    assert (content["kind"], content["sequence"], content["first"]) == ("reset", 0, 0)
    assert [lane["function"] for lane in content["lanes"]] == ["hello"]
    assert content["names"] == ["LIVE"]
    assert [one["account"] for one in content["limits"]] == [1000]
    assert numbers(buffers) == [0]


def test_later_only_what_has_changed_is_sent_and_in_batches(
    watched: Watched, feed: Feed, sent: Sent
) -> None:
    feed.show("view")
    sent.take()
    for number in range(10):
        watched.bus.publish(make_start(float(number), request_id=f"{number:032x}"))
        watched.clock.advance(0.001)
    watched.clock.advance(1.0)

    ((content, buffers),) = sent.messages
    assert (content["kind"], content["sequence"]) == ("add", 1)
    assert numbers(buffers) == list(range(10))
    assert len(content["lanes"]) == 1

    sent.take()
    watched.bus.publish(make_report(11.0, request_id=f"{4:032x}"))
    watched.clock.advance(1.0)

    ((content, buffers),) = sent.messages
    assert (content["sequence"], content["lanes"], numbers(buffers)) == (2, [], [4])


def test_nothing_is_sent_while_nothing_happens(watched: Watched, feed: Feed, sent: Sent) -> None:
    feed.show("view")
    sent.take()
    watched.clock.advance(10.0)

    assert sent.take() == []


def test_while_an_invocation_runs_views_hear_that_the_kernel_is_there(
    watched: Watched, feed: Feed, sent: Sent
) -> None:
    feed.show("view")
    watched.bus.publish(make_start(1.0))
    watched.clock.advance(1.0)
    sent.take()
    watched.clock.advance(3 * Feed.ALIVE)
    assert [(content["kind"], content["lanes"]) for content in sent.take()] == [("add", [])] * 3

    watched.bus.publish(make_report(2.0))
    watched.clock.advance(1.0)
    sent.take()
    watched.clock.advance(3 * Feed.ALIVE)
    assert sent.take() == []


def test_nothing_is_sent_of_functions_that_are_not_shown(
    watched: Watched, make_feed: Callable[..., Feed], sent: Sent
) -> None:
    feed = make_feed("other")
    feed.show("view")
    sent.take()
    watched.bus.publish(make_start(1.0))
    watched.clock.advance(1.0)

    assert sent.take() == []
    assert watched.asked[-1] == ("other",)


def test_out_of_sight_it_does_not_listen(watched: Watched, feed: Feed, sent: Sent) -> None:
    alone = repr(watched.bus)
    feed.show("one")
    feed.show("two")
    feed.hide("one")
    assert repr(watched.bus) != alone

    feed.hide("two")
    assert repr(watched.bus) == alone

    sent.take()
    watched.bus.publish(make_start(1.0))
    watched.clock.advance(1.0)
    assert sent.take() == []

    feed.show("one")
    (content,) = sent.take()
    assert (content["kind"], len(content["lanes"])) == ("reset", 1)


def test_until_a_view_is_heard_everything_is_sent_again(
    watched: Watched, feed: Feed, sent: Sent
) -> None:
    feed.show(DISPLAYED)
    watched.clock.advance(2.5)
    assert [content["kind"] for content in sent.take()] == ["reset"] * 3

    feed.show("view")
    sent.take()
    watched.clock.advance(10.0)
    assert sent.take() == []


def test_a_view_that_missed_something_gets_everything_again(feed: Feed, sent: Sent) -> None:
    feed.show("view")
    feed.show("view")
    assert len(sent.take()) == 1

    feed.show("view", again=True)
    assert [content["kind"] for content in sent.take()] == ["reset"]


def test_names_mean_the_same_to_views_that_came_early_and_late(
    watched: Watched, feed: Feed, sent: Sent
) -> None:
    watched.bus.publish(make_start(1.0, alias="LIVE"))
    feed.show("early")
    watched.bus.publish(make_start(2.0, alias="BETA", request_id="2" * 32))
    watched.clock.advance(1.0)
    feed.show("late")

    assert [content["names"] for content in sent.take()] == [["LIVE"], ["BETA"], ["LIVE", "BETA"]]


def test_a_page_that_was_closed_without_a_word_is_forgotten(watched: Watched, feed: Feed) -> None:
    feed.show("view")
    watched.clock.advance(Feed.LEASE + 1)
    watched.bus.publish(make_start(1.0))
    watched.clock.advance(1.0)

    assert repr(feed) == "<Feed [0 views]>"


def test_a_kernel_that_runs_a_cell_forgets_nobody(watched: Watched, feed: Feed, sent: Sent) -> None:
    feed.show("view")
    feed.is_deaf = True
    watched.clock.advance(Feed.LEASE + 1)
    watched.bus.publish(make_start(1.0))
    watched.clock.advance(1.0)
    assert repr(feed) == "<Feed [1 views]>"

    feed.is_deaf = False
    feed.refresh()
    assert repr(feed) == "<Feed [1 views]>"


def test_limits_that_change_are_sent(watched: Watched, feed: Feed, sent: Sent) -> None:
    feed.show("view")
    sent.take()
    watched.now = Limits(account=1000, reserved=5)
    feed.refresh()

    (content,) = sent.take()
    assert [one["reserved"] for one in content["limits"]] == [5]


def test_an_environment_that_ended_is_told(watched: Watched, feed: Feed, sent: Sent) -> None:
    feed.show("view")
    watched.bus.publish(make_change(1.0, "Shutdown"))
    watched.clock.advance(1.0)
    sent.take()
    watched.bus.publish(make_change(2.0, "Terminated"))
    watched.clock.advance(1.0)

    (content,) = sent.take()
    assert [lane["gone"] for lane in content["lanes"]] == [2.0]


def test_a_long_history_comes_in_pieces(watched: Watched, feed: Feed, sent: Sent) -> None:
    for number in range(Feed.MOST * 2 + 1):
        watched.bus.publish(make_start(float(number), request_id=f"{number:032x}"))
    feed.show("view")

    assert [(one["kind"], one["sequence"]) for one, _ in sent.messages] == [
        ("reset", 0), ("add", 1), ("add", 2),
    ]  # fmt: skip
    assert [len(buffers[0]) // RECORD.size for _, buffers in sent.messages] == [5000, 5000, 1]


def test_it_knows_where_an_environment_logs_to(watched: Watched, feed: Feed) -> None:
    watched.bus.publish(make_start(1.0))
    feed.show("view")

    assert feed.log_group("0123456789abcdef0123456789abcdef") == "/aws/lambda/hello"
    assert feed.log_group("f" * 32) is None


def test_event_sources_are_told_all_together_when_one_has_changed(
    watched: Watched, feed: Feed, sent: Sent
) -> None:
    watched.bus.publish(make_poller_state(pollers=5))
    feed.show("view")
    (content,) = sent.take()
    assert [one["cells"][0] for one in content["sources"]] == ["sqs:orders"]

    watched.bus.publish(make_start(1.0))
    watched.clock.advance(1.0)
    (content,) = sent.take()
    assert content["sources"] is None

    result = "PROBLEM: Function call failed"
    watched.bus.publish(make_poller_state(uuid="b", qualifier="LIVE", result=result))
    watched.clock.advance(1.0)
    (content,) = sent.take()
    assert [(one["cells"][1], one["alarm"]) for one in content["sources"]] == [
        ("hello", False), ("hello:LIVE", True),
    ]  # fmt: skip

    watched.bus.publish(make_poller_state(state="Deleted"))
    watched.bus.publish(make_poller_state(uuid="b", state="Deleted"))
    watched.clock.advance(1.0)
    (content,) = sent.take()
    assert content["sources"] == []
