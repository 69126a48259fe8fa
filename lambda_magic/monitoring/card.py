"""A card: one thing with its facts, shown as HTML, as text and, on request, as JSON."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lambda_magic.monitoring import display


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """What is known of a function, a version, an alias or a layer."""

    title: str
    #: Quieter, after the title.
    notes: Sequence[str] = ()
    #: Lines of (label, value); values that are empty are left out.
    facts: Sequence[Sequence[tuple[str, object]]]
    #: Shares of a whole, in per cent, such as where an alias sends its traffic: (name, share).
    shares: Sequence[tuple[str, float]] = ()
    #: The whole of it as JSON has it.
    document: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = ["  ".join(filter(None, [self.title, *self.notes]))]
        lines += ["  ".join(f"{label} {value}" for label, value in line) for line in self._lines()]
        if self.shares:
            lines.append("  ".join(f"{name} {share:g} %" for name, share in self.shares))
        return "\n".join(lines)

    def html(self) -> str:
        """The card; it needs nothing around it."""
        parts = [display.heading(self.title, *self.notes)]
        parts += [
            display.facts([(label, value, "") for label, value in line]) for line in self._lines()
        ]
        if self.shares:
            colours = (display.BLUE, display.ORANGE)
            segments = [
                (name, share, colours[number % 2])
                for number, (name, share) in enumerate(self.shares)
            ]
            parts.append(display.bar(segments, unit="%"))
        return display.card(parts, accent=display.BLUE)

    def _lines(self) -> list[list[tuple[str, str]]]:
        lines = [
            [(label, str(value)) for label, value in line if value not in (None, "")]
            for line in self.facts
        ]
        return [line for line in lines if line]


class Carded(ABC):
    """Something that is shown as a card; `card` says which."""

    __slots__ = ()

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        # IPython prefers the `__repr__` of a class to what its base has for pretty printing.
        cls._repr_pretty_ = Carded._repr_pretty_  # type: ignore[method-assign]

    @abstractmethod
    def card(self) -> Card:
        """What is shown now."""

    def _repr_pretty_(self, printer: display.PrettyPrinter, cycle: bool) -> None:
        printer.text(str(self.card()))

    def _repr_html_(self) -> str:
        return self.card().html()

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, object]:
        return display.json_bundle(lambda: dict(self.card().document), include, exclude)
