from typing import Any

import pytest

from lambda_magic.magics.alias import parser, route_text


@pytest.mark.parametrize(
    ("weights", "text"),
    [({}, "1"), ({"2": 0.1}, "1 (0.9), 2 (0.1)"), ({"2": 0.0}, "1 (1), 2 (0)")],
)
def test_tells_where_an_alias_leads(weights: dict[str, float], text: str) -> None:
    alias: dict[str, Any] = {"FunctionVersion": "1"}
    if weights:
        alias["RoutingConfig"] = {"AdditionalVersionWeights": weights}
    assert route_text(alias) == text


def test_reads_a_route() -> None:
    assert parser().parse("hello:LIVE 1 --route 2=0.1").route == [("2", 0.1)]
