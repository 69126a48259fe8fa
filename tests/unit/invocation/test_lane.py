"""How many events of one function are tried at once."""

from lambda_magic.invocation.lane import Lane
from lambda_magic.store.event_queue import QueuedEvent


def event(number: int) -> QueuedEvent:
    return QueuedEvent(
        request_id=f"request-{number}",
        function_name="hello",
        qualifier=None,
        payload=b"{}",
        client_context=None,
        trace_id="Root=1",
        received=0.0,
        due=0.0,
    )


def filled(width: int, events: int) -> Lane:
    lane = Lane(width)
    for number in range(events):
        lane.add(event(number))
    return lane


def taken(lane: Lane) -> list[int]:
    numbers = []
    while (found := lane.next()) is not None:
        numbers.append(int(found.request_id.removeprefix("request-")))
    return numbers


def test_events_are_tried_in_their_order_and_so_many_at_once() -> None:
    lane = filled(3, 5)

    assert taken(lane) == [0, 1, 2]
    assert repr(lane) == "<Lane [3 in flight, 2 ready]>"
    lane.ended()
    assert taken(lane) == [3]
    for _ in range(3):
        lane.ended()
    assert taken(lane) == [4]
    lane.ended()
    assert lane.is_empty


def test_a_throttle_narrows_the_lane_to_what_is_running() -> None:
    lane = filled(50, 10)
    assert len(taken(lane)) == 10

    # Five of them run; the others found no concurrency.
    for number in (9, 8, 7, 6, 5):
        assert not lane.throttled(event(number))

    assert repr(lane) == "<Lane [5 in flight, 5 ready]>"
    assert taken(lane) == []
    lane.ended()
    assert taken(lane) == [5]


def test_success_widens_it_again() -> None:
    lane = filled(50, 30)
    taken(lane)
    for number in range(29, 1, -1):
        lane.throttled(event(number))
    in_flight = [2]

    for _ in range(12):
        lane.ended()
        in_flight.append(in_flight[-1] - 1 + len(taken(lane)))

    assert in_flight == sorted(in_flight)
    assert in_flight[-1] == 5


def test_without_anything_running_an_event_waits_and_holds_the_others_up() -> None:
    lane = filled(50, 3)
    first = lane.next()
    assert first is not None

    assert lane.throttled(first)

    assert taken(lane) == []
    assert not lane.is_empty
    assert repr(lane) == "<Lane [0 in flight, 2 ready, held up]>"
    lane.add(event(3))
    assert taken(lane) == []
    lane.add(first)
    assert taken(lane) == [0]
    lane.ended()
    assert taken(lane)[0] == 1


def test_an_empty_lane_forgets_how_narrow_it_was() -> None:
    lane = filled(4, 2)
    taken(lane)
    lane.throttled(event(1))
    lane.ended()
    assert taken(lane) == [1]
    lane.ended()
    assert lane.is_empty

    for number in range(4):
        lane.add(event(number))

    assert taken(lane) == [0, 1, 2, 3]
