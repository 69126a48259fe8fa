"""What the picture of a timeline says in words and numbers."""

import math

from lambda_magic.monitoring.timeline import Limits, Segment
from lambda_magic.monitoring.timeline_summary import Summary


def counters(found: Summary, limits: Limits | None) -> list[tuple[str, str, str, bool]]:
    """The counters as (label, value, note, whether it is an alarm)."""
    cold_percent = 100 * found.cold_starts / max(found.invocations, 1)
    of = ""
    if limits is not None:
        of = f"of {limits.account:,} in the account"
        if limits.reserved is not None:
            of = f"of {limits.reserved:,} reserved"
    errors = f"{found.errors:,} error{'' if found.errors == 1 else 's'}"
    cold = f"{cold_percent:.1f} %  p50 {duration(found.init_p50_ms)}" if found.cold_starts else ""
    cost = dollars(found.cost_usd / max(found.invocations, 1) * 1e6)
    reason = _REASONS.get(found.throttle_reason or "", found.throttle_reason or "none")
    return [
        ("most concurrency", f"{found.most_concurrency:,}", of, False),
        ("invocations", f"{found.invocations:,}", errors, found.errors > 0),
        ("cold starts", f"{found.cold_starts:,}", cold or "none", False),
        (
            "duration",
            duration(found.duration_p50_ms),
            f"p99 {duration(found.duration_p99_ms)}",
            False,
        ),
        ("throttles", f"{found.throttles:,}", reason, found.throttles > 0),
        ("cost", dollars(found.cost_usd), f"per 1 M: {cost}", False),
    ]


_REASONS = {
    "ReservedFunctionConcurrentInvocationLimitExceeded": "reserved limit",
    "ReservedFunctionInvocationRateLimitExceeded": "reserved rate",
    "ConcurrentInvocationLimitExceeded": "account limit",
    "FunctionInvocationRateLimitExceeded": "account rate",
}


def title(one: Segment) -> str:
    """An invocation, line by line."""
    assert one.lane is not None
    origin = one.lane.origin
    alias = f" through {one.alias}" if one.alias else ""
    lines = [
        f"{origin.function_name}:{origin.function_version}{alias}",
        one.request_id,
        f"{one.status}{f': {one.error_type}' if one.error_type else ''}",
        f"{duration(one.duration_ms)}, {one.max_memory_used_mb} of {origin.memory_size_mb} MB",
    ]
    if one.init_duration_ms is not None:
        lines.append(f"cold start: init {duration(one.init_duration_ms)}")
    return "\n".join(lines)


def duration(milliseconds: float | None) -> str:
    """Milliseconds as a person reads them: "0.42 ms", "41.0 ms", "1.25 s"."""
    if milliseconds is None:
        return "-"
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:.2f} s"
    digits = 0 if milliseconds >= 100 else 1 if milliseconds >= 10 else 2
    return f"{milliseconds:.{digits}f} ms"


def dollars(amount: float) -> str:
    """US dollars with two digits that count: "$0.00021"."""
    if not amount:
        return "$0"
    if amount >= 1:
        return f"${amount:,.2f}"
    return f"${amount:.{min(10, 1 - math.floor(math.log10(amount)))}f}"
