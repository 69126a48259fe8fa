import argparse
import time

import pytest

from lambda_magic.magics.span import since


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("2h", 7200), ("1d", 86_400), ("1.5m", 90)]
)
def test_reads_how_long_ago(text: str, seconds: float) -> None:
    assert time.time() - since(text) == pytest.approx(seconds, abs=1)


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-5m", "1w"])
def test_refuses_anything_else(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="90s, 5m, 2h or 1d"):
        since(text)
