"""The numbers of a REPORT line as a value, and the way back from the line to the value.

In a log in JSON that line is platform.report.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from lambda_magic.monitoring import cost, display


@dataclass(frozen=True, kw_only=True, slots=True)
class InvocationReport:
    """How long an invocation took, what it used and what it costs on AWS."""

    duration_ms: float
    billed_duration_ms: int
    memory_size_mb: int
    #: Measured, over all invocations of its environment so far, as on AWS.
    max_memory_used_mb: int
    #: The runtime's part of `duration_ms`, which is the handler's; None where only the log's
    #: REPORT line is known. The rest is overhead: extensions, and the way back.
    runtime_duration_ms: float | None = field(default=None, compare=False)
    #: Only where this invocation waited for an Init (a cold start).
    init_duration_ms: float | None = None
    #: Only where this invocation waited for a SnapStart restore.
    restore_duration_ms: float | None = None
    cost_usd: float

    def __str__(self) -> str:
        before = "".join(f" + {name} {duration:.2f} ms" for name, duration, _ in self._before())
        return (
            f"{self.duration_ms:.2f} ms{before}, billed {self.billed_duration_ms} ms, "
            f"{self.max_memory_used_mb} of {self.memory_size_mb} MB, "
            f"{display.dollars(self.cost_usd)}"
        )

    def _repr_html_(self) -> str:
        used, size = self.max_memory_used_mb, self.memory_size_mb
        # Nine tenths full is what one should notice: a little more is killed.
        colour = display.VERMILLION if used >= 0.9 * size else display.BLUE
        facts = [
            ("Duration", f"{self.duration_ms:,.2f} ms", ""),
            ("Billed", f"{self.billed_duration_ms:,} ms", ""),
            ("Memory", f"{used:,} of {size:,} MB", display.gauge(used, size, colour)),
            ("Cost", display.dollars(self.cost_usd), ""),
        ]
        return display.bar(self._phases()) + display.facts(facts)

    def _phases(self) -> list[tuple[str, float, str]]:
        """Where the time went: (name, milliseconds, colour)."""
        if self.runtime_duration_ms is None:
            return [*self._before(), ("Duration", self.duration_ms, display.SKY)]
        handler = min(self.runtime_duration_ms, self.duration_ms)
        return [
            *self._before(),
            ("Handler", handler, display.SKY),
            ("Overhead", self.duration_ms - handler, display.PURPLE),
        ]

    def _before(self) -> list[tuple[str, float, str]]:
        """What the invocation waited for."""
        before = [
            ("Init", self.init_duration_ms, display.ORANGE),
            ("Restore", self.restore_duration_ms, display.ORANGE),
        ]
        return [(name, amount, colour) for name, amount, colour in before if amount is not None]


_REPORT = re.compile(
    r"^REPORT RequestId: \S+\s+Duration: (?P<duration>[\d.]+) ms\s+"
    r"Billed Duration: (?P<billed>\d+) ms\s+Memory Size: (?P<size>\d+) MB\s+"
    r"Max Memory Used: (?P<used>\d+) MB(?P<rest>.*)$",
    re.MULTILINE,
)
_INIT = re.compile(r"\bInit Duration: ([\d.]+) ms")
_RESTORE = re.compile(r"(?<!Billed )\bRestore Duration: ([\d.]+) ms")


def parse(log: str, *, architecture: str = "x86_64") -> InvocationReport | None:
    """The report in the last REPORT line of a log, text or JSON; None if it has none."""
    members = _of_text(log) or _of_json(log)
    if members is None:
        return None
    billed, size = members["billed_duration_ms"], members["memory_size_mb"]
    return InvocationReport(
        **members, cost_usd=cost.invocation_cost(billed, size, architecture=architecture)
    )


def _of_text(log: str) -> dict[str, Any] | None:
    found = list(_REPORT.finditer(log))
    if not found:
        return None
    last = found[-1]
    return {
        "duration_ms": float(last["duration"]),
        "billed_duration_ms": int(last["billed"]),
        "memory_size_mb": int(last["size"]),
        "max_memory_used_mb": int(last["used"]),
        "init_duration_ms": _number(_INIT, last["rest"]),
        "restore_duration_ms": _number(_RESTORE, last["rest"]),
    }


def _of_json(log: str) -> dict[str, Any] | None:
    for line in reversed(log.splitlines()):
        if '"platform.report"' not in line:
            continue
        try:
            document = json.loads(line)
            if document["type"] == "platform.report":
                return _of_metrics(document["record"]["metrics"])
        except (ValueError, KeyError, TypeError):
            continue  # It is something that the function wrote, or the end of a line.
    return None


def _of_metrics(metrics: dict[str, Any]) -> dict[str, Any]:
    return {
        "duration_ms": metrics["durationMs"],
        "billed_duration_ms": metrics["billedDurationMs"],
        "memory_size_mb": metrics["memorySizeMB"],
        "max_memory_used_mb": metrics["maxMemoryUsedMB"],
        "init_duration_ms": metrics.get("initDurationMs"),
        "restore_duration_ms": metrics.get("restoreDurationMs"),
    }


def _number(pattern: re.Pattern[str], text: str) -> float | None:
    match = pattern.search(text)
    return float(match[1]) if match else None
