import pytest

from lambda_magic.monitoring import display


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (0.0, "$0"),
        (0.0000002083, "$0.0000002083"),
        (0.5, "$0.5"),
        (2.73, "$2.73"),
        (1234.5, "$1234.50"),
    ],
)
def test_dollars(amount: float, written: str) -> None:
    assert display.dollars(amount) == written


def test_short_json_stays_in_one_line() -> None:
    assert display.pretty_json({"a": "ü"}) == '{"a": "ü"}'
    assert display.pretty_json({"a": "x" * 80}) == '{\n  "a": "' + "x" * 80 + '"\n}'


def test_a_bar_is_in_proportion() -> None:
    bar = display.bar([("Init", 30.0, display.ORANGE), ("Duration", 10.0, display.SKY)])
    assert "width:75.00%" in bar
    assert "width:25.00%" in bar
    assert "Init 30.00 ms" in bar


def test_a_bar_of_nothing() -> None:
    assert "width:0.00%" in display.bar([("Duration", 0.0, display.SKY)])


@pytest.mark.parametrize(
    ("used", "size", "width"), [(32, 128, "25.0%"), (200, 128, "100.0%"), (1, 0, "0.0%")]
)
def test_gauge(used: float, size: float, width: str) -> None:
    assert f"width:{width}" in display.gauge(used, size, display.BLUE)


def test_a_log_marks_failures_and_sets_lambdas_own_lines_back() -> None:
    strong = f'<strong style="color:{display.VERMILLION}">'
    quiet = '<span style="opacity:.65">'
    failed = "REPORT RequestId: 1\tDuration: 1.00 ms\tStatus: timeout\n"
    html = display.log("START RequestId: 1 Version: 1\nplain <b>\n[ERROR] KeyError: 'a'\n" + failed)
    assert f"{quiet}START RequestId: 1 Version: 1\n</span>plain &lt;b&gt;\n" in html
    assert f"{strong}[ERROR] KeyError: &#x27;a&#x27;\n</strong>{strong}REPORT" in html


def test_of_a_long_log_the_end_is_shown() -> None:
    html = display.log("first\n" + "x" * display.SHOWN)
    assert "... 6 characters before" in html
    assert "first" not in html


def test_text_table() -> None:
    table = display.text_table(["Name", "Value"], [["a", "1"], ["longer", ""]])
    assert table == "Name    Value\na           1\nlonger"


def test_what_stands_between_two_dollar_signs_is_no_mathematics() -> None:
    assert display.card(["$1 or $2"], accent=display.BLUE).startswith(
        '<div class="mathjax_ignore tex2jax_ignore"'
    )
