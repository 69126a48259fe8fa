"""Static display, as HTML fragments and text: what results, logs and metrics are shown with.

The HTML needs no script, no style sheet and no network, so it survives in a saved or exported
notebook. Text and backgrounds take the page's own colours (or a translucent grey on them), so
light and dark both work; what carries meaning by colour also says it in words, and the colours
are Okabe and Ito's, which colour-blind readers can tell apart.
"""

import html
import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

from lambda_magic.monitoring.stack import Excerpt

ORANGE, SKY, GREEN, BLUE, VERMILLION = "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00"
PURPLE = "#CC79A7"

#: Of what is no mathematics: notebooks take the text between two dollar signs for TeX, and there
#: are prices and `$LATEST` here. MathJax leaves these classes alone, the newer and the older one.
PLAIN = "mathjax_ignore tex2jax_ignore"

JSON_TYPE = "application/json"

#: More characters than this of one text are not shown: a notebook stores all it shows.
SHOWN = 20_000

_MONO = "font-family:var(--jp-code-font-family,ui-monospace,Menlo,Consolas,monospace)"
_GREY = "rgba(127,127,127,{})"
_PRE = (
    f"{_MONO};font-size:12px;line-height:1.45;margin:6px 0;padding:6px 8px;border-radius:4px;"
    f"background:{_GREY.format('.10')};color:inherit;white-space:pre-wrap;"
    "overflow-wrap:anywhere;max-height:26em;overflow:auto"
)

escape = html.escape


class PrettyPrinter(Protocol):
    """The part of IPython's printer that a display in text uses."""

    def text(self, text: str) -> None:
        """Write some text."""


def card(parts: Iterable[str], *, accent: str) -> str:
    """A framed block with a coloured edge."""
    style = (
        "font-size:13px;line-height:1.5;max-width:60em;margin:4px 0;padding:6px 12px;"
        f"border:1px solid {_GREY.format('.35')};border-left:4px solid {accent};border-radius:6px"
    )
    return f'<div class="{PLAIN}" style="{style}">{"".join(parts)}</div>'


def plain(content: str) -> str:
    """Ready-made HTML in which a dollar sign is a dollar sign."""
    return f'<div class="{PLAIN}">{content}</div>'


def heading(title: str, *notes: str) -> str:
    """A title, and quieter notes after it."""
    quiet = "".join(
        f'<span style="opacity:.75;margin-left:12px">{escape(note)}</span>' for note in notes
    )
    return f"<div><strong>{escape(title)}</strong>{quiet}</div>"


def preformatted(text: str) -> str:
    """Text as it is, in a box that scrolls."""
    return box(escape(shortened(text)))


def box(content: str) -> str:
    """Ready-made HTML of text as it is, in a box that scrolls."""
    return f'<pre style="{_PRE}">{content}</pre>'


def log(text: str) -> str:
    """A log: Lambda's own lines stand back, and those that report a failure stand out."""
    shown = text[-SHOWN:]
    if omitted := len(text) - len(shown):
        shown = f"... {omitted:,} characters before\n{shown}"
    lines = "".join(map(_log_line, shown.splitlines(keepends=True)))
    return f'<pre style="{_PRE}">{lines}</pre>'


#: In a REPORT or INIT_REPORT line.
_FAILURE = re.compile(r"REPORT .*\tStatus: (error|timeout)")


def _log_line(line: str) -> str:
    if line.startswith("[ERROR]") or _FAILURE.search(line):
        return f'<strong style="color:{VERMILLION}">{escape(line)}</strong>'
    if line.startswith(("INIT_START ", "START RequestId: ", "END RequestId: ", "REPORT RequestId")):
        return f'<span style="opacity:.65">{escape(line)}</span>'
    return escape(line)


def folded(summary: str, content: str) -> str:
    """Ready-made HTML that opens on a click."""
    style = "cursor:pointer;opacity:.85"
    return f'<details><summary style="{style}">{escape(summary)}</summary>{content}</details>'


def bar(segments: Sequence[tuple[str, float, str]], *, unit: str = "ms") -> str:
    """A bar of (name, amount, colour) segments in proportion, with its legend."""
    total = sum(amount for _, amount, _ in segments) or 1.0
    cells = "".join(
        f'<div title="{escape(name)} {amount:.2f} {unit}" '
        f'style="width:{100 * amount / total:.2f}%;min-width:2px;background:{colour}"></div>'
        for name, amount, colour in segments
    )
    named = [(f"{name} {amount:.2f} {unit}", colour) for name, amount, colour in segments]
    frame = "display:flex;gap:1px;height:8px;border-radius:4px;overflow:hidden;margin:6px 0 2px"
    return f'<div style="{frame}">{cells}</div>{legend(named)}'


def legend(entries: Iterable[tuple[str, str]]) -> str:
    """What colours stand for: (text, colour)."""
    texts = "".join(
        f'<span style="margin-right:14px"><span style="color:{colour}">&#9632;</span> '
        f"{escape(text)}</span>"
        for text, colour in entries
    )
    return f'<div style="font-size:12px">{texts}</div>'


