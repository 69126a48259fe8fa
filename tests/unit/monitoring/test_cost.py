import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_magic.monitoring.cost import (
    PRICES,
    REQUEST_PRICE,
    Usage,
    invocation_cost,
    monthly_cost,
    provisioned_concurrency_cost,
)


@pytest.mark.parametrize(
    ("billed_ms", "memory_mb", "options", "expected"),
    [
        (0, 128, {}, 0.0000002),
        (1, 128, {}, 0.0000002 + 2.0833375e-9),
        (1000, 1024, {}, 0.0000002 + 0.0000166667),
        (1000, 1024, {"architecture": "arm64"}, 0.0000002 + 0.0000133334),
        (1000, 1024, {"provisioned": True}, 0.0000002 + 0.0000097222),
        (1000, 1024, {"provisioned": True, "architecture": "arm64"}, 0.0000002 + 0.0000077778),
        (1000, 1024, {"ephemeral_storage_mb": 512}, 0.0000002 + 0.0000166667),
        (1000, 1024, {"ephemeral_storage_mb": 1536}, 0.0000002 + 0.0000166667 + 0.0000000309),
        (900_000, 10_240, {}, 0.0000002 + 9000 * 0.0000166667),
    ],
)
def test_invocation(
    billed_ms: int, memory_mb: int, options: dict[str, object], expected: float
) -> None:
    cost = invocation_cost(billed_ms, memory_mb, **options)  # type: ignore[arg-type]  # a table
    assert cost == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("concurrency", "seconds", "memory_mb", "architecture", "expected"),
    [
        (1, 1, 1024, "x86_64", 300 * 0.0000041667),
        (1, 300, 1024, "x86_64", 300 * 0.0000041667),
        (1, 301, 1024, "x86_64", 600 * 0.0000041667),
        (100, 3600, 1536, "x86_64", 100 * 1.5 * 3600 * 0.0000041667),
        (2, 3600, 512, "arm64", 3600 * 0.0000033334),
        (0, 3600, 512, "arm64", 0),
    ],
)
def test_provisioned_concurrency(
    concurrency: int, seconds: float, memory_mb: int, architecture: str, expected: float
) -> None:
    cost = provisioned_concurrency_cost(concurrency, seconds, memory_mb, architecture=architecture)
    assert cost == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("usage", "free_tier", "expected"),
    [
        # AWS's own example: three million requests of 120 ms at 1,536 MB.
        (Usage(invocations=3_000_000, billed_duration_ms=120, memory_size_mb=1536), True, 2.73),
        (Usage(invocations=3_000_000, billed_duration_ms=120, memory_size_mb=1536), False, 9.60),
        (Usage(invocations=1_000_000, billed_duration_ms=400, memory_size_mb=1024), True, 0.0),
        # Seven billion GB-seconds: the last billion in the second tier.
        (
            Usage(invocations=7_000_000, billed_duration_ms=1_000_000, memory_size_mb=1024),
            False,
            1.4 + 6e9 * 0.0000166667 + 1e9 * 0.000015,
        ),
        # Duration on provisioned concurrency has neither tiers nor a free tier.
        (
            Usage(
                invocations=1_000_000,
                billed_duration_ms=1000,
                memory_size_mb=1024,
                provisioned=True,
            ),
            True,
            1e6 * 0.0000097222,
        ),
        (
            Usage(
                invocations=1_000_000,
                billed_duration_ms=400,
                memory_size_mb=1024,
                ephemeral_storage_mb=10_240,
            ),
            True,
            400_000 * 9.5 * 0.0000000309,
        ),
    ],
)
def test_month(usage: Usage, free_tier: bool, expected: float) -> None:
    assert monthly_cost([usage], free_tier=free_tier) == pytest.approx(expected, abs=0.005)


def test_the_free_tier_is_shared_by_the_architectures() -> None:
    half = Usage(invocations=300_000, billed_duration_ms=1000, memory_size_mb=1024)
    arm = Usage(
        invocations=300_000, billed_duration_ms=1000, memory_size_mb=1024, architecture="arm64"
    )
    assert monthly_cost([half, arm], free_tier=True) == pytest.approx(200_000 * 0.0000133334)


@given(st.integers(0, 900_000), st.sampled_from([128, 1769, 10_240]), st.sampled_from([*PRICES]))
def test_a_month_of_one_invocation_costs_the_invocation(
    billed_ms: int, memory_mb: int, architecture: str
) -> None:
    usage = Usage(
        invocations=1,
        billed_duration_ms=billed_ms,
        memory_size_mb=memory_mb,
        architecture=architecture,
    )
    one = invocation_cost(billed_ms, memory_mb, architecture=architecture)
    assert monthly_cost([usage]) == pytest.approx(one, rel=1e-12)
    assert one >= REQUEST_PRICE
