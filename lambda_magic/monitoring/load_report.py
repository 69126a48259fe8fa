"""A load report: what many invocations of one function came to, and how it is shown."""

from collections.abc import Collection, Sequence
from typing import Any

from lambda_magic.monitoring import display, load_display, load_figure, load_table
from lambda_magic.monitoring.load_numbers import LoadNumbers


class LoadReport(LoadNumbers):
    """The results in the order in which they were begun, and what they add up to.

    >>> report = lambda_magic.function("hello").load({"name": "Ada"}, count=500, concurrency=50)
    >>> report.percentile("duration_ms", 99, cold=False)
    3.2
    >>> report | other  # side by side
    """

    def compare(self, *others: "LoadReport") -> "LoadComparison":
        """Reports side by side, with what changed from this one; `a | b` is the same."""
        return LoadComparison((self, *others))

    def __or__(self, other: "LoadReport") -> "LoadComparison":
        return self.compare(other)

    def plot(self) -> Any:
        """A matplotlib figure: how durations are spread, and what happened when.

        Raises `MissingExtra` without matplotlib: pip install 'lambda-magic[plot]'.
        """
        return load_figure.plot(self.title, self.samples)

    def to_dataframe(self) -> Any:
        """A pandas DataFrame with a row an invocation.

        Raises `MissingExtra` without pandas: pip install 'lambda-magic[plot]'.
        """
        return load_table.dataframe(self.samples)

    def to_dict(self) -> dict[str, Any]:
        """What it adds up to, as JSON has it."""
        return load_display.summary(self)

    def __repr__(self) -> str:
        return f"<LoadReport {self.title} [{len(self)} invocations, {self.cold_starts} cold]>"

    def __str__(self) -> str:
        return load_display.text(self)

    def _repr_pretty_(self, printer: display.PrettyPrinter, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        return load_display.html(self)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, object]:
        return display.json_bundle(self.to_dict, include, exclude)


class LoadComparison:
    """Load reports side by side; `a | b | c` makes it longer."""

    def __init__(self, reports: Sequence[LoadReport]) -> None:
        self.reports = tuple(reports)

    def __or__(self, other: LoadReport) -> "LoadComparison":
        return LoadComparison((*self.reports, other))

    def __repr__(self) -> str:
        return f"<LoadComparison [{', '.join(report.title for report in self.reports)}]>"

    def __str__(self) -> str:
        return load_display.comparison_text(self.reports)

    def _repr_pretty_(self, printer: display.PrettyPrinter, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        return load_display.comparison_html(self.reports)

    def to_dict(self) -> dict[str, Any]:
        """The reports, as JSON has them."""
        return {"reports": [report.to_dict() for report in self.reports]}

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, object]:
        return display.json_bundle(self.to_dict, include, exclude)
