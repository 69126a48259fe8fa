"""The samples of a load as a pandas DataFrame."""

from collections.abc import Sequence
from typing import Any

from lambda_magic.core.extras import require
from lambda_magic.monitoring.load_sample import Sample


def dataframe(samples: Sequence[Sample]) -> Any:
    """A row an invocation, in the order in which they were begun.

    Raises `MissingExtra` without pandas.
    """
    return require("pandas", extra="plot").DataFrame([_row(sample) for sample in samples])


def _row(sample: Sample) -> dict[str, Any]:
    result, report = sample.result, sample.report
    return {
        "started_s": sample.started,
        "elapsed_ms": sample.elapsed_ms,
        "status": sample.status,
        "error_type": sample.error_type,
        "throttle_reason": sample.reason,
        "cold": sample.is_cold,
        "init_ms": sample.init_ms,
        "duration_ms": report and report.duration_ms,
        "billed_duration_ms": report and report.billed_duration_ms,
        "max_memory_used_mb": report and report.max_memory_used_mb,
        "cost_usd": report and report.cost_usd,
        "executed_version": result.executed_version or None,
        "environment_id": sample.environment_id,
        "request_id": result.request_id or None,
    }
