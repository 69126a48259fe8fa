from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_magic.core.errors import TooManyRequestsException
from lambda_magic.invocation.concurrency import Claim, Concurrency, Limits, TokenBucket


def limits(
    *,
    account: int = 1000,
    total_reserved: int = 0,
    provisioned_unreserved: int = 0,
    reserved: int | None = None,
    provisioned: int = 0,
) -> Limits:
    return Limits(
        account=account,
        total_reserved=total_reserved,
        provisioned_unreserved=provisioned_unreserved,
        reserved=reserved,
        provisioned=provisioned,
    )


def reason(claim: Callable[[], Claim]) -> str:
    with pytest.raises(TooManyRequestsException, match=r"^Rate Exceeded\.$") as caught:
        claim()
    return str(caught.value.members["Reason"])


@pytest.mark.parametrize(
    ("of_function", "on_demand"),
    [
        (limits(), 1000),
        (limits(total_reserved=300), 700),
        (limits(total_reserved=300, provisioned_unreserved=50), 650),
        (limits(reserved=300, total_reserved=300), 300),
        (limits(reserved=300, total_reserved=300, provisioned=100), 200),
        (limits(reserved=0), 0),
        (limits(account=100, total_reserved=90, provisioned_unreserved=20), 0),
    ],
)
def test_on_demand_concurrency_is_what_reserved_and_provisioned_leave(
    of_function: Limits, on_demand: int
) -> None:
    assert of_function.on_demand == on_demand


def test_unreserved_functions_share_one_limit() -> None:
    concurrency = Concurrency(1000)
    few = limits(account=2)
    first = concurrency.claim("a", few, time=0)
    concurrency.claim("b", few, time=0)

    assert reason(lambda: concurrency.claim("c", few, time=0)) == (
        "ConcurrentInvocationLimitExceeded"
    )
    concurrency.release(first)
    assert concurrency.claim("c", few, time=0).account_concurrency == 2
    assert repr(concurrency) == "<Concurrency [2 in flight, 2 unreserved]>"


def test_a_claim_knows_how_much_unreserved_concurrency_is_in_use() -> None:
    concurrency = Concurrency(1000)
    reserved = limits(reserved=1, total_reserved=1)
    assert concurrency.claim("a", limits(), time=0).unreserved_concurrency == 1
    assert concurrency.claim("b", reserved, time=0).unreserved_concurrency is None
    assert concurrency.claim("a", limits(), time=0, provisioned=True).unreserved_concurrency is None
    assert concurrency.claim("c", limits(), time=0).unreserved_concurrency == 2


def test_reserved_concurrency_limits_its_function_and_no_other() -> None:
    concurrency = Concurrency(1000)
    reserved = limits(reserved=1, total_reserved=1)
    concurrency.claim("a", reserved, time=0)

    assert reason(lambda: concurrency.claim("a", reserved, time=0)) == (
        "ReservedFunctionConcurrentInvocationLimitExceeded"
    )
    assert concurrency.claim("b", limits(total_reserved=1), time=0).function_concurrency == 1


def test_reserved_zero_turns_everyone_away() -> None:
    concurrency = Concurrency(1000)

    assert reason(lambda: concurrency.claim("a", limits(reserved=0), time=0)) == (
        "ReservedFunctionConcurrentInvocationLimitExceeded"
    )


def test_provisioned_invocations_do_not_count_as_on_demand() -> None:
    concurrency = Concurrency(1000)
    one_left = limits(reserved=2, total_reserved=2, provisioned=1)
    concurrency.claim("a", one_left, time=0, provisioned=True)

    spilled = concurrency.claim("a", one_left, time=0)

    assert spilled.function_concurrency == 2
    assert reason(lambda: concurrency.claim("a", one_left, time=0)) == (
        "ReservedFunctionConcurrentInvocationLimitExceeded"
    )


def test_a_thousand_environments_at_once_and_a_hundred_more_each_second() -> None:
    concurrency = Concurrency(1000)
    many = limits(account=100_000)
    for _ in range(1000):
        concurrency.claim("a", many, time=0, cold=True)

    assert reason(lambda: concurrency.claim("a", many, time=0, cold=True)) == (
        "ConcurrentInvocationLimitExceeded"
    )
    for _ in range(100):
        concurrency.claim("a", many, time=1, cold=True)
    assert reason(lambda: concurrency.claim("a", many, time=1, cold=True)) == (
        "ConcurrentInvocationLimitExceeded"
    )
    # Each function has a rate of its own, and a warm environment needs none.
    concurrency.claim("b", many, time=1, cold=True)
    concurrency.claim("a", many, time=1, cold=False)


@pytest.mark.parametrize(
    ("of_function", "rate", "expected"),
    [
        (limits(reserved=2), 20, "ReservedFunctionInvocationRateLimitExceeded"),
        (limits(account=100), 1000, "FunctionInvocationRateLimitExceeded"),
    ],
)
def test_ten_requests_a_second_for_each_unit_of_concurrency(
    of_function: Limits, rate: int, expected: str
) -> None:
    concurrency = Concurrency(1000)
    for _ in range(rate):
        concurrency.release(concurrency.claim("a", of_function, time=0))

    assert reason(lambda: concurrency.claim("a", of_function, time=0)) == expected
    concurrency.claim("a", of_function, time=0.1)


def test_what_is_turned_away_leaves_no_trace() -> None:
    concurrency = Concurrency(0)

    reason(lambda: concurrency.claim("a", limits(), time=0, cold=True))

    assert concurrency.in_flight() == 0
    assert concurrency.in_flight("a") == 0


@given(st.lists(st.floats(min_value=0, max_value=3), max_size=200))
def test_a_bucket_never_gives_more_than_its_capacity_and_its_rate(steps: list[float]) -> None:
    bucket, time, given_out = TokenBucket(5, 2, 0.0), 0.0, 0
    for step in steps:
        time += step
        given_out += bucket.take(time)

        assert given_out <= 5 + 2 * time + 1e-6


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=100))
def test_releasing_everything_leaves_nothing(invocations: list[tuple[str, bool]]) -> None:
    concurrency = Concurrency(1000)
    claims = [
        concurrency.claim(name, limits(), time=0, provisioned=provisioned)
        for name, provisioned in invocations
    ]
    for claim in claims:
        concurrency.release(claim)

    assert repr(concurrency) == "<Concurrency [0 in flight, 0 unreserved]>"
    assert all(concurrency.in_flight(name) == 0 for name in "abc")


def test_what_is_turned_away_uses_up_no_rate() -> None:
    concurrency = Concurrency(1000)
    one = limits(reserved=1)
    running = concurrency.claim("a", one, time=0)
    for _ in range(20):
        assert reason(lambda: concurrency.claim("a", one, time=0)) == (
            "ReservedFunctionConcurrentInvocationLimitExceeded"
        )

    concurrency.release(running)

    assert concurrency.claim("a", one, time=0).function_concurrency == 1
