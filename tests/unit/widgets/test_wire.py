import math

from lambda_magic.monitoring.timeline import Lane, Phase, Segment
from lambda_magic.widgets.wire import NO_LANE, NO_NAME, RECORD, Names, lane, pack

from .conftest import REQUEST_ID, make_origin


def test_a_segment_is_a_record_of_72_bytes() -> None:
    one = Segment(
        7, Phase.INVOKE, 100.0, 101.5, Lane(3, make_origin(), 99.0),
        status="failure", concurrent=True, request_id=REQUEST_ID, alias="LIVE", duration_ms=1500.0,
        billed_duration_ms=1580, init_duration_ms=80.0, max_memory_used_mb=36, cost_usd=0.5,
        error_type="ValueError",
    )  # fmt: skip

    packed = pack([one], Names())

    assert len(packed) == 72
    assert RECORD.unpack(packed) == (
        7, 3, 100.0, 101.5, 1500.0, 80.0, 1580, 0.5, 36, 0, 1, 4, 2, 3,
        bytes.fromhex(REQUEST_ID.replace("-", "")),
    )  # fmt: skip


def test_what_goes_on_has_no_end() -> None:
    record = RECORD.unpack(pack([Segment(0, Phase.FROZEN, 1.0)], Names()))

    assert math.isnan(record[3])
    assert (record[1], record[9], record[10]) == (NO_LANE, NO_NAME, NO_NAME)


def test_a_throttle_says_what_was_throttled() -> None:
    names = Names()
    throttle = Segment(0, Phase.THROTTLE, 1.0, 1.0, function_name="hello", version="2")
    pack([throttle], names)

    assert names.take_new() == ["hello:2"]


def test_a_request_id_that_is_no_uuid_is_left_out() -> None:
    record = RECORD.unpack(pack([Segment(0, Phase.INVOKE, 1.0, request_id="mine")], Names()))

    assert record[-1] == bytes(16)


def test_names_are_numbered_once() -> None:
    names = Names()

    assert [names.number(name) for name in ("a", "b", "a", None, "")] == [0, 1, 0, NO_NAME, NO_NAME]
    assert names.take_new() == ["a", "b"]
    assert names.take_new() == []
    names.forget_taken()
    assert names.take_new() == ["a", "b"]


def test_a_lane_is_json() -> None:
    assert lane(Lane(3, make_origin(), 99.0)) == {
        "number": 3,
        "id": "0123456789abcdef0123456789abcdef",
        "function": "hello",
        "version": "1",
        "initialization": "on-demand",
        "memory": 128,
        "born": 99.0,
        "gone": None,
    }
