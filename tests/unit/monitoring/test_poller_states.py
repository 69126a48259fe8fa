from lambda_magic.monitoring.poller_states import PollerStates

from .conftest import make_poller_state


def test_the_last_state_of_each_mapping_counts() -> None:
    states = PollerStates()
    first, other = make_poller_state(polled=1), make_poller_state(uuid="other")
    for one in (first, other, make_poller_state(polled=2)):
        states.receive(one)

    assert states.take() == [make_poller_state(polled=2), other]
    assert states.take() is None
    assert repr(states) == "<PollerStates [2 mappings]>"


def test_a_mapping_that_is_deleted_is_forgotten() -> None:
    states = PollerStates()
    states.receive(make_poller_state())
    states.receive(make_poller_state(state="Deleted"))

    assert states.has_changed
    assert states.take() == []
