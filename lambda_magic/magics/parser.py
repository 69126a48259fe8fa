"""The parser of a magic's line: it makes the help, and a mistyped line is one line to read."""

import argparse
import functools
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from IPython.core.error import UsageError


class HelpShown(Exception):
    """Help was asked for and has been printed: there is nothing else to do."""


class MagicParser(argparse.ArgumentParser):
    """An argument parser for one magic.

    `prog` is the magic as one types it, `example` a cell that one can paste.
    """

    def __init__(
        self, prog: str, *, description: str, example: str, usage: str | None = None
    ) -> None:
        super().__init__(
            prog=prog,
            usage=usage,
            description=description,
            epilog=f"example:\n{example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def parse(self, line: str) -> argparse.Namespace:
        """The arguments on a line, quoted as in a shell."""
        try:
            words = shlex.split(line)
        except ValueError as error:
            self.error(f"{error}: {line}")
        return self.parse_args(words)

    def options(self) -> Iterator[argparse.Action]:
        """What begins with a dash."""
        return (action for action in self._actions if action.option_strings)

    @property
    def flags(self) -> list[str]:
        """All options, for completion."""
        return [flag for action in self._actions for flag in action.option_strings]

    def takes_value(self, flag: str) -> bool:
        """Whether a word after this option belongs to it."""
        action = self._option_string_actions.get(flag)
        return action is not None and action.nargs != 0

    def error(self, message: str) -> NoReturn:
        """A mistyped line. `UsageError` itself: IPython shows a subclass with a traceback."""
        raise UsageError(f"{message} ({self.prog.split()[0]} -h shows how to use it)")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Called after help has been printed: a magic must not end the kernel."""
        raise HelpShown


#: The greatest number that an option takes.
_MOST = 2**31 - 1

#: What is no comment: that begins with a word, outside quotes.
_CODE = re.compile(r"""(?:[^"'\\#]|\\.|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?<=\S)#)*""")


def without_comment(line: str) -> str:
    """A magic's line without what a reader is told at its end, as in a line of Python.

    >>> without_comment("hello:LIVE 2   # all of it")
    'hello:LIVE 2'
    """
    code = _CODE.match(line)
    assert code is not None
    return code[0].rstrip() if line[code.end() :].startswith("#") else line


def positive_integer(text: str) -> int:
    """An argument that counts something."""
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    if number > _MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is more than {_MOST:,}")
    return number


def port(text: str) -> int:
    """An argument that is a TCP port, or 0."""
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return number


def magic(parser: MagicParser) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a method a well-behaved magic, documented by the parser.

    `-h` prints the help and returns None. A comment may stand at the end of the line. AWS's errors
    are shown in one line, as IPython shows what defines `_render_traceback_`, and can still be
    caught.
    """

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def wrapped(magics: Any, line: str, *cell: Any) -> Any:
            with suppress(HelpShown), errors_in_one_line():
                return method(magics, without_comment(line), *cell)
            return None

        wrapped.__doc__ = parser.format_help()
        return wrapped

    return decorate


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Have IPython show boto3's errors, which come out of the block as they are, in one line."""
    try:
        yield
    except ClientError as error:
        _show_in_one_line(error, _answered(error.response))
        raise
    except BotoCoreError as error:
        _show_in_one_line(error, f"{type(error).__name__}: {error}")
        raise


def _answered(response: Mapping[str, Any]) -> str:
    """AWS's error as it is told elsewhere too: "Code: message (Reason)"."""
    error = response.get("Error", {})
    reason = f" ({response['Reason']})" if response.get("Reason") else ""
    return f"{error.get('Code')}: {error.get('Message')}{reason}"


def _show_in_one_line(error: Exception, text: str) -> None:
    line = " ".join(text.split())
    vars(error)["_render_traceback_"] = lambda: [line]
