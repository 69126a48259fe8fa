"""Runs the measurements, each in a region of its own that is gone afterwards."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from lambda_magic.bench import measurements
from lambda_magic.bench.contained import contained
from lambda_magic.bench.frames import frames
from lambda_magic.bench.over_http import over_http
from lambda_magic.bench.queued import queued
from lambda_magic.bench.row import Row, as_json, as_text
from lambda_magic.bench.watched import watched
from lambda_magic.core.settings import Settings
from lambda_magic.region import Region

#: Name -> what is measured, with the size of a full and of a quick run.
MEASUREMENTS: dict[str, tuple[Callable[[Region, int], Iterator[Row]], int, int]] = {
    "warm": (measurements.warm, 5000, 300),
    "cold": (measurements.cold, 60, 10),
    "throughput": (measurements.throughput, 20_000, 1000),
    "http": (over_http, 5000, 300),
    "many": (measurements.many, 1000, 50),
    "watched": (watched, 5000, 400),
    "contained": (contained, 30, 4),
    "frames": (frames, 10_000, 1000),
    "queued": (queued, 2000, 200),
}


def run(names: list[str], *, quick: bool, isolation: str) -> Iterator[Row]:
    """Measure what is named, in the order of the table."""
    for name in names:
        measure, full_size, quick_size = MEASUREMENTS[name]
        with tempfile.TemporaryDirectory(prefix="lambda-magic-bench-") as home:
            region = Region(
                Settings(
                    home=Path(home),
                    isolation=isolation,
                    # What is measured is our overhead, not the CPU share of a small function
                    # or the limits of an account.
                    cpu_quota=False,
                    concurrent_executions=100_000,
                    scaling_burst=100_000,
                )
            )
            try:
                yield from measure(region, quick_size if quick else full_size)
            finally:
                region.close()


def main(names: list[str], *, quick: bool, json: bool, isolation: str = "auto") -> int:
    """Print the table; the exit status says whether every bar was reached."""
    rows = []
    for row in run(names or list(MEASUREMENTS), quick=quick, isolation=isolation):
        rows.append(row)
        print(f"{row.name}: {row.measured}", file=sys.stderr)
    print(as_json(rows) if json else as_text(rows))
    return 0 if all(row.reached for row in rows) else 1
