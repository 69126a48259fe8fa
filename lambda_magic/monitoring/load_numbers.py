"""What a load came to, in numbers."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import overload

from lambda_magic.monitoring.load_plan import LoadPlan
from lambda_magic.monitoring.load_sample import SUCCESS, Sample
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.monitoring.statistics import most_at_once, percentile


class LoadNumbers(Sequence[InvocationResult]):
    """The results in the order in which they were begun, and what they add up to."""

    def __init__(
        self,
        title: str,
        samples: Sequence[Sample],
        *,
        seconds: float,
        plan: LoadPlan,
        was_interrupted: bool = False,
        in_flight: int = 0,
    ) -> None:
        self.title = title
        #: One an invocation that was answered.
        self.samples = tuple(samples)
        #: How long it all took.
        self.seconds = seconds
        self.plan = plan
        #: Whether it was stopped before its time.
        self.was_interrupted = was_interrupted
        #: Invocations that had not been answered then.
        self.in_flight = in_flight

    def __len__(self) -> int:
        return len(self.samples)

    def __iter__(self) -> Iterator[InvocationResult]:
        return (sample.result for sample in self.samples)

    @overload
    def __getitem__(self, index: int) -> InvocationResult: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[InvocationResult]: ...
    def __getitem__(self, index: int | slice) -> InvocationResult | Sequence[InvocationResult]:
        if isinstance(index, slice):
            return [sample.result for sample in self.samples[index]]
        return self.samples[index].result

    # How many...

    @cached_property
    def versions(self) -> Counter[str]:
        """How many invocations each version took."""
        return Counter(sorted(sample.result.executed_version for sample in self._ran))

    @cached_property
    def errors(self) -> Counter[str]:
        """How many invocations ended in each type of function error."""
        return Counter(sample.error_type for sample in self._ran if sample.error_type)

    @cached_property
    def first_errors(self) -> dict[str, InvocationResult]:
        """The first result of each type of function error."""
        failed = [(one.error_type, one.result) for one in self._ran if one.error_type]
        return {error_type: result for error_type, result in reversed(failed) if error_type}

    @cached_property
    def throttles(self) -> Counter[str]:
        """How many invocations the service turned away, by reason."""
        return Counter(sample.reason for sample in self.samples if sample.reason)

    @cached_property
    def successes(self) -> int:
        """How many invocations ran and did not fail."""
        return sum(sample.status == SUCCESS for sample in self.samples)

    @cached_property
    def cold_starts(self) -> int:
        """How many invocations waited for an Init."""
        return sum(sample.is_cold for sample in self._ran)

    @cached_property
    def environments(self) -> Counter[str]:
        """How many invocations each execution environment took, by its identifier."""
        return Counter(one.environment_id for one in self._ran if one.environment_id)

    @cached_property
    def most_at_once(self) -> int:
        """How many invocations ran at the same time when most did."""
        return most_at_once(one.span for one in self._ran)

    # ...and how long.

    @property
    def throughput(self) -> float:
        """Invocations that ran, per second."""
        return len(self._ran) / self.seconds if self.seconds else 0.0

    @property
    def begun_per_second(self) -> float:
        """Invocations begun per second: less than the plan's rate where something held them back.

        That is the plan's own concurrency, or a machine that is busy.
        """
        if len(self.samples) < 2:
            return 0.0
        first, last = self.samples[0].started, self.samples[-1].started
        return (len(self.samples) - 1) / (last - first) if last > first else 0.0

    @cached_property
    def cost_usd(self) -> float:
        """What all of them would cost on AWS."""
        return sum(sample.report.cost_usd for sample in self._ran if sample.report)

    def values(self, measure: str, *, cold: bool | None = None) -> list[float]:
        """A measure of the invocations that ran, in ascending order, in milliseconds.

        It is "duration_ms" (the handler, as reported), "init_ms" (what a cold start waited before
        it) or "elapsed_ms" (what the caller waited). `cold` takes the cold or the warm ones only.
        """
        read = _MEASURES.get(measure)
        if read is None:
            raise ValueError(f"no measure {measure!r}: there are {', '.join(_MEASURES)}")
        chosen = (one for one in self._ran if cold is None or one.is_cold == cold)
        return sorted(value for one in chosen if (value := read(one)) is not None)

    def percentile(self, measure: str, percent: float, *, cold: bool | None = None) -> float:
        """A percentile of a measure, as of `values`; 0 where there is no value."""
        values = self.values(measure, cold=cold)
        return percentile(values, percent) if values else 0.0

    def duration_ms(self, percent: float) -> float:
        """A percentile of Duration: `duration_ms(50)` is the median."""
        return self.percentile("duration_ms", percent)

    @cached_property
    def _ran(self) -> list[Sample]:
        """The invocations that ran, those that failed included."""
        return [sample for sample in self.samples if sample.result.service_error is None]


def _duration_ms(sample: Sample) -> float | None:
    return None if sample.report is None else sample.report.duration_ms


_MEASURES: dict[str, Callable[[Sample], float | None]] = {
    "duration_ms": _duration_ms,
    "init_ms": lambda sample: sample.init_ms,
    "elapsed_ms": lambda sample: sample.elapsed_ms,
}
