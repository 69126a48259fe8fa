from lambda_magic.magics.table import Table

ROWS = [{"Name": "hello", "Size": 1234}, {"Name": "<b>", "Size": None}]


def test_shows_its_rows_as_text() -> None:
    table = Table("Things", ("Name", "Size"), ROWS, empty="none", notes=["here"])
    assert str(table).splitlines() == [
        "Things  here",
        "Name    Size",
        "hello  1,234",
        "<b>        -",
    ]


def test_shows_its_rows_as_html() -> None:
    html = Table("Things", ("Name", "Size"), ROWS, empty="none")._repr_html_()
    assert "1,234" in html
    assert "&lt;b&gt;" in html


def test_without_rows_it_says_so() -> None:
    table = Table("Things", ("Name",), [], empty="Make one & see.")
    assert str(table) == "Things\nMake one & see."
    assert "Make one &amp; see." in table._repr_html_()


def test_is_a_sequence_of_mappings() -> None:
    table = Table("Things", ("Name", "Size"), ROWS, empty="none")
    assert len(table) == 2
    assert [row["Name"] for row in table] == ["hello", "<b>"]
    assert table[0]["Size"] == 1234
    assert repr(table) == "<Table Things [2 rows]>"
