"""A load report: what many invocations of one function came to."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lambda_magic.monitoring import display
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.monitoring.statistics import percentile


class LoadReport(Sequence[InvocationResult]):
    """The results in the order of the invocations, and what they add up to."""

    def __init__(self, title: str, results: Sequence[InvocationResult], *, seconds: float) -> None:
        self.title = title
        #: How long it all took.
        self.seconds = seconds
        self._results = tuple(results)
        #: The invocations that ran, those that failed included.
        self._ran = [result for result in self._results if result.service_error is None]

    def __len__(self) -> int:
        return len(self._results)

    def __iter__(self) -> Iterator[InvocationResult]:
        return iter(self._results)

    def __getitem__(self, index: Any) -> Any:
        return self._results[index]

    @property
    def versions(self) -> Counter[str]:
        """How many invocations each version took."""
        return Counter(sorted(result.executed_version for result in self._ran))

    @property
    def errors(self) -> Counter[str]:
        """How many invocations ended in each type of function error."""
        failed = [result for result in self._ran if result.function_error is not None]
        return Counter(result.error_type or "Error" for result in failed)

    @property
    def throttles(self) -> Counter[str]:
        """How many invocations the service turned away, by reason."""
        refused = [error for result in self._results if (error := result.service_error)]
        return Counter(str(error.members.get("Reason", error.code)) for error in refused)

    @property
    def cold_starts(self) -> int:
        """How many invocations waited for an Init."""
        return sum(result.report.init_duration_ms is not None for result in self._ran)

    @property
    def cost_usd(self) -> float:
        """What all of them would cost on AWS."""
        return sum(result.report.cost_usd for result in self._ran)

    def duration_ms(self, percent: float) -> float:
        """A percentile of Duration: `duration_ms(50)` is the median."""
        durations = sorted(result.report.duration_ms for result in self._ran)
        return percentile(durations, percent) if durations else 0.0

    def __repr__(self) -> str:
        return f"<LoadReport {self.title} [{len(self)} invocations, {self.cold_starts} cold]>"

    def __str__(self) -> str:
        facts = "\n".join(f"{label:<12} {value}" for label, value in self._facts())
        return f"{self.title}  {self._headline()}\n{facts}"

    def _repr_pretty_(self, printer: display.PrettyPrinter, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        failed = bool(self.errors or self.throttles)
        facts = [display.facts([(label, value, "")]) for label, value in self._facts()]
        return display.card(
            [display.heading(self.title, self._headline()), *facts],
            accent=display.ORANGE if failed else display.GREEN,
        )

    def _headline(self) -> str:
        rate = len(self) / self.seconds if self.seconds else 0.0
        return f"{len(self):,} invocations in {self.seconds:.2f} s ({rate:,.0f} per second)"

    def _facts(self) -> list[tuple[str, str]]:
        p50, p99 = self.duration_ms(50), self.duration_ms(99)
        facts = [
            ("Versions", _shares(self.versions)),
            ("Cold starts", f"{self.cold_starts:,}"),
            ("Duration", f"p50 {p50:.2f} ms, p99 {p99:.2f} ms"),
            ("Errors", _counts(self.errors)),
            ("Throttles", _counts(self.throttles)),
            ("Cost", display.dollars(self.cost_usd)),
        ]
        return [(label, value) for label, value in facts if value]


def _counts(counter: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counter.items()) or "0"


def _shares(counter: Counter[str]) -> str:
    total = counter.total()
    return ", ".join(
        f"version {version}: {count:,} ({count / total:.1%})" for version, count in counter.items()
    )
