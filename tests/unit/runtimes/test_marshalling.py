"""Events from JSON and results to JSON, as AWS's Python runtime does it."""

import collections
import decimal

import pytest

from lambda_magic.runtimes.python import marshalling
from lambda_magic.runtimes.python.faults import Fault

Point = collections.namedtuple("Point", "x y")
DEEP = None
for _ in range(100_000):
    DEEP = [DEEP]
CIRCULAR = {"a": [1]}
CIRCULAR["a"].append(CIRCULAR)


class Points(list):
    pass


class Row:
    def _asdict(self):
        return collections.OrderedDict(x=(1,))


class NoRow:
    def _asdict(self):
        return 5


@pytest.fixture(params=["AWS_Lambda_python3.11", "AWS_Lambda_python3.13"])
def execution_environment(request, monkeypatch):
    monkeypatch.setenv("AWS_EXECUTION_ENV", request.param)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (None, "null"),
        ({"a": [1, 2.5, "x", True]}, '{"a": [1, 2.5, "x", true]}'),
        ((1, 2), "[1, 2]"),
        (Point(1, [Point(2, 3)]), '{"x": 1, "y": [{"x": 2, "y": 3}]}'),
        ({"p": (0, Point(1, 2))}, '{"p": [0, {"x": 1, "y": 2}]}'),
        ({"b": b"text"}, '{"b": "text"}'),
        (
            {b"k": 1, 2: 3, None: 4, 0.5: 5, True: 6},
            '{"k": 1, "2": 3, "null": 4, "0.5": 5, "true": 6}',
        ),
        (collections.defaultdict(list, p=[Point(1, 2)]), '{"p": [{"x": 1, "y": 2}]}'),
        (Points([Point(1, 2)]), '[{"x": 1, "y": 2}]'),
        (Row(), '{"x": [1]}'),
        (float("nan"), "NaN"),
        (decimal.Decimal("1.10"), "1.10"),
        ({"d": [decimal.Decimal("1E+3"), decimal.Decimal("-0")]}, '{"d": [1E+3, -0]}'),
        (decimal.Decimal("NaN"), "NaN"),
    ],
)
@pytest.mark.usefixtures("execution_environment")
def test_results_become_json_as_simplejson_writes_it(result, text):
    assert marshalling.marshal_result(result) == (text.encode(), "application/json")


@pytest.mark.parametrize(
    ("runtime", "text"),
    [("3.11", '"\\u00fc"'), ("3.12", '"ü"'), ("3.13", '"ü"'), ("3.14", '"ü"')],
)
def test_from_python_3_12_on_text_is_not_escaped(monkeypatch, runtime, text):
    monkeypatch.setenv("AWS_EXECUTION_ENV", f"AWS_Lambda_python{runtime}")
    assert marshalling.to_json("ü") == text


def test_bytes_go_out_as_they_are():
    assert marshalling.marshal_result(b"\xff") == (b"\xff", "application/unknown")


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({1, 2}, "Unable to marshal response: Object of type set is not JSON serializable"),
        ({(1, 2): 3}, "keys must be str, int, float, bool or None, not tuple"),
        ({decimal.Decimal(1): 3}, "keys must be str, int, float, bool or None, not Decimal"),
        ({b"\xff": 3}, "codec can't decode byte 0xff"),
        (CIRCULAR, "Unable to marshal response: Circular reference detected"),
        (DEEP, "Unable to marshal response: maximum recursion depth exceeded"),
        (NoRow(), r"Unable to marshal response: _asdict\(\) must return a dict, not int"),
    ],
)
def test_what_is_no_json_is_a_fault(result, message):
    with pytest.raises(Fault, match=message) as raised:
        marshalling.marshal_result(result)
    assert raised.value.error_type == "Runtime.MarshalError"


def test_an_event_is_parsed_if_it_is_json():
    assert marshalling.unmarshal_event(b'{"a": 1}', "application/json") == {"a": 1}
    assert marshalling.unmarshal_event(b"\xff", "application/octet-stream") == b"\xff"
    with pytest.raises(Fault, match="Unable to unmarshal input: Expecting") as raised:
        marshalling.unmarshal_event(b"{", "application/json")
    assert raised.value.error_type == "Runtime.UnmarshalError"
