"""The payload of an invocation: found on a magic's line, and turned into an event."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from IPython.core.error import UsageError

from lambda_magic.magics.parser import MagicParser

_FLAG = re.compile(r"--[a-z]|-[a-zA-Z]$")
_OPENING, _CLOSING = "([{", ")]}"


def split_line(line: str, parser: MagicParser) -> tuple[list[str], str]:
    """The words for the parser, and the payload's text.

    The payload is the rest of the line as it stands, with its own quotes and spaces: everything
    after the function's name that is not an option. Options may stand before or after it.
    """
    words: list[str] = []
    payload: list[tuple[int, int]] = []
    named = value_follows = False
    for start, end in _words(line):
        word = line[start:end]
        if value_follows:
            value_follows = False
            words.append(word)
        elif _FLAG.match(word):
            value_follows = "=" not in word and parser.takes_value(word)
            words.append(word)
        elif not named:
            named = True
            words.append(word)
        else:
            payload.append((start, end))
    words = [_unquoted(word) for word in words]
    text = line[payload[0][0] : payload[-1][1]] if payload else ""
    if len(payload) > 1 and any(_FLAG.match(text[s:e]) for s, e in _words(text)):
        parser.error(f"the payload is torn apart by options: {line}")
    return words, text.removesuffix(";").rstrip()


def _unquoted(word: str) -> str:
    """A word as a shell hands it on, if it begins with a quote, or does so after its "="."""
    head, equals, value = word.partition("=") if _FLAG.match(word) else ("", "", word)
    if value.startswith(('"', "'")):
        with suppress(ValueError):  # The quote has no end: it stands for itself.
            value = "".join(shlex.split(value))
    return head + equals + value


def _words(line: str) -> Iterator[tuple[int, int]]:
    """Where the words are that spaces separate, outside quotes and brackets."""
    start: int | None = None
    depth, quote, escaped = 0, "", False
    for index, character in enumerate(line):
        if start is None and not character.isspace():
            start = index
        if escaped:
            escaped = False
        elif quote:
            escaped = character == "\\"
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth -= 1
        elif character.isspace() and depth <= 0 and start is not None:
            yield start, index
            start = None
    if start is not None:
        yield start, len(line)


def event(text: str, namespace: Mapping[str, Any]) -> Any:
    """The event that a payload's text stands for.

    Nothing is the empty event, "@file.json" what is in the file. Otherwise the text is JSON or,
    failing that, a Python expression in the notebook's namespace: often just a variable.
    """
    text = text.strip()
    if not text:
        return {}
    if text.startswith("@"):
        return _from_file(Path(text[1:].strip()).expanduser())
    try:
        return _parse(text)
    except ValueError as error:
        return _from_expression(text, namespace, error)


def written(event: Any) -> bytes:
    """The event as Invoke's `Payload`."""
    return json.dumps(event).encode()


def _from_file(path: Path) -> Any:
    try:
        return _parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"@{path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"@{path} is not JSON: {error}") from None


def _from_expression(text: str, namespace: Mapping[str, Any], not_json: ValueError) -> Any:
    try:
        value = eval(compile(text, "<payload>", "eval"), dict(namespace))
    except SyntaxError:
        raise UsageError(f"the payload is not JSON ({not_json}), and no Python either") from None
    except Exception as error:
        raise UsageError(f"the payload {text}: {type(error).__name__}: {error}") from None
    try:
        return _parse(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise UsageError(f"the payload {text} cannot be written as JSON: {error}") from None


def _parse(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    # Python's json takes NaN and Infinity; JSON, and so Lambda, has neither.
    raise ValueError(f"{constant} is not JSON")
