"""The handler of a rehearsal."""

from __future__ import annotations


def handler(event: object, context: object) -> object:
    """Return the event."""
    return event
