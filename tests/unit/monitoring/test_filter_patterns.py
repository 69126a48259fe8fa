import pytest

from lambda_magic.core.errors import InvalidParameterException
from lambda_magic.monitoring.filter_patterns import compile_pattern

MESSAGES = [
    "[ERROR] UNAUTHORIZED REQUEST",
    "[ERROR] CLIENT_ERROR: INVALID ARGUMENT",
    "[WARN] timeout after 3 s",
    "[INFO] exiting",
]


@pytest.mark.parametrize(
    ("pattern", "matching"),
    [
        ("", [0, 1, 2, 3]),
        ("  ", [0, 1, 2, 3]),
        ("ERROR", [0, 1]),
        ("error", []),
        ("ERROR INVALID", [1]),
        ("ERROR -INVALID", [0]),
        ("-ERROR", [2, 3]),
        ('"after 3 s"', [2]),
        ('-"after 3 s" -ERROR', [3]),
        ("?UNAUTHORIZED ?exiting", [0, 3]),
        ("ERROR ?exiting", [0, 1]),
        ("%after [0-9]+%", [2]),
        ("-%ERR.R%", [2, 3]),
        ("WARN", [2]),
        (r'"say \"hi\""', []),
    ],
)
def test_terms(pattern: str, matching: list[int]) -> None:
    matches = compile_pattern(pattern)
    assert [number for number, message in enumerate(MESSAGES) if matches(message)] == matching


@pytest.mark.parametrize("pattern", ['"never closed', "[ip, user, status=4*]", "%(a+)+%", "%[%"])
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(InvalidParameterException, match="Invalid filter pattern"):
        compile_pattern(pattern)
