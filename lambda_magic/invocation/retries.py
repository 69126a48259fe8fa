"""What happens to an asynchronous event after each attempt: decisions, as functions of values.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html

A function that fails is tried again after one minute, then after two. What is not its fault (a
throttle, an error of the system) is tried again after 1 s, 2 s, 4 s and so on up to 5 min. An
event that has become too old is given up at that moment, whatever it waits for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from lambda_magic.core.errors import (
    LambdaError,
    ResourceConflictException,
    TooManyRequestsException,
)
from lambda_magic.monitoring.result import InvocationResult

#: Seconds between the attempts of a function that fails.
FUNCTION_ERROR_DELAYS = (60.0, 120.0)
#: Seconds until what could not run is tried again: the first time, and at most.
FIRST_DELAY, LONGEST_DELAY = 1.0, 300.0


class Condition(StrEnum):
    """Why an event is done with; `requestContext.condition` of AWS's record."""

    SUCCESS = "Success"
    RETRIES_EXHAUSTED = "RetriesExhausted"
    EVENT_AGE_EXCEEDED = "EventAgeExceeded"
    ZERO_RESERVED_CONCURRENCY = "ZeroReservedConcurrency"


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryPolicy:
    """What PutFunctionEventInvokeConfig says about retries, or AWS's defaults."""

    maximum_retry_attempts: int = 2
    #: In seconds.
    maximum_event_age: float = 21_600.0

    @classmethod
    def configured(cls, config: Mapping[str, Any] | None) -> Self:
        """The policy in a FunctionEventInvokeConfig; members that are not there are defaults."""
        attempts = (config or {}).get("MaximumRetryAttempts")
        age = (config or {}).get("MaximumEventAgeInSeconds")
        return cls(
            maximum_retry_attempts=2 if attempts is None else attempts,
            maximum_event_age=21_600.0 if age is None else float(age),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far an event has come."""

    #: When it was accepted, in seconds since the epoch.
    received: float
    #: How often the function has run, and how often in a row since then it could not run; the
    #: attempt that is decided about included.
    attempts: int = 0
    setbacks: int = 0


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again, at this time."""

    at: float


#: What comes next: another attempt, or the end.
Step = Retry | Condition


def before(progress: Progress, policy: RetryPolicy, *, now: float, reserved: int | None) -> Step:
    """Whether there is another attempt at all (a `Retry` now)."""
    if now >= progress.received + policy.maximum_event_age:
        return Condition.EVENT_AGE_EXCEEDED
    if reserved == 0:
        return Condition.ZERO_RESERVED_CONCURRENCY
    return Retry(now)


def after(
    outcome: InvocationResult | Exception, progress: Progress, policy: RetryPolicy, *, now: float
) -> Step:
    """What an attempt leads to."""
    if isinstance(outcome, InvocationResult):
        if outcome.function_error is None:
            return Condition.SUCCESS
        if progress.attempts > policy.maximum_retry_attempts:
            return Condition.RETRIES_EXHAUSTED
        last = len(FUNCTION_ERROR_DELAYS) - 1
        delay = FUNCTION_ERROR_DELAYS[min(progress.attempts - 1, last)]
    elif can_pass(outcome):
        # The exponent is bounded, or it would not fit a float some day.
        delay = min(FIRST_DELAY * 2.0 ** min(progress.setbacks - 1, 16), LONGEST_DELAY)
    else:
        return Condition.RETRIES_EXHAUSTED
    # To be given up when it is too old, not only when its next attempt would be due.
    return Retry(min(now + delay, progress.received + policy.maximum_event_age))


def can_pass(error: Exception) -> bool:
    """Whether what could not run may run later: a throttle, or an error of the system."""
    if not isinstance(error, LambdaError):
        return True
    passing = (TooManyRequestsException, ResourceConflictException)
    return isinstance(error, passing) or error.status >= 500
