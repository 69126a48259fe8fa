"""A diagram of functions, which a notebook draws: Mermaid where it can, SVG everywhere else."""

from collections.abc import Collection
from typing import Any

from lambda_magic.monitoring import display
from lambda_magic.widgets.drawing import svg
from lambda_magic.widgets.graph import Graph
from lambda_magic.widgets.mermaid import flowchart


class Diagram:
    """Functions, versions, aliases with weights, layers, triggers and destinations.

    >>> diagram = %functions --diagram
    >>> Path("functions.svg").write_text(diagram.svg)
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @property
    def mermaid(self) -> str:
        """The text of a Mermaid flowchart."""
        return flowchart(self.graph)

    @property
    def svg(self) -> str:
        """The text of an SVG document; it needs nothing around it."""
        return svg(self.graph)

    def __repr__(self) -> str:
        return f"<Diagram of {', '.join(self.graph.functions) or 'no function'}>"

    def __str__(self) -> str:
        return self.mermaid

    def _repr_pretty_(self, printer: display.PrettyPrinter, cycle: bool) -> None:
        printer.text(self.mermaid.rstrip("\n"))

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        return {"text/vnd.mermaid": self.mermaid, "image/svg+xml": self.svg}
