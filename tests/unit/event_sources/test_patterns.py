"""The pattern language, operator by operator, as EventBridge's documentation describes it."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_magic.event_sources.patterns import PatternError, compile_pattern

MATCHING = [
    # Values: equal ones, of the same type.
    ({"a": ["x"]}, {"a": "x"}),
    ({"a": ["x", "y"]}, {"a": "y"}),
    ({"a": [1]}, {"a": 1.0}),
    ({"a": [None]}, {"a": None}),
    ({"a": [""]}, {"a": ""}),
    ({"a": [True]}, {"a": True}),
    # Every member matches.
    ({"a": ["x"], "b": ["y"]}, {"a": "x", "b": "y", "c": 1}),
    ({"a": {"b": {"c": ["x"]}}}, {"a": {"b": {"c": "x"}}}),
    ({}, {"anything": 1}),
    # Lists in the document: one element does; of objects, one and the same.
    ({"a": ["x"]}, {"a": ["w", "x"]}),
    ({"a": {"b": [1], "c": [2]}}, {"a": [{"b": 1, "c": 3}, {"b": 1, "c": 2}]}),
    # Alternatives over several members.
    ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": "y"}),
    ({"c": [1], "$or": [{"a": ["x"]}, {"b": {"$or": [{"d": [1]}, {"e": [2]}]}}]},
     {"c": 1, "b": {"e": 2}}),
    # Operators.
    ({"a": [{"prefix": "run"}]}, {"a": "running"}),
    ({"a": [{"prefix": {"equals-ignore-case": "RUN"}}]}, {"a": "Running"}),
    ({"a": [{"suffix": ".png"}]}, {"a": "x.png"}),
    ({"a": [{"suffix": {"equals-ignore-case": ".PNG"}}]}, {"a": "x.png"}),
    ({"a": [{"equals-ignore-case": "aLICE"}]}, {"a": "Alice"}),
    ({"a": [{"exists": True}]}, {"a": None}),
    ({"a": [{"exists": False}]}, {"b": 1}),
    ({"a": {"b": [{"exists": False}]}}, {}),
    ({"a": [{"exists": False}]}, {"a": {"b": 1}}),
    ({"a": [{"numeric": ["=", 3.018e2]}]}, {"a": 301.8}),
    ({"a": [{"numeric": [">", 0, "<=", 5]}]}, {"a": 5}),
    ({"a": [{"numeric": ["<", 0]}, {"numeric": [">", 9]}]}, {"a": 10}),
    ({"a": [{"anything-but": "x"}]}, {"a": "y"}),
    ({"a": [{"anything-but": ["x", 1]}]}, {"a": 2}),
    ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "yx"}),
    ({"a": [{"anything-but": {"suffix": ["x", "z"]}}]}, {"a": "xy"}),
    ({"a": [{"anything-but": {"equals-ignore-case": ["X"]}}]}, {"a": "y"}),
    ({"a": [{"anything-but": {"wildcard": "*/x/*"}}]}, {"a": "a/y/b"}),
    ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.0.255"}),
    ({"a": [{"cidr": "2001:db8::/32"}]}, {"a": "2001:db8::1"}),
    ({"a": [{"wildcard": "a*b*c"}]}, {"a": "a--b--b--c"}),
    ({"a": [{"wildcard": r"a\**"}]}, {"a": "a*anything"}),
    ({"a": [{"wildcard": r"\\"}]}, {"a": "\\"}),
    ({"a": [{"wildcard": "*"}]}, {"a": ""}),
]  # fmt: skip

NOT_MATCHING = [
    ({"a": ["x"]}, {"a": "X"}),
    ({"a": ["1"]}, {"a": 1}),
    ({"a": [1]}, {"a": True}),
    ({"a": [True]}, {"a": 1}),
    ({"a": [None]}, {}),
    ({"a": ["x"]}, {"a": {"x": 1}}),
    ({"a": ["x"], "b": ["y"]}, {"a": "x"}),
    ({"a": {"b": [1], "c": [2]}}, {"a": [{"b": 1, "c": 3}, {"b": 2, "c": 2}]}),
    ({"a": {"b": ["x"]}}, {"a": "x"}),
    ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"a": "y", "b": "x"}),
    ({"a": [{"prefix": "run"}]}, {"a": "Running"}),
    ({"a": [{"prefix": "1"}]}, {"a": 1}),
    ({"a": [{"exists": True}]}, {"a": {"b": 1}}),
    ({"a": [{"exists": False}]}, {"a": 0}),
    ({"a": [{"numeric": [">", 0]}]}, {"a": "1"}),
    ({"a": [{"numeric": [">", 0]}]}, {"a": True}),
    ({"a": [{"numeric": [">", 0, "<", 5]}]}, {"a": 5}),
    ({"a": [{"anything-but": "x"}]}, {}),
    ({"a": [{"anything-but": ["x", "y"]}]}, {"a": "y"}),
    ({"a": [{"anything-but": {"prefix": ["x", "y"]}}]}, {"a": "y1"}),
    ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.1.0"}),
    ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "no address"}),
    ({"a": [{"wildcard": "a*b"}]}, {"a": "acbd"}),
    ({"a": [{"wildcard": "ab*ba"}]}, {"a": "aba"}),
    ({"a": [{"wildcard": r"a\*"}]}, {"a": "ab"}),
    ({"a": ["x"]}, "no object"),
]

WRONG = [
    ("text", "a pattern is a JSON object"),
    ({"a": "x"}, "'a' must be a list or an object"),
    ({"a": []}, "the list of 'a' is empty"),
    ({"a": {}}, "the pattern of 'a' is empty"),
    ({"a": [["x"]]}, "a list may not hold a list"),
    ({"a": [{"prefix": "x", "suffix": "y"}]}, "a rule has one operator"),
    ({"a": [{"like": "x"}]}, "there is no operator 'like'"),
    ({"a": [{"prefix": 1}]}, "prefix takes text, not 1"),
    ({"a": [{"exists": "yes"}]}, "exists is true or false"),
    ({"a": [{"numeric": ["~", 1]}]}, "numeric has no comparison '~'"),
    ({"a": [{"numeric": [">"]}]}, "numeric has one comparison or two"),
    ({"a": [{"numeric": [">", "1"]}]}, "numeric compares with a number, not with '1'"),
    ({"a": [{"numeric": [">", 5e9 + 1]}]}, "numeric compares with a number, not with"),
    ({"a": [{"wildcard": "a**b"}]}, r"a wildcard has no two \* side by side"),
    ({"a": [{"wildcard": r"a\b"}]}, "a backslash in a wildcard stands before"),
    ({"a": [{"cidr": "10.0.0.0/99"}]}, "does not appear to be an IPv4 or IPv6 network"),
    ({"a": [{"anything-but": []}]}, "anything-but takes something"),
    ({"a": [{"anything-but": [None]}]}, "anything-but takes text and numbers"),
    ({"a": [{"anything-but": {"numeric": [">", 1]}}]}, "anything-but takes no 'numeric'"),
    ({"$or": [{"a": ["x"]}]}, "a rule has one operator|there is no operator 'a'"),
]


@pytest.mark.parametrize(("pattern", "document"), MATCHING, ids=json.dumps)
def test_matches(pattern: Any, document: Any) -> None:
    assert compile_pattern(pattern)(document)


@pytest.mark.parametrize(("pattern", "document"), NOT_MATCHING, ids=json.dumps)
def test_does_not_match(pattern: Any, document: Any) -> None:
    assert not compile_pattern(pattern)(document)


@pytest.mark.parametrize(("pattern", "reason"), WRONG, ids=json.dumps)
def test_is_no_pattern(pattern: Any, reason: str) -> None:
    with pytest.raises(PatternError, match=reason):
        compile_pattern(pattern)


def test_a_pattern_may_not_be_nested_endlessly() -> None:
    pattern: Any = {"a": ["x"]}
    for _ in range(100):
        pattern = {"a": pattern}
    with pytest.raises(PatternError, match="nested too deeply"):
        compile_pattern(pattern)


@given(st.text("ab*", max_size=8), st.text("ab*", max_size=8))
def test_wildcards_are_as_regular_expressions_are(wildcard: str, text: str) -> None:
    if "**" in wildcard:
        return
    expression = ".*".join(re.escape(part) for part in wildcard.split("*"))
    expected = re.fullmatch(expression, text, re.DOTALL) is not None
    assert compile_pattern({"a": [{"wildcard": wildcard}]})({"a": text}) is expected


_documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
_leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=3)


@given(_documents)
def test_no_document_is_too_strange(document: Any) -> None:
    rules: list[Any] = [{"exists": False}, {"numeric": [">", 0]}, {"anything-but": "x"}, None]
    assert compile_pattern({"a": rules, "b": {"c": rules}})(document) in (True, False)


@given(st.dictionaries(st.text(max_size=3), _leaves, min_size=1))
def test_a_document_matches_the_pattern_made_of_it(document: dict[str, Any]) -> None:
    assert compile_pattern({key: [value] for key, value in document.items()})(document)


@given(st.text(max_size=4), st.text(max_size=4))
def test_anything_but_is_the_opposite(wanted: str, text: str) -> None:
    document = {"a": text}
    same = compile_pattern({"a": [wanted]})(document)
    assert compile_pattern({"a": [{"anything-but": wanted}]})(document) is not same
