"""CloudWatch Logs' filter patterns: which log events somebody wants to see.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html

There are patterns of terms, `ERROR -timeout "exact words" %regex%`, of which `?one ?or ?another`
suffices, and patterns about JSON, `{ $.level = "ERROR" && $.ms > 100 }`; the latter are in
`json_patterns`. Those about fields between spaces, `[ip, user, status=4*]`, are not read.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from lambda_magic.core.errors import InvalidParameterException
from lambda_magic.monitoring.json_patterns import compile_regex, json_pattern

#: Says of the message of a log event whether it matches.
Matches = Callable[[str], bool]

_TERM = re.compile(
    r"""\s*(?P<sign>[-?]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|%(?P<regex>[^%]*)%|(?P<word>[^\s"]+))"""
)


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Matches:
    """What decides whether a message matches; an empty pattern matches everything.

    >>> compile_pattern('ERROR -"timed out"')("ERROR: disk full")
    True

    Raises `InvalidParameterException`.
    """
    stripped = pattern.strip()
    if stripped.startswith("{"):
        return json_pattern(stripped)
    if stripped.startswith("["):
        raise InvalidParameterException(
            "Invalid filter pattern: lambda_magic reads no patterns of space-delimited fields."
        )
    wanted: list[Matches] = []
    unwanted: list[Matches] = []
    optional: list[Matches] = []
    at = 0
    while at < len(stripped):
        match = _TERM.match(stripped, at)
        if match is None:
            raise InvalidParameterException(f"Invalid filter pattern: {stripped[at:]}")
        {"": wanted, "-": unwanted, "?": optional}[match["sign"]].append(_term(match))
        at = match.end()
    if wanted or unwanted:
        # "If you use '?' with other terms, the terms with '?' are ignored."
        return lambda message: (
            all(term(message) for term in wanted) and not any(term(message) for term in unwanted)
        )
    return lambda message: not optional or any(term(message) for term in optional)


def _term(match: re.Match[str]) -> Matches:
    if (expression := match["regex"]) is not None:
        regex = compile_regex(expression)
        return lambda message: regex.search(message) is not None
    quoted = match["quoted"]
    text = match["word"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    return lambda message: text in message
