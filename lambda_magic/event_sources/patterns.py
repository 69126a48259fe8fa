"""The pattern language of EventBridge, which event source mappings filter with, too.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html

    {"detail": {"state": ["running", {"prefix": "stop"}], "ms": [{"numeric": [">", 0, "<", 9]}]}}

Standard library only, as it is needed in the embedded AWS's process, too.
"""

import ipaddress
import itertools
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

#: Says whether a JSON document matches.
Matcher = Callable[[Any], bool]

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
#: EventBridge's bound on the numbers of a pattern.
_LARGEST = 5e9

#: Patterns nested deeper than this are nothing that anybody means.
_DEEPEST = 64


class _Missing:
    """Stands for what is not in a document."""


_MISSING = _Missing()


class PatternError(ValueError):
    """This is no pattern; the text says why."""


def compile_pattern(pattern: Any) -> Matcher:
    """What decides whether a document matches; raises `PatternError`.

    >>> compile_pattern({"state": [{"prefix": "run"}]})({"state": "running"})
    True
    """
    if not isinstance(pattern, Mapping):
        raise PatternError("a pattern is a JSON object")
    return _object(pattern, 0)


def _object(pattern: Mapping[str, Any], depth: int) -> Matcher:
    """All members of the pattern match; of a list of objects, in one and the same of them."""
    if depth > _DEEPEST:
        raise PatternError("the pattern is nested too deeply")
    members = [_member(key, value, depth) for key, value in pattern.items()]

    def matches(value: Any) -> bool:
        if isinstance(value, list):
            return any(matches(one) for one in value)
        return all(member(value) for member in members)

    return matches


def _member(key: str, value: Any, depth: int) -> Matcher:
    if key == "$or" and _is_or(value):
        alternatives = [_object(one, depth + 1) for one in value]
        return lambda document: any(one(document) for one in alternatives)
    if isinstance(value, Mapping):
        if not value:
            raise PatternError(f"the pattern of {key!r} is empty")
        return _of_member(key, _object(value, depth + 1))
    if isinstance(value, list):
        if not value:
            raise PatternError(f"the list of {key!r} is empty")
        rules = [_rule(one) for one in value]
        return _of_member(key, lambda node: any(rule(node) for rule in rules))
    raise PatternError(f"{key!r} must be a list or an object")


def _is_or(value: Any) -> bool:
    """EventBridge takes "$or" for a name where it is not a list of two objects or more."""
    return isinstance(value, list) and len(value) > 1 and all(isinstance(v, Mapping) for v in value)


def _of_member(key: str, matcher: Matcher) -> Matcher:
    def matches(document: Any) -> bool:
        is_object = isinstance(document, dict)
        return matcher(document.get(key, _MISSING) if is_object else _MISSING)

    return matches


# One rule about a leaf...


def _rule(rule: Any) -> Matcher:
    """A value, or an object with one operator; of a list in a document, one element matches."""
    if isinstance(rule, Mapping):
        if len(rule) != 1:
            raise PatternError("a rule has one operator")
        ((name, argument),) = rule.items()
        if name == "exists":
            return _exists(argument)
        if name not in _OPERATORS:
            raise PatternError(f"there is no operator {name!r}")
        return _any_element(_OPERATORS[name](argument))
    if isinstance(rule, list):
        raise PatternError("a list may not hold a list")
    return _any_element(_equals(rule))


def _any_element(test: Matcher) -> Matcher:
    def matches(node: Any) -> bool:
        if isinstance(node, list):
            return any(matches(one) for one in node)
        return not isinstance(node, _Missing | dict) and test(node)

    return matches


def _exists(wanted: Any) -> Matcher:
    """Only about leaves: an object does not count as there."""
    if not isinstance(wanted, bool):
        raise PatternError("exists is true or false")
    return lambda node: isinstance(node, _Missing | dict) is not wanted


def _equals(wanted: Any) -> Matcher:
    """Numbers equal by value; true is no number."""
    if isinstance(wanted, bool) or wanted is None:
        return lambda value: value is wanted
    if isinstance(wanted, int | float):
        return lambda value: _is_number(value) and value == wanted
    return lambda value: isinstance(value, str) and value == wanted


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# ...by the operators there are.


def _prefix(argument: Any) -> Matcher:
    return _edge(argument, "prefix", str.startswith)


