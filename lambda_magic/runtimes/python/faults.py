"""What goes wrong, in AWS's form: the error document and the log record that tells of it."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable
from types import TracebackType

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from typing import Any

#: Frames of ours, which no traceback shows.
_OWN_DIRECTORY = os.path.dirname(os.path.abspath(__file__)) + os.sep
_NO_BREAK_SPACE = "\u00a0"


class Fault(Exception):
    """An error that the runtime itself finds, such as a handler that does not exist."""

    def __init__(self, error_type: str, message: str, stack_trace: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.message = message
        self.stack_trace = list(stack_trace)


def error_document(error: BaseException, request_id: str = "") -> dict[str, Any]:
    """`{"errorMessage", "errorType", "requestId", "stackTrace"}` of an exception."""
    if isinstance(error, Fault):
        message, error_type, stack = error.message, error.error_type, error.stack_trace
    else:
        message, error_type = str(error), type(error).__name__
        stack = _format_stack(error.__traceback__)
    return {
        "errorMessage": message,
        "errorType": error_type,
        "requestId": request_id,
        "stackTrace": stack,
    }


def _format_stack(frames: TracebackType | None) -> list[str]:
    summary = traceback.extract_tb(frames)
    while summary and summary[0].filename.startswith(_OWN_DIRECTORY):
        del summary[0]
    # From plain tuples, as AWS does: without the markers that newer Pythons draw under a line.
    return traceback.format_list([(f.filename, f.lineno or 0, f.name, f.line) for f in summary])


def error_text(document: dict[str, Any]) -> str:
    """The log record of an error document, in Text format.

    Indented with no-break spaces, as on AWS, whose console would swallow others.
    """
    head = " ".join(
        word
        for word in (
            "[ERROR]",
            document["errorType"] + (":" if document["errorMessage"] else ""),
            document["errorMessage"],
        )
        if word
    )
    lines = [head, "Traceback (most recent call last):"]
    for entry in document["stackTrace"]:
        for line in entry.splitlines():
            bare = line.lstrip(" ")
            lines.append(_NO_BREAK_SPACE * (len(line) - len(bare)) + bare)
    return "\n".join(lines)
