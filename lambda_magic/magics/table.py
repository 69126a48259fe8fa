"""A table: what the magics that list something return, and how it is shown."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from lambda_magic.monitoring import display
from lambda_magic.monitoring.card import Card, Carded


class Row(Carded, Mapping[str, Any]):
    """One thing of a list: a version, an alias, a layer; shown by itself, it is a card."""

    def __init__(self, title: str, columns: Sequence[str], values: Mapping[str, Any]) -> None:
        self._title = title
        self._columns = columns
        self._values = values

    def __getitem__(self, column: str) -> Any:
        return self._values[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Row {dict(self._values)}>"

    def card(self) -> Card:
        """What is shown of it: its first column is its name."""
        first, *others = self._columns
        return Card(
            title=f"{first} {cell(self._values.get(first))}",
            notes=[self._title],
            facts=[[(column, cell(self._values.get(column)))] for column in others],
            document=self._values,
        )


class Table(Sequence[Mapping[str, Any]]):
    """Rows, each a mapping from column to value; shown as a table, used as a sequence.

    `empty` is what is shown instead where there is no row.
    """

    def __init__(
        self,
        title: str,
        columns: Sequence[str],
        rows: Sequence[Mapping[str, Any]],
        *,
        empty: str,
        notes: Sequence[str] = (),
    ) -> None:
        self.title = title
        self.columns = tuple(columns)
        self._rows = tuple(Row(title, self.columns, row) for row in rows)
        self._empty = empty
        self._notes = tuple(notes)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self._rows)

    def __getitem__(self, index: Any) -> Any:
        return self._rows[index]

    def __repr__(self) -> str:
        return f"<Table {self.title} [{len(self)} rows]>"

    def __str__(self) -> str:
        headline = "  ".join([self.title, *self._notes])
        if not self._rows:
            return f"{headline}\n{self._empty}"
        table = display.text_table(self.columns, self._cells(), text=self._text_columns())
        return f"{headline}\n{table}"

    def _repr_pretty_(self, printer: display.PrettyPrinter, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        if self._rows:
            table = display.table(self.columns, self._cells(), text=self._text_columns())
            body = f'<div style="overflow-x:auto">{table}</div>'
        else:
            body = f"<div>{display.escape(self._empty)}</div>"
        return display.card([display.heading(self.title, *self._notes), body], accent=display.BLUE)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, object]:
        return display.json_bundle(lambda: [dict(row) for row in self._rows], include, exclude)

    def _text_columns(self) -> list[int]:
        """The columns that hold anything but numbers."""
        return [
            number
            for number, column in enumerate(self.columns)
            if any(not isinstance(row.get(column), int | float | None) for row in self._rows)
        ]

    def _cells(self) -> Iterator[list[str]]:
        for row in self._rows:
            yield [cell(row.get(column)) for column in self.columns]


def cell(value: Any) -> str:
    """A value as it stands in a table."""
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.2f}"
        case _:
            return str(value)
