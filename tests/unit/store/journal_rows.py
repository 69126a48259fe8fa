"""Rows for the tests of the journal."""

import time

from lambda_magic.store.journal import Journal
from lambda_magic.store.journal_writer import Row

GROUP, STREAM = "/aws/lambda/hello", "2026/01/31/[1]0123456789abcdef0123456789abcdef"


def log_event(number: int, *, message: str = "", stream: str = STREAM, group: str = GROUP) -> Row:
    now = int(time.time() * 1000)
    return (group, stream, now + number, message or f"message {number}\n", f"request-{number}")


def invocation(number: int, *, function_name: str = "hello", start: float | None = None) -> Row:
    began = time.time() + number if start is None else start
    return (
        *(began, began + 0.5, function_name, "1", None, f"request-{number}", "success", None),
        *(500.0, 500, None, 128, 36, 1e-6, 1, 1, 1, False, None, None),
    )


def throttle(number: int) -> Row:
    reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
    return (time.time() + number, "hello", "1", "LIVE", reason)


def messages(journal: Journal, group: str = GROUP) -> list[str]:
    return [row[3] for row in journal.log_events(group)]