def _suffix(argument: Any) -> Matcher:
    return _edge(argument, "suffix", str.endswith)


def _edge(argument: Any, name: str, test: Callable[[str, str], bool]) -> Matcher:
    """A prefix or suffix, `{"equals-ignore-case": ...}` around it where the case is no matter."""
    if isinstance(argument, Mapping) and argument.keys() == {"equals-ignore-case"}:
        folded = _text(argument["equals-ignore-case"], name).casefold()
        return lambda value: isinstance(value, str) and test(value.casefold(), folded)
    text = _text(argument, name)
    return lambda value: isinstance(value, str) and test(value, text)


def _equals_ignore_case(argument: Any) -> Matcher:
    folded = _text(argument, "equals-ignore-case").casefold()
    return lambda value: isinstance(value, str) and value.casefold() == folded


def _wildcard(argument: Any) -> Matcher:
    r"""`*` stands for any text; `\*` and `\\` for themselves."""
    text = _text(argument, "wildcard")
    tokens = re.findall(r"\\.|[^\\]|\\$", text, re.DOTALL)
    if any(one.startswith("\\") and one not in ("\\*", "\\\\") for one in tokens):
        raise PatternError("a backslash in a wildcard stands before * or another one")
    if any(pair == ("*", "*") for pair in itertools.pairwise(tokens)):
        raise PatternError("a wildcard has no two * side by side")
    # (Each part is found as early as can be: no regular expression that could run away.)
    parts = [""]
    for token in tokens:
        if token == "*":
            parts.append("")
        else:
            parts[-1] += token[-1]
    return lambda value: isinstance(value, str) and _fits(value, parts)


def _fits(value: str, parts: Sequence[str]) -> bool:
    """Whether the text is these parts, in this order, with any text between two of them."""
    first, *middle = parts
    if not middle:
        return value == first
    last = middle.pop()
    if len(value) < len(first) + len(last) or not value.startswith(first):
        return False
    if not value.endswith(last):
        return False
    at, end = len(first), len(value) - len(last)
    for part in middle:
        found = value.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _numeric(argument: Any) -> Matcher:
    """`[">", 0, "<=", 5]`."""
    if not isinstance(argument, list) or len(argument) not in (2, 4):
        raise PatternError("numeric has one comparison or two")
    tests = []
    for name, bound in zip(argument[::2], argument[1::2], strict=True):
        if name not in _COMPARISONS:
            raise PatternError(f"numeric has no comparison {name!r}")
        if not _is_number(bound) or not math.isfinite(bound) or abs(bound) > _LARGEST:
            raise PatternError(f"numeric compares with a number, not with {bound!r}")
        tests.append((_COMPARISONS[name], bound))
    return lambda value: _is_number(value) and all(test(value, bound) for test, bound in tests)


def _cidr(argument: Any) -> Matcher:
    try:
        network = ipaddress.ip_network(_text(argument, "cidr"), strict=False)
    except ValueError as error:
        raise PatternError(str(error)) from None

    def matches(value: Any) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return matches


def _anything_but(argument: Any) -> Matcher:
    """Values, or one operator about text: whatever is there and does not match."""
    if isinstance(argument, Mapping):
        if len(argument) != 1:
            raise PatternError("anything-but has one operator")
        ((name, inner),) = argument.items()
        if name not in _OPPOSITES:
            raise PatternError(f"anything-but takes no {name!r}")
        texts = inner if isinstance(inner, list) else [inner]
        tests = [_OPERATORS[name](one) for one in texts]
    else:
        values = argument if isinstance(argument, list) else [argument]
        if any(not isinstance(one, str) and not _is_number(one) for one in values):
            raise PatternError("anything-but takes text and numbers")
        tests = [_equals(one) for one in values]
    if not tests:
        raise PatternError("anything-but takes something")
    return lambda value: not any(test(value) for test in tests)


def _text(argument: Any, name: str) -> str:
    if not isinstance(argument, str):
        raise PatternError(f"{name} takes text, not {argument!r}")
    return argument


_OPERATORS: dict[str, Callable[[Any], Matcher]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "numeric": _numeric,
    "cidr": _cidr,
    "anything-but": _anything_but,
}
#: What anything-but may be the opposite of.
_OPPOSITES = frozenset({"prefix", "suffix", "equals-ignore-case", "wildcard"})
