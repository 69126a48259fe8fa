"""What an extension says when it registers."""

import json
from dataclasses import dataclass

from lambda_magic.runtime_api.extension import INVOKE, SHUTDOWN


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """The body of POST .../register."""

    #: As they were written, each once.
    events: tuple[str, ...]

    def problem(self, *, is_internal: bool) -> str | None:
        """Why an extension cannot have these events, in AWS's words; None if it can."""
        for event in self.events:
            if event == SHUTDOWN and is_internal:
                return f"{event}: ShutdownEventNotSupportedForInternalExtension"
            if event not in (INVOKE, SHUTDOWN):
                return f"{event}: ErrorInvalidEventType"
        return None


def read_registration(body: bytes) -> Registration | str:
    """The registration, or what is wrong with the document.

    >>> read_registration(b'{"events": ["INVOKE"]}')
    Registration(events=('INVOKE',))
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        return _json_problem(body, error)
    if not isinstance(document, dict):
        return "the body is not a JSON object"
    if document.get("configurationKeys"):
        return "configurationKeys are deprecated; use environment variables instead"
    events = document.get("events") or []
    if not isinstance(events, list) or not all(isinstance(event, str) for event in events):
        return "events is not a list of strings"
    return Registration(events=tuple(dict.fromkeys(events)))


def _json_problem(body: bytes, error: Exception) -> str:
    """AWS's API is written in Go, and these are the words of its JSON parser."""
    if isinstance(error, json.JSONDecodeError) and error.pos < len(error.doc):
        return f"invalid character {error.doc[error.pos]!r} looking for beginning of value"
    return "unexpected end of JSON input" if not body.strip() else "invalid JSON"
