"""A graph of functions as SVG: triggers, aliases, versions, layers and destinations in columns.

It needs no script and no style sheet, and has a background of its own, so that it can be read on
a light and on a dark page.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lambda_magic.monitoring.display import BLUE, GREEN, ORANGE, PURPLE, SKY, escape
from lambda_magic.widgets.graph import Edge, Graph, Kind, Node

_COLUMN = {
    Kind.TRIGGER: 0,
    Kind.ALIAS: 1,
    Kind.VERSION: 2,
    Kind.LAYER: 3,
    Kind.DESTINATION: 3,
}
_COLOURS = {
    Kind.TRIGGER: ORANGE,
    Kind.ALIAS: GREEN,
    Kind.VERSION: BLUE,
    Kind.LAYER: PURPLE,
    Kind.DESTINATION: SKY,
}

# In pixels: a box, the way from one to the next, and what is around them.
_WIDTH, _HEIGHT = 176, 34
_ACROSS, _DOWN = 250, 46
_MARGIN, _TITLE = 20, 26
#: So many characters fit into a box.
_FITTING = 23


@dataclass(frozen=True, slots=True)
class _Place:
    """The upper left corner of a box."""

    x: float
    y: float


def svg(graph: Graph) -> str:
    """The drawing, as the text of an SVG document."""
    places, frames, height = _layout(graph)
    # Nothing is left free for what there is not: triggers, or layers and destinations.
    columns = {_COLUMN[node.kind] for node in graph.nodes} | {1, 2}
    left = min(columns) * _ACROSS
    width = 2 * _MARGIN + (max(columns) - min(columns)) * _ACROSS + _WIDTH
    parts = [
        *frames,
        *(_arrow(edge, places) for edge in graph.edges),
        *(_box(node, places[node.key]) for node in graph.nodes),
    ]
    summary = ", ".join(graph.functions) or "no function"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left} 0 {width} {height:g}" '
        f'width="{width}" role="img" font-family="system-ui,sans-serif" font-size="12" '
        f'fill="#1F2933"><title>{escape(f"Diagram of {summary}")}</title>'
        '<defs><marker id="lambda-magic-arrow" viewBox="0 0 8 8" refX="8" refY="4" '
        'markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
        '<path d="M0 0L8 4L0 8z" fill="#52606D"/></marker></defs>'
        f'<rect x="{left}" width="{width}" height="{height:g}" rx="8" fill="#fff"/>'
        f"{''.join(parts)}</svg>"
    )


def _layout(graph: Graph) -> tuple[dict[str, _Place], list[str], float]:
    """Where each node stands, the frames of the functions, and the height of it all."""
    places: dict[str, _Place] = {}
    frames = []
    top = float(_MARGIN)
    for function in graph.functions:
        heights = [top + _TITLE] * 4
        for node in _block(graph, function):
            if node.key not in places:
                column = _COLUMN[node.kind]
                places[node.key] = _Place(_MARGIN + column * _ACROSS, heights[column])
                heights[column] += _DOWN
        bottom = max(heights)
        frames.append(_frame(graph, function, top, max(heights[1:3])))
        top = bottom + _DOWN / 2
    return places, frames, max(top, 2.0 * _MARGIN)


def _block(graph: Graph, function: str) -> Iterator[Node]:
    """The nodes of a function, and those that it is connected to."""
    own = [node for node in graph.nodes if node.function == function]
    keys = {node.key for node in own}
    near = {edge.source for edge in graph.edges if edge.target in keys}
    near |= {edge.target for edge in graph.edges if edge.source in keys}
    yield from own
    yield from (node for node in graph.nodes if not node.function and node.key in near)


def _frame(graph: Graph, function: str, top: float, bottom: float) -> str:
    x = _MARGIN + _ACROSS - 14
    width, height = _ACROSS + _WIDTH + 28, bottom - top - 4
    left = graph.left_out.get(function)
    more = f" ({left} more versions)" if left else ""
    return (
        f'<rect x="{x}" y="{top:g}" width="{width}" height="{height:g}" rx="8" fill="#F5F7FA" '
        f'stroke="#CBD2D9"/><text x="{x + 12}" y="{top + 17:g}" font-weight="600">'
        f"{escape(_fitting(function, 44))}{more}</text>"
    )


def _box(node: Node, place: _Place) -> str:
    colour = _COLOURS[node.kind]
    return (
        f"<g><title>{escape(f'{node.kind} {node.key}')}</title>"
        f'<rect x="{place.x:g}" y="{place.y:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="6" '
        f'fill="#fff" stroke="{colour}" stroke-width="1.5"/>'
        f'<rect x="{place.x:g}" y="{place.y:g}" width="6" height="{_HEIGHT}" rx="3" '
        f'fill="{colour}"/><text x="{place.x + 14:g}" y="{place.y + 15:g}">'
        f'{escape(_fitting(node.label, _FITTING))}</text><text x="{place.x + 14:g}" '
        f'y="{place.y + 28:g}" font-size="10" fill="#52606D">{node.kind}</text></g>'
    )


def _arrow(edge: Edge, places: dict[str, _Place]) -> str:
    source, target = places[edge.source], places[edge.target]
    x1, y1 = source.x + _WIDTH, source.y + _HEIGHT / 2
    x2, y2 = target.x - 2, target.y + _HEIGHT / 2
    bend = max((x2 - x1) / 2, 30)
    path = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
    label = ""
    if edge.label:
        label = (
            f'<text x="{(x1 + x2) / 2:g}" y="{(y1 + y2) / 2 - 4:g}" text-anchor="middle" '
            f'font-size="10" fill="#1F2933" stroke="#fff" stroke-width="3" paint-order="stroke">'
            f"{escape(edge.label)}</text>"
        )
    return (
        f'<path d="{path}" fill="none" stroke="#52606D" '
        f'marker-end="url(#lambda-magic-arrow)"/>{label}'
    )


def _fitting(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
