"""What an attempt leaves behind in its event."""

from dataclasses import replace

from lambda_magic.core.errors import TooManyRequestsException
from lambda_magic.invocation.attempts import counted, last_answer

from .test_records import ERROR, EVENT, result


def test_an_attempt_is_counted_and_its_answer_kept() -> None:
    failed = result(ERROR, "Unhandled")
    event = counted(replace(EVENT, attempts=1, setbacks=4), failed)

    assert (event.attempts, event.setbacks) == (2, 0)
    assert last_answer(event) == failed


def test_a_setback_is_no_attempt() -> None:
    event = counted(replace(EVENT, attempts=1, setbacks=4), TooManyRequestsException())

    assert (event.attempts, event.setbacks) == (1, 5)
    assert last_answer(event) is None
