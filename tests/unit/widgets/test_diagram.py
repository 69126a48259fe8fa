from xml.etree import ElementTree

import pytest
from IPython.core.formatters import DisplayFormatter

from lambda_magic.widgets.diagram import Diagram
from lambda_magic.widgets.graph import Edge, Graph, Kind, Node, resource

GRAPH = Graph(
    nodes=(
        Node(key="q", kind=Kind.TRIGGER, label='sqs "orders" <#1>'),
        Node(key="hello:LIVE", kind=Kind.ALIAS, label="LIVE", function="hello"),
        Node(key="hello:$LATEST", kind=Kind.VERSION, label="$LATEST", function="hello"),
        Node(key="hello:1", kind=Kind.VERSION, label="Version 1", function="hello"),
        Node(key="other:$LATEST", kind=Kind.VERSION, label="$LATEST", function="other"),
        Node(key="l", kind=Kind.LAYER, label="a-layer-with-a-name-that-is-too-long:3"),
    ),
    edges=(
        Edge(source="q", target="hello:LIVE", label="Disabled"),
        Edge(source="hello:LIVE", target="hello:1", label="90 %"),
        Edge(source="hello:1", target="l"),
        Edge(source="other:$LATEST", target="l"),
    ),
    left_out={"hello": 4},
)


@pytest.mark.parametrize(
    ("arn", "text"),
    [
        ("arn:aws:sqs:us-east-1:123456789012:orders", "sqs orders"),
        ("arn:aws:lambda:us-east-1:123456789012:function:hello:LIVE", "lambda hello:LIVE"),
        ("s3.amazonaws.com", "s3.amazonaws.com"),
    ],
)
def test_an_arn_in_short(arn: str, text: str) -> None:
    assert resource(arn) == text


def test_mermaid() -> None:
    assert Diagram(GRAPH).mermaid == (
        "flowchart LR\n"
        '  subgraph f0["hello"]\n'
        '    n1("LIVE")\n'
        '    n2["$LATEST"]\n'
        '    n3["Version 1"]\n'
        '    f0more["4 more versions"]\n'
        "  end\n"
        '  subgraph f1["other"]\n'
        '    n4["$LATEST"]\n'
        "  end\n"
        '  n0(["sqs #quot;orders#quot; #lt;#35;1#gt;"])\n'
        '  n5[/"layer a-layer-with-a-name-that-is-too-long:3"/]\n'
        '  n0 -->|"Disabled"| n1\n'
        '  n1 -->|"90 %"| n3\n'
        "  n3 --> n5\n"
        "  n4 --> n5\n"
    )


def test_svg_is_a_document_that_needs_nothing() -> None:
    text = Diagram(GRAPH).svg
    root = ElementTree.fromstring(text)
    told = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert 'sqs "orders" <#1>' in told
    assert "90 %" in told
    assert "a-layer-with-a-name-th…" in told
    assert "hello (4 more versions)" in told
    assert "<script" not in text
    assert "href" not in text


def test_boxes_do_not_overlap() -> None:
    root = ElementTree.fromstring(Diagram(GRAPH).svg)
    boxes = [
        (float(group[1].attrib["x"]), float(group[1].attrib["y"]))
        for group in root.iter("{http://www.w3.org/2000/svg}g")
    ]
    assert len(boxes) == len(set(boxes)) == len(GRAPH.nodes)


def test_a_notebook_draws_what_it_can() -> None:
    bundle, _ = DisplayFormatter().format(Diagram(GRAPH))
    assert set(bundle) == {"text/plain", "text/vnd.mermaid", "image/svg+xml"}
    assert bundle["text/plain"].startswith("flowchart LR")
    assert repr(Diagram(GRAPH)) == "<Diagram of hello, other>"


def test_nothing_is_a_diagram_too() -> None:
    nothing = Diagram(Graph(nodes=(), edges=()))
    assert nothing.mermaid == "flowchart LR\n"
    assert ElementTree.fromstring(nothing.svg).tag.endswith("svg")


def test_a_drawing_has_no_room_for_what_there_is_not() -> None:
    nodes = tuple(node for node in GRAPH.nodes if node.function)
    edges = tuple(edge for edge in GRAPH.edges if edge.label == "90 %")
    alone = ElementTree.fromstring(Diagram(Graph(nodes=nodes, edges=edges)).svg)
    whole = ElementTree.fromstring(Diagram(GRAPH).svg)
    assert float(alone.attrib["width"]) < float(whole.attrib["width"])
    left = float(alone.attrib["viewBox"].split()[0])
    right = left + float(alone.attrib["width"])
    for group in alone.iter("{http://www.w3.org/2000/svg}g"):
        x, width = float(group[1].attrib["x"]), float(group[1].attrib["width"])
        assert left < x < x + width < right
