"""The metrics of a function as a mapping, which shows itself as a table."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from lambda_magic.monitoring import display


class _Unit(NamedTuple):
    """How a metric's values are written."""

    layout: str
    #: Such as "ms"; stands beside the metric's name.
    name: str = ""


_UNITS = {
    "Duration": _Unit("{:,.2f}", "ms"),
    "InitDuration": _Unit("{:,.2f}", "ms"),
    "AsyncEventAge": _Unit("{:,.2f}", "ms"),
    "IteratorAge": _Unit("{:,.2f}", "ms"),
    "PostRuntimeExtensionsDuration": _Unit("{:,.2f}", "ms"),
    "UrlRequestLatency": _Unit("{:,.2f}", "ms"),
    "used_memory_max": _Unit("{:,.0f}", "MB"),
    "ProvisionedConcurrencyUtilization": _Unit("{:.0%}"),
    "Cost": _Unit("{:.8f}", "USD"),
}
_COUNT = _Unit("{:,.0f}")
_STATISTICS = ("SampleCount", "Sum", "Average", "Minimum", "p50", "p90", "p99", "Maximum")


class FunctionMetrics(Mapping[str, Mapping[str, float]]):
    """Metric name -> statistic -> value, as in `metrics["Duration"]["p90"]`."""

    def __init__(self, name: str, metrics: Mapping[str, Mapping[str, float]]) -> None:
        #: What the metrics are about: "hello", "hello:LIVE".
        self.name = name
        self._metrics = metrics

    def __getitem__(self, metric: str) -> Mapping[str, float]:
        return self._metrics[metric]

    def __iter__(self) -> Iterator[str]:
        return iter(self._metrics)

    def __len__(self) -> int:
        return len(self._metrics)

    def __repr__(self) -> str:
        return f"<FunctionMetrics {self.name} [{self['Invocations']['Sum']:.0f} invocations]>"

    def __str__(self) -> str:
        return f"{self.name}\n{display.text_table(self._headers(), self._rows())}"

    def _repr_pretty_(self, printer: display.PrettyPrinter, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        table = display.table(self._headers(), self._rows())
        return display.card([display.heading(self.name), table], accent=display.BLUE)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, object]:
        return display.json_bundle(
            lambda: {metric: dict(values) for metric, values in self.items()}, include, exclude
        )

    def _headers(self) -> list[str]:
        return ["Metric", *self._columns()]

    def _columns(self) -> list[str]:
        used = {statistic for values in self.values() for statistic in values}
        return [statistic for statistic in _STATISTICS if statistic in used]

    def _rows(self) -> Iterator[list[str]]:
        for metric, values in self.items():
            unit = _UNITS.get(metric, _COUNT)
            name = f"{metric} ({unit.name})" if unit.name else metric
            yield [name, *(_written(values, column, unit) for column in self._columns())]


def _written(values: Mapping[str, float], statistic: str, unit: _Unit) -> str:
    if statistic not in values:
        return ""
    layout = _COUNT.layout if statistic == "SampleCount" else unit.layout
    return layout.format(values[statistic])
