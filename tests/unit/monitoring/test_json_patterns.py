import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_magic.core.errors import InvalidParameterException
from lambda_magic.monitoring.json_patterns import json_pattern

MESSAGE = json.dumps(
    {
        "level": "ERROR",
        "ms": 12.5,
        "code": "403 Forbidden",
        "user": {"name": "Ada", "first.name": "A", "admin": True, "manager": None},
        "tags": ["red", "green"],
        "items": [{"n": 1}, {"n": 2}],
    }
)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ $.level = "ERROR" }', True),
        ("{ $.level = ERROR }", True),
        ('{ $.level = "error" }', False),
        ('{ $.level != "WARN" }', True),
        ('{ $.level = "ERR*" }', True),
        ('{ $.code = "4*" }', True),
        ('{ $.code = "4?? Forbidden" }', False),
        ("{ $.level = %^ERR% }", True),
        ("{ $.ms = 12.5 }", True),
        ("{ $.ms > 12 }", True),
        ("{ $.ms >= 12.5 && $.ms <= 1.25e1 }", True),
        ("{ $.ms < 12 }", False),
        ("{ $.level > 5 }", False),
        ('{ $.user.name = "Ada" }', True),
        ("{ $.user['first.name'] = \"A\" }", True),
        ("{ $.user.admin IS TRUE }", True),
        ("{ $.user.admin IS FALSE }", False),
        ("{ $.user.manager IS NULL }", True),
        ("{ $.user.age NOT EXISTS }", True),
        ("{ $.user.name NOT EXISTS }", False),
        ('{ $.tags[0] = "red" }', True),
        ('{ $.tags[1] = "red" }', False),
        ('{ $.tags[7] = "red" }', False),
        ('{ $.tags[*] = "green" }', True),
        ("{ $.items[*].n = 2 }", True),
        ("{ $.nothing = 1 }", False),
        ("{ $.ms = 1 || $.level = ERROR }", True),
        ("{ $.ms = 1 && $.level = ERROR || $.tags[0] = red }", True),
        ("{ $.level = ERROR && ($.ms = 1 || $.ms > 5) }", True),
        ("{ ($.level = WARN || $.ms = 1) && $.ms > 5 }", False),
    ],
)
def test_conditions(pattern: str, expected: bool) -> None:
    assert json_pattern(pattern)(MESSAGE) is expected


@pytest.mark.parametrize("message", ["plain text", '"a string"', "12", "", "[" * 5000])
def test_what_is_no_json_object_does_not_match(message: str) -> None:
    assert not json_pattern('{ $.level = "ERROR" }')(message)


@pytest.mark.parametrize(
    "pattern",
    [
        "{",
        "{ }",
        "{ $.a }",
        "{ $.a = }",
        "{ $.a = 1",
        "{ $.a = 1 } more",
        "{ $.a ~ 1 }",
        '{ $.a > "text" }',
        "{ $.a IS MAYBE }",
        "{ $.a = 1 && }",
        "{ ($.a = 1 }",
        "{ $.a = %(x+)+% }",
        f"{{ {'(' * 200}$.a = 1{')' * 200} }}",
    ],
)
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(InvalidParameterException, match="Invalid filter pattern"):
        json_pattern(pattern)


@given(st.text(alphabet='{}()$.=<>!&|"%*a1 [],', max_size=40))
def test_any_text_is_a_pattern_or_refused(text: str) -> None:
    try:
        matches = json_pattern(text)
    except InvalidParameterException:
        return
    assert matches(MESSAGE) in (True, False)
