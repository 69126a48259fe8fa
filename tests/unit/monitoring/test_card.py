import pytest
from IPython.core.formatters import DisplayFormatter

from lambda_magic.monitoring.card import Card, Carded


class Thing(Carded):
    def card(self) -> Card:
        return Card(
            title="hello:<LIVE>",
            notes=["for callers"],
            facts=[[("Memory", "128 MB"), ("Layers", "")], [("Nothing", None)]],
            shares=[("Version 1", 90.0), ("Version 2", 10.0)],
            document={"Name": "LIVE"},
        )


def test_what_says_not_which_card_is_none() -> None:
    class Nothing(Carded):
        pass

    with pytest.raises(TypeError, match=r"abstract method '?card"):
        Nothing()  # type: ignore[abstract]


def test_text() -> None:
    assert str(Thing().card()) == (
        "hello:<LIVE>  for callers\nMemory 128 MB\nVersion 1 90 %  Version 2 10 %"
    )


def test_html_is_escaped_and_shows_the_shares() -> None:
    html = Thing().card().html()
    assert "hello:&lt;LIVE&gt;" in html
    assert "width:90.00%" in html
    assert "Layers" not in html


def test_a_notebook_gets_html_and_text_and_json_if_it_asks() -> None:
    formatter = DisplayFormatter()
    unasked, _ = formatter.format(Thing())
    assert set(unasked) == {"text/html", "text/plain"}
    asked, _ = formatter.format(Thing(), include={"application/json"})
    assert asked == {"application/json": {"Name": "LIVE"}}
