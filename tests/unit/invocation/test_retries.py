"""When an event is tried again, and when it is done with."""

from typing import Any

import pytest

from lambda_magic.core.errors import (
    InvalidRuntimeException,
    LambdaError,
    RecursiveInvocationException,
    ResourceConflictException,
    ResourceNotFoundException,
    ServiceException,
    TooManyRequestsException,
)
from lambda_magic.invocation.retries import (
    Condition,
    Progress,
    Retry,
    RetryPolicy,
    Step,
    after,
    before,
)
from lambda_magic.monitoring.result import InvocationResult

NOW = 1_000.0
HOURS = 3600.0


def answered(function_error: str | None) -> InvocationResult:
    return InvocationResult(
        status_code=200,
        payload_bytes=b"{}",
        function_error=function_error,
        executed_version="1",
        request_id="request",
        function_name="hello",
    )


@pytest.mark.parametrize(
    ("config", "attempts", "age"),
    [
        (None, 2, 21_600),
        ({}, 2, 21_600),
        ({"MaximumRetryAttempts": 0}, 0, 21_600),
        ({"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60}, 1, 60),
        ({"MaximumRetryAttempts": None, "MaximumEventAgeInSeconds": None}, 2, 21_600),
    ],
)
def test_a_policy_is_configured(config: dict[str, Any] | None, attempts: int, age: float) -> None:
    assert RetryPolicy.configured(config) == RetryPolicy(
        maximum_retry_attempts=attempts, maximum_event_age=age
    )


@pytest.mark.parametrize(
    ("received", "reserved", "step"),
    [
        (NOW, None, Retry(NOW)),
        (NOW, 1, Retry(NOW)),
        (NOW - 59.9, None, Retry(NOW)),
        (NOW - 60, None, Condition.EVENT_AGE_EXCEEDED),
        (NOW, 0, Condition.ZERO_RESERVED_CONCURRENCY),
        (NOW - 60, 0, Condition.EVENT_AGE_EXCEEDED),
    ],
)
def test_before_an_attempt(received: float, reserved: int | None, step: Step) -> None:
    policy = RetryPolicy(maximum_event_age=60)

    assert before(Progress(received=received), policy, now=NOW, reserved=reserved) == step


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_a_success_is_the_end(attempts: int) -> None:
    progress = Progress(received=NOW, attempts=attempts)

    assert after(answered(None), progress, RetryPolicy(), now=NOW) is Condition.SUCCESS


@pytest.mark.parametrize(
    ("attempts", "retries", "step"),
    [
        (1, 2, Retry(NOW + 60)),
        (2, 2, Retry(NOW + 120)),
        (3, 2, Condition.RETRIES_EXHAUSTED),
        (1, 1, Retry(NOW + 60)),
        (2, 1, Condition.RETRIES_EXHAUSTED),
        (1, 0, Condition.RETRIES_EXHAUSTED),
        # MaximumRetryAttempts was lowered meanwhile.
        (3, 0, Condition.RETRIES_EXHAUSTED),
    ],
)
def test_after_a_function_error(attempts: int, retries: int, step: Step) -> None:
    progress = Progress(received=NOW - 10, attempts=attempts)
    policy = RetryPolicy(maximum_retry_attempts=retries)

    assert after(answered("Unhandled"), progress, policy, now=NOW) == step


THROTTLE = TooManyRequestsException("Rate Exceeded.", Reason="ConcurrentInvocationLimitExceeded")


@pytest.mark.parametrize(
    "error",
    [
        THROTTLE,
        ServiceException("it broke"),
        InvalidRuntimeException(),
        ResourceConflictException("Pending"),
        RuntimeError("a fault of ours"),
    ],
)
@pytest.mark.parametrize(
    ("setbacks", "delay"),
    [(1, 1), (2, 2), (3, 4), (4, 8), (8, 128), (9, 256), (10, 300), (11, 300), (90, 300)],
)
def test_after_what_is_not_the_functions_fault(
    error: Exception, setbacks: int, delay: float
) -> None:
    progress = Progress(received=NOW - 10, setbacks=setbacks)
    policy = RetryPolicy(maximum_retry_attempts=0)  # which is about function errors only

    assert after(error, progress, policy, now=NOW) == Retry(NOW + delay)


@pytest.mark.parametrize(
    "error", [ResourceNotFoundException("deleted"), RecursiveInvocationException()]
)
def test_after_what_will_not_pass(error: LambdaError) -> None:
    progress = Progress(received=NOW, setbacks=1)

    assert after(error, progress, RetryPolicy(), now=NOW) is Condition.RETRIES_EXHAUSTED


@pytest.mark.parametrize(
    ("outcome", "progress"),
    [
        (answered("Unhandled"), Progress(received=NOW - 50, attempts=1)),
        (THROTTLE, Progress(received=NOW - 50, setbacks=6)),
    ],
)
def test_no_event_waits_beyond_its_age(
    outcome: InvocationResult | Exception, progress: Progress
) -> None:
    policy = RetryPolicy(maximum_event_age=60)

    assert after(outcome, progress, policy, now=NOW) == Retry(NOW + 10)
    assert before(progress, policy, now=NOW + 10, reserved=None) is Condition.EVENT_AGE_EXCEEDED


def test_a_throttled_event_is_tried_about_eighty_times_in_six_hours() -> None:
    now, setbacks, policy = NOW, 0, RetryPolicy()
    while True:
        progress = Progress(received=NOW, setbacks=setbacks)
        if isinstance(before(progress, policy, now=now, reserved=1), Condition):
            break
        setbacks += 1
        step = after(THROTTLE, Progress(received=NOW, setbacks=setbacks), policy, now=now)
        assert isinstance(step, Retry)
        now = step.at

    assert now == NOW + 6 * HOURS
    assert setbacks == 80
