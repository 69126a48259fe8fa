from lambda_magic.monitoring.events import Event
from lambda_magic.monitoring.recent import Recent

from .conftest import make_invocation, make_poller_state, make_start


def test_it_keeps_what_happened_in_order_without_log_messages() -> None:
    recent = Recent()
    first, second = make_invocation(messages=("one\n",)), make_invocation(time=1_001.0)
    recent.receive(first)
    recent.receive(second)

    types = [event.type for event in recent.events()]

    assert types == ["platform.start", "platform.runtimeDone", "platform.report"] * 2
    assert repr(recent) == "<Recent [6 events]>"


def test_the_oldest_go_when_there_are_too_many() -> None:
    recent = Recent(capacity=3)
    batches: list[list[Event]] = [[make_start(float(n)), make_start(n + 0.5)] for n in range(4)]
    for batch in batches:
        recent.receive(batch)

    assert [event.time for event in recent.events()] == [3.0, 3.5]


def test_of_event_sources_it_keeps_the_last_state_however_old() -> None:
    recent = Recent(capacity=3)
    recent.receive([make_poller_state(polled=1), make_poller_state(uuid="other")])
    recent.receive([make_poller_state(polled=2), make_start(0.0)])
    for n in range(4):
        recent.receive([make_start(float(n)), make_start(n + 0.5)])

    first, second, *others = recent.events()
    assert [first, second] == [make_poller_state(polled=2), make_poller_state(uuid="other")]
    assert [event.time for event in others] == [3.0, 3.5]

    recent.receive([make_poller_state(state="Deleted")])
    assert recent.events() == [second, *others]
