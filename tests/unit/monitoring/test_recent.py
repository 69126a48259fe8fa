from lambda_magic.monitoring.events import Event
from lambda_magic.monitoring.recent import Recent

from .conftest import make_invocation, make_start


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
