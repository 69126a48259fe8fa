from lambda_magic.event_sources.scaling import QueueScaling


def taken(scaling: QueueScaling, time: float) -> int:
    count = 0
    while scaling.take(time):
        count += 1
    return count


def test_it_begins_with_five_batches() -> None:
    scaling = QueueScaling()
    assert taken(scaling, 0) == 5
    assert repr(scaling) == "<QueueScaling [5 of 5 in flight]>"
    scaling.give_back()
    assert taken(scaling, 0) == 1


def test_it_grows_by_three_hundred_a_minute_as_long_as_there_is_more() -> None:
    scaling = QueueScaling()
    taken(scaling, 0)
    assert taken(scaling, 1) == 5
    assert taken(scaling, 60) == 295
    assert scaling.limit == 305
    assert taken(scaling, 3600) == 1250 - 305


def test_maximum_concurrency_is_the_limit() -> None:
    scaling = QueueScaling(maximum=2)
    assert taken(scaling, 0) == 2
    assert taken(scaling, 600) == 0


def test_an_empty_queue_begins_anew() -> None:
    scaling = QueueScaling()
    taken(scaling, 0)
    taken(scaling, 60)
    scaling.idle()
    assert scaling.limit > 5  # batches are on their way still
    while scaling.in_flight:
        scaling.give_back()
    scaling.idle()
    assert scaling.limit == 5
    assert taken(scaling, 600) == 5
