"""Filter patterns about JSON: `{ $.level = "ERROR" && ($.ms > 100 || $.tags[0] = a*) }`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax-json.html

Read by recursive descent: alternatives of conjunctions of conditions, which may be in parentheses.
"""

import fnmatch
import json
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

from lambda_magic.core.errors import InvalidParameterException

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<selector>\$(?:\.[\w-]+|\[(?:\d+|\*|"[^"]*"|'[^']*')\]|\.\*)*)
      | (?P<sign>&&|\|\||[(){}]|!=|<=|>=|=|<|>)
      | "(?P<quoted>(?:[^"\\]|\\.)*)"
      | %(?P<regex>[^%]*)%
      | (?P<word>[^\s(){}="<>&|!%]+)
    )""",
    re.VERBOSE,
)

_STEP = re.compile(r"""\.([\w-]+|\*)|\[(\d+|\*)\]|\[["']([^"']*)["']\]""")

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

#: Parentheses deeper than this are no pattern that anybody means.
_MOST_NESTED = 32

#: Says whether a parsed document matches.
_Condition = Callable[[Any], bool]

_Token = tuple[str, str]


def json_pattern(pattern: str) -> Callable[[str], bool]:
    """What decides whether a message is a JSON object that matches.

    Raises `InvalidParameterException`.
    """
    condition = _Parser(pattern).parse()

    def matches(message: str) -> bool:
        try:
            document = json.loads(message)
        except (ValueError, RecursionError):
            return False
        return isinstance(document, dict | list) and condition(document)

    return matches


def compile_regex(expression: str) -> re.Pattern[str]:
    """A regular expression as patterns may have between two "%".

    There are no groups in it, as on AWS, and so nothing that takes forever.
    Raises `InvalidParameterException`.
    """
    if re.search(r"(?<!\\)[()]", expression):
        raise InvalidParameterException("Invalid filter pattern: a regex may not have parentheses.")
    try:
        return re.compile(expression)
    except (re.error, OverflowError) as error:
        raise InvalidParameterException(f"Invalid filter pattern: {error}") from None


class _Parser:
    """Reads one pattern."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._tokens = list(self._split())
        self._at = 0
        self._depth = 0

    def parse(self) -> _Condition:
        self._take("{")
        condition = self._alternatives()
        self._take("}")
        if self._at < len(self._tokens):
            raise self._wrong()
        return condition

    def _alternatives(self) -> _Condition:
        parts = [self._conjunction()]
        while self._next_is("||"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else lambda value: any(part(value) for part in parts)

    def _conjunction(self) -> _Condition:
        parts = [self._condition()]
        while self._next_is("&&"):
            parts.append(self._condition())
        return parts[0] if len(parts) == 1 else lambda value: all(part(value) for part in parts)

    def _condition(self) -> _Condition:
        if self._next_is("("):
            self._depth += 1
            if self._depth > _MOST_NESTED:
                raise self._wrong()
            inner = self._alternatives()
            self._take(")")
            self._depth -= 1
            return inner
        kind, text = self._pop()
        if kind != "selector":
            raise self._wrong()
        steps = _steps(text)
        kind, comparison = self._pop()
        if kind == "word" and comparison.upper() in ("IS", "NOT"):
            return self._question(comparison.upper(), steps)
        if comparison not in _COMPARISONS:
            raise self._wrong()
        return self._comparison(comparison, steps)

    def _question(self, word: str, steps: list[str | int]) -> _Condition:
        """`IS TRUE`, `IS FALSE`, `IS NULL`, `NOT EXISTS`."""
        _, answer = self._pop()
        if word == "NOT" and answer.upper() == "EXISTS":
            return lambda document: not list(_select(document, steps))
        values = {"TRUE": True, "FALSE": False, "NULL": None}
        if word == "NOT" or answer.upper() not in values:
            raise self._wrong()
        wanted = values[answer.upper()]
        return lambda document: any(value is wanted for value in _select(document, steps))

    def _comparison(self, comparison: str, steps: list[str | int]) -> _Condition:
        kind, text = self._pop()
        compare = _COMPARISONS[comparison]
        if kind not in ("quoted", "regex", "word"):
            raise self._wrong()
        number = _number(text) if kind == "word" else None
        if number is not None:
            return lambda document: any(
                compare(value, number)
                for value in _select(document, steps)
                if isinstance(value, int | float) and not isinstance(value, bool)
            )
        if comparison not in ("=", "!="):
            raise self._wrong()
        is_like = self._text(kind, text)
        wanted = comparison == "="
        return lambda document: any(
            is_like(_written(value)) is wanted for value in _select(document, steps)
        )

    def _text(self, kind: str, text: str) -> Callable[[str], bool]:
        if kind == "regex":
            regex = compile_regex(text)
            return lambda value: regex.search(value) is not None
        if kind == "quoted":
            text = re.sub(r"\\(.)", r"\1", text)
        # "*" is the only wildcard: fnmatch's others are put in brackets, which quotes them.
        pattern = re.sub(r"[?\[]", lambda found: f"[{found[0]}]", text)
        return lambda value: fnmatch.fnmatchcase(value, pattern)

    def _split(self) -> Iterator[_Token]:
        at = 0
        text = self._pattern.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                raise self._wrong()
            yield match.lastgroup, match[match.lastgroup]
            at = match.end()

    def _pop(self) -> _Token:
        if self._at >= len(self._tokens):
            raise self._wrong()
        self._at += 1
        return self._tokens[self._at - 1]

    def _next_is(self, sign: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == ("sign", sign)
        self._at += found
        return found

    def _take(self, sign: str) -> None:
        if not self._next_is(sign):
            raise self._wrong()

    def _wrong(self) -> InvalidParameterException:
        return InvalidParameterException(f"Invalid filter pattern: {self._pattern}")


def _steps(selector: str) -> list[str | int]:
    """The way that a selector describes: names, indexes, and "*" for every element."""
    return [
        int(index) if index.isdecimal() else (name or index or quoted)
        for name, index, quoted in _STEP.findall(selector)
    ]


def _select(value: Any, steps: list[str | int]) -> Iterator[Any]:
    """All values that a selector leads to; none where there is nothing."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if step == "*" and isinstance(value, list | dict):
        for item in value if isinstance(value, list) else value.values():
            yield from _select(item, rest)
    elif isinstance(value, list) and isinstance(step, int):
        if step < len(value):
            yield from _select(value[step], rest)
    elif isinstance(value, dict) and step in value:
        yield from _select(value[step], rest)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _written(value: Any) -> str:
    """A value as patterns compare it with text."""
    return value if isinstance(value, str) else json.dumps(value)