def side_by_side(blocks: Iterable[str]) -> str:
    """Blocks of HTML beside each other, or below where there is no room."""
    cells = "".join(f'<div style="flex:1 1 22em;min-width:0">{block}</div>' for block in blocks)
    return f'<div style="display:flex;flex-wrap:wrap;gap:12px">{cells}</div>'


def json_bundle(
    document: Callable[[], object], include: Collection[str] | None, exclude: Collection[str] | None
) -> dict[str, object]:
    """A `_repr_mimebundle_` that has JSON where somebody asks for it by name.

    Where it is there unasked, JupyterLab shows it as a tree and leaves the HTML out.

    >>> display(result, include=["application/json"])
    """
    wanted = include is not None and JSON_TYPE in include and JSON_TYPE not in (exclude or ())
    return {JSON_TYPE: document()} if wanted else {}


def gauge(used: float, size: float, colour: str) -> str:
    """A small inline meter of how much of a size is used."""
    percent = 100 * min(used / size, 1.0) if size else 0.0
    outer = (
        "display:inline-block;vertical-align:middle;width:64px;height:8px;margin:0 6px;"
        f"border-radius:4px;overflow:hidden;background:{_GREY.format('.30')}"
    )
    inner = f"width:{percent:.1f}%;height:100%;background:{colour}"
    return f'<span style="{outer}"><span style="display:block;{inner}"></span></span>'


def facts(pairs: Iterable[tuple[str, str, str]]) -> str:
    """Labelled values in one line: (label, value, ready-made HTML after the value)."""
    # Spaces between them, or a narrow page could not break the line.
    cells = " ".join(
        f'<span style="margin-right:18px;white-space:nowrap"><span style="opacity:.75">'
        f"{escape(label)}</span> <strong>{escape(value)}</strong>{extra}</span>"
        for label, value, extra in pairs
    )
    return f'<div style="font-size:12px;margin:4px 0">{cells}</div>'


def error(error_type: str, message: str) -> str:
    """An error's type and message."""
    name = escape(error_type)
    text = f": {escape(shortened(message))}" if message else ""
    style = f"{_MONO};font-size:12px;margin:6px 0;white-space:pre-wrap;overflow-wrap:anywhere"
    mark = f'<strong style="color:{VERMILLION}">&#10007; {name}</strong>'
    return f'<div style="{style}">{mark}{text}</div>'


def source_excerpt(excerpt: Excerpt) -> str:
    """The handler's own lines around the one that failed, which is marked."""
    width = len(str(excerpt.lines[-1][0]))
    rows = []
    for number, text in excerpt.lines:
        failed = number == excerpt.line
        row = escape(f"{'→' if failed else ' '} {number:>{width}}  {text}")
        colours = f"{VERMILLION};background:rgba(213,94,0,.22)" if failed else "transparent"
        style = f"display:block;padding-left:4px;border-left:3px solid {colours}"
        rows.append(f'<span style="{style}">{row}</span>')
    where = escape(f"{excerpt.path}, line {excerpt.line}")
    title = f'<div style="font-size:12px;opacity:.75">{where}</div>'
    return f'{title}<pre style="{_PRE};white-space:pre">{"".join(rows)}</pre>'


def table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, text: Collection[int] = (0,)
) -> str:
    """A table; the columns in `text` are text and begin left, the others are numbers."""
    lines = [_row("th", headers, text), *(_row("td", row, text) for row in rows)]
    style = "border-collapse:collapse;font-size:12px;margin:4px 0"
    return f'<table style="{style}">{"".join(lines)}</table>'


def _row(tag: str, cells: Sequence[str], text: Collection[int]) -> str:
    style = f"padding:2px 10px;border-bottom:1px solid {_GREY.format('.25')};text-align:"
    written = "".join(
        f'<{tag} style="{style}{"left" if column in text else "right"}">{escape(cell)}</{tag}>'
        for column, cell in enumerate(cells)
    )
    return f"<tr>{written}</tr>"


def text_table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, text: Collection[int] = (0,)
) -> str:
    """The same table as text."""
    lines = [tuple(headers), *map(tuple, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headers))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in text else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def pretty_json(value: object) -> str:
    """A JSON value over several lines, where it needs them."""
    flat = json.dumps(value, ensure_ascii=False)
    return flat if len(flat) <= 72 else json.dumps(value, ensure_ascii=False, indent=2)


def printable(text: str) -> str:
    """The text with halves of characters, which JSON may have, as JSON writes them: `\\ud800`.

    They have no encoding; a notebook that is sent one fails.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def shortened(text: str) -> str:
    """The text, or its beginning and the number of characters left out."""
    if len(text) <= SHOWN:
        return text
    return f"{text[:SHOWN]}\n... {len(text) - SHOWN:,} more characters"


def dollars(amount: float) -> str:
    """A price with as many digits as a single invocation needs."""
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.10f}".rstrip("0").rstrip(".")
