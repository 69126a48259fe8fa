import argparse
import time

import pytest

from lambda_magic.magics.span import rate, since


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("2h", 7200), ("1d", 86_400), ("1.5m", 90)]
)
def test_reads_how_long_ago(text: str, seconds: float) -> None:
    assert time.time() - since(text) == pytest.approx(seconds, abs=1)


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-5m", "1w"])
def test_refuses_anything_else(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="90s, 5m, 2h or 1d"):
        since(text)


@pytest.mark.parametrize(("text", "per_second"), [("100/s", 100), ("30/m", 0.5), ("2.5", 2.5)])
def test_a_rate(text: str, per_second: float) -> None:
    assert rate(text) == per_second


@pytest.mark.parametrize("text", ["", "often", "0/s", "-1", "5/h"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="no rate"):
        rate(text)
