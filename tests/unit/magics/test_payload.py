from pathlib import Path
from typing import Any

import pytest
from IPython.core.error import UsageError

from lambda_magic.magics import invoke
from lambda_magic.magics.payload import event, split_line


@pytest.mark.parametrize(
    ("line", "words", "payload"),
    [
        ("hello", ["hello"], ""),
        ('hello {"a": 1}', ["hello"], '{"a": 1}'),
        ('hello {"a":  [1,  2]}', ["hello"], '{"a":  [1,  2]}'),
        ('hello {"a": 1} --count 3', ["hello", "--count", "3"], '{"a": 1}'),
        ("hello --count 3 event", ["hello", "--count", "3"], "event"),
        ("--count 3 hello [1, 2]", ["--count", "3", "hello"], "[1, 2]"),
        ("hello --log=none f(1, 2) + 3", ["hello", "--log=none"], "f(1, 2) + 3"),
        ('hello "a --count 3"', ["hello"], '"a --count 3"'),
        ('hello {"a": "} --async"}', ["hello"], '{"a": "} --async"}'),
        ('hello "\\" --async"', ["hello"], '"\\" --async"'),
        ("hello -1", ["hello"], "-1"),
        ("hello it's --async", ["hello"], "it's --async"),
        ('hello {"a": 1};', ["hello"], '{"a": 1}'),
        ("hello --log \"a b\" 'x'", ["hello", "--log", "a b"], "'x'"),
        ("hello --log='a b' 1", ["hello", "--log=a b"], "1"),
        ('hello --log "" 1', ["hello", "--log", ""], "1"),
        ("hello --log {'a':1} 1", ["hello", "--log", "{'a':1}"], "1"),
        ("hello --log 'a", ["hello", "--log", "'a"], ""),
        ("-h", ["-h"], ""),
    ],
)
def test_options_stand_before_or_after_the_payload(
    line: str, words: list[str], payload: str
) -> None:
    assert split_line(line, invoke.parser()) == (words, payload)


def test_options_do_not_stand_within_the_payload() -> None:
    with pytest.raises(UsageError, match="torn apart"):
        split_line("hello a --count 3 + b", invoke.parser())


NAMESPACE = {"person": {"name": "Ada"}, "numbers": (1, 2), "thing": object(), "true": "variable"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("  \n", {}),
        ('{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
        ("true", True),
        ("person", {"name": "Ada"}),
        ("person['name'].upper()", "ADA"),
        ("{'a': True}", {"a": True}),
        ("[n * 2 for n in numbers]", [2, 4]),
        ("numbers", [1, 2]),
        ('\n{"a":\n 1}\n', {"a": 1}),
    ],
)
def test_is_json_or_python(text: str, expected: Any) -> None:
    assert event(text, NAMESPACE) == expected


def test_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "an event.json"
    file.write_text('{"a": "ä"}', encoding="utf-8")
    assert event(f"@{file}", {}) == {"a": "ä"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{a: }", "not JSON"),
        ("missing", "NameError: name 'missing' is not defined"),
        ("1 / 0", "ZeroDivisionError"),
        ("thing", "cannot be written as JSON"),
        ("float('nan')", "cannot be written as JSON"),
        ("@no/such/file.json", "No such file or directory"),
    ],
)
def test_anything_else_is_a_usage_error(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        event(text, NAMESPACE)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text("{")
    with pytest.raises(UsageError, match=r"event\.json is not JSON"):
        event(f"@{file}", {})
