"""A graph of functions in Mermaid, which JupyterLab and GitHub draw.

https://mermaid.js.org/syntax/flowchart.html
"""

from collections.abc import Iterator

from lambda_magic.widgets.graph import Graph, Kind, Node

#: The brackets that give a node of each kind its shape.
_SHAPES = {
    Kind.TRIGGER: ("([", "])"),
    Kind.ALIAS: ("(", ")"),
    Kind.VERSION: ("[", "]"),
    Kind.LAYER: ("[/", "/]"),
    Kind.DESTINATION: ("{{", "}}"),
}


def flowchart(graph: Graph) -> str:
    """The graph as a flowchart from left to right, with a frame around each function."""
    names = {node.key: f"n{number}" for number, node in enumerate(graph.nodes)}
    return "\n".join(["flowchart LR", *_nodes(graph, names), *_edges(graph, names)]) + "\n"


def _nodes(graph: Graph, names: dict[str, str]) -> Iterator[str]:
    for number, function in enumerate(graph.functions):
        yield f'  subgraph f{number}["{_text(function)}"]'
        for node in graph.nodes:
            if node.function == function:
                yield f"    {_node(node, names)}"
        if left := graph.left_out.get(function):
            yield f'    f{number}more["{left} more versions"]'
        yield "  end"
    for node in graph.nodes:
        if not node.function:
            yield f"  {_node(node, names)}"


def _edges(graph: Graph, names: dict[str, str]) -> Iterator[str]:
    for edge in graph.edges:
        label = f'|"{_text(edge.label)}"|' if edge.label else ""
        yield f"  {names[edge.source]} -->{label} {names[edge.target]}"


def _node(node: Node, names: dict[str, str]) -> str:
    opening, closing = _SHAPES[node.kind]
    # Of all names, only a layer's does not say what it names.
    label = f"layer {node.label}" if node.kind is Kind.LAYER else node.label
    return f'{names[node.key]}{opening}"{_text(label)}"{closing}'


def _text(text: str) -> str:
    """Text within quotes; Mermaid has entities with a # for what it would read itself."""
    for character, entity in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(character, entity)
    return text
