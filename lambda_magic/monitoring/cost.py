"""What functions cost: AWS's price table for us-east-1 as data, and sums over it.

https://aws.amazon.com/lambda/pricing/, as listed in 2026. All results are US dollars.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from lambda_magic.monitoring.events import Report

#: One request, of any kind.
REQUEST_PRICE = 0.20 / 1_000_000
#: /tmp beyond the 512 MB that come free, per GB-second.
EPHEMERAL_STORAGE_PRICE = 0.0000000309
FREE_EPHEMERAL_STORAGE_MB = 512
#: Each month, per account; not for duration on provisioned concurrency.
FREE_REQUESTS = 1_000_000
FREE_GB_SECONDS = 400_000
#: Provisioned concurrency is charged in whole steps of this many seconds.
PROVISIONED_STEP = 300.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Prices:
    """The prices of one architecture, per GB-second."""

    #: Duration on demand: how many GB-seconds of a month the price holds for, and the price.
    duration_tiers: tuple[tuple[float, float], ...]
    #: Duration in an environment of provisioned concurrency.
    provisioned_duration: float
    #: Keeping concurrency provisioned.
    provisioned_concurrency: float

    @property
    def duration(self) -> float:
        """Duration on demand in the first tier, which is where a single invocation is priced."""
        return self.duration_tiers[0][1]


#: By the values of `Architectures`.
PRICES = {
    "x86_64": Prices(
        duration_tiers=((6e9, 0.0000166667), (9e9, 0.0000150000), (math.inf, 0.0000133334)),
        provisioned_duration=0.0000097222,
        provisioned_concurrency=0.0000041667,
    ),
    "arm64": Prices(
        duration_tiers=((7.5e9, 0.0000133334), (11.25e9, 0.0000120001), (math.inf, 0.0000106667)),
        provisioned_duration=0.0000077778,
        provisioned_concurrency=0.0000033334,
    ),
}


def gb_seconds(milliseconds: float, memory_mb: float) -> float:
    """Memory times time, as AWS charges it."""
    return milliseconds / 1000 * memory_mb / 1024


def invocation_cost(
    billed_duration_ms: float,
    memory_size_mb: int,
    *,
    architecture: str = "x86_64",
    ephemeral_storage_mb: int = FREE_EPHEMERAL_STORAGE_MB,
    provisioned: bool = False,
) -> float:
    """One invocation: its request, its billed duration and its /tmp beyond 512 MB.

    `provisioned` says that it ran in an environment of provisioned concurrency, where duration is
    cheaper because `provisioned_concurrency_cost` comes on top.
    """
    prices = PRICES[architecture]
    price = prices.provisioned_duration if provisioned else prices.duration
    cost = REQUEST_PRICE + gb_seconds(billed_duration_ms, memory_size_mb) * price
    if ephemeral_storage_mb > FREE_EPHEMERAL_STORAGE_MB:
        extra = ephemeral_storage_mb - FREE_EPHEMERAL_STORAGE_MB
        cost += gb_seconds(billed_duration_ms, extra) * EPHEMERAL_STORAGE_PRICE
    return cost


def report_cost(report: Report) -> float:
    """The invocation that a platform.report is about."""
    origin = report.origin
    return invocation_cost(
        report.billed_duration_ms,
        report.memory_size_mb,
        architecture=origin.architecture,
        ephemeral_storage_mb=origin.ephemeral_storage_mb,
        provisioned=origin.initialization_type == "provisioned-concurrency",
    )


def provisioned_concurrency_cost(
    concurrency: int, seconds: float, memory_size_mb: int, *, architecture: str = "x86_64"
) -> float:
    """Keeping `concurrency` environments for some seconds, rounded up to whole five minutes."""
    charged = math.ceil(seconds / PROVISIONED_STEP) * PROVISIONED_STEP
    price = PRICES[architecture].provisioned_concurrency
    return concurrency * gb_seconds(charged * 1000, memory_size_mb) * price


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Equal invocations within one month."""

    invocations: int
    billed_duration_ms: float
    memory_size_mb: int
    architecture: str = "x86_64"
    ephemeral_storage_mb: int = FREE_EPHEMERAL_STORAGE_MB
    provisioned: bool = False


def monthly_cost(usages: Iterable[Usage], *, free_tier: bool = False) -> float:
    """All of one account's use in a month, with the price tiers and perhaps the free tier.

    The free GB-seconds are taken off x86_64 first, then off arm64.
    """
    usages = list(usages)
    requests = sum(usage.invocations for usage in usages)
    cost = max(0, requests - (FREE_REQUESTS if free_tier else 0)) * REQUEST_PRICE
    cost += sum(map(_untiered_cost, usages))
    free = float(FREE_GB_SECONDS) if free_tier else 0.0
    for architecture, prices in PRICES.items():
        used = sum(_on_demand_gb_seconds(usage, architecture) for usage in usages)
        taken = min(free, used)
        free -= taken
        cost += _tiered_cost(used - taken, prices.duration_tiers)
    return cost


def _on_demand_gb_seconds(usage: Usage, architecture: str) -> float:
    if usage.provisioned or usage.architecture != architecture:
        return 0.0
    return usage.invocations * gb_seconds(usage.billed_duration_ms, usage.memory_size_mb)


def _untiered_cost(usage: Usage) -> float:
    """What is neither a request nor duration on demand."""
    milliseconds = usage.invocations * usage.billed_duration_ms
    extra = max(0, usage.ephemeral_storage_mb - FREE_EPHEMERAL_STORAGE_MB)
    cost = gb_seconds(milliseconds, extra) * EPHEMERAL_STORAGE_PRICE
    if usage.provisioned:
        price = PRICES[usage.architecture].provisioned_duration
        cost += gb_seconds(milliseconds, usage.memory_size_mb) * price
    return cost


def _tiered_cost(amount: float, tiers: tuple[tuple[float, float], ...]) -> float:
    cost = 0.0
    for size, price in tiers:
        charged = min(amount, size)
        cost += charged * price
        amount -= charged
    return cost
