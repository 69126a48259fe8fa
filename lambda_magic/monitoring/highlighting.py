"""Source in the colours of its language: no front end knows that a cell is not in Python."""

from html import escape

from pygments.lexers import (  # type: ignore[import-untyped]  # it ships no types
    get_lexer_for_filename,
    guess_lexer,
)
from pygments.token import (  # type: ignore[import-untyped]
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    String,
)
from pygments.util import ClassNotFound  # type: ignore[import-untyped]

from lambda_magic.monitoring import display

#: JupyterLab's own colours, which follow its theme, and what stands in for them elsewhere.
_COLOURS = {
    Comment: "var(--jp-mirror-editor-comment-color,#408080)",
    Keyword: "var(--jp-mirror-editor-keyword-color,#008000)",
    Name.Function: "var(--jp-mirror-editor-def-color,#00f)",
    Name.Class: "var(--jp-mirror-editor-def-color,#00f)",
    Number: "var(--jp-mirror-editor-number-color,#080)",
    Operator.Word: "var(--jp-mirror-editor-keyword-color,#008000)",
    String: "var(--jp-mirror-editor-string-color,#ba2121)",
}


def highlighted(source: str, filename: str) -> str:
    """HTML of a source; its language is told by its file's name, or by how it begins."""
    try:
        lexer = get_lexer_for_filename(filename, source, stripnl=False)
    except ClassNotFound:
        lexer = guess_lexer(source, stripnl=False)
    return display.box("".join(_span(kind, text) for kind, text in lexer.get_tokens(source)))


def _span(kind: object, text: str) -> str:
    colour = next((colour for known, colour in _COLOURS.items() if kind in known), None)
    return escape(text) if colour is None else f'<span style="color:{colour}">{escape(text)}</span>'
