import pytest

from lambda_magic.monitoring.stack import excerpt

SOURCE = {"lambda_function.py": "\n".join(f"line {n}" for n in range(1, 12))}


def frame(path: str, line: int) -> str:
    return f'  File "/var/task/{path}", line {line}, in handler\n    boom()\n'


def test_excerpt_marks_the_failing_line() -> None:
    found = excerpt([frame("lambda_function.py", 10)], SOURCE)
    assert str(found) == (
        "lambda_function.py, line 10\n     8 line 8\n     9 line 9\n--> 10 line 10\n    11 line 11"
    )


def test_the_innermost_frame_of_ours_counts() -> None:
    trace = [
        frame("lambda_function.py", 3),
        frame("lambda_function.py", 5),
        '  File "/var/lang/lib/python3.12/json/__init__.py", line 2, in loads\n',
        frame("vendored.py", 9),
    ]
    found = excerpt(trace, SOURCE)
    assert found is not None
    assert (found.path, found.line) == ("lambda_function.py", 5)
    assert found.lines == tuple((n, f"line {n}") for n in range(3, 8))


def test_a_syntax_error_has_its_line_too() -> None:
    found = excerpt(['  File "/var/task/lambda_function.py" Line 1\n    def (\n'], SOURCE)
    assert found is not None
    assert found.lines == ((1, "line 1"), (2, "line 2"), (3, "line 3"))


@pytest.mark.parametrize(
    "trace",
    [[], ["nonsense"], [frame("other.py", 1)], [frame("lambda_function.py", 99)]],
)
def test_nothing_to_show(trace: list[str]) -> None:
    assert excerpt(trace, SOURCE) is None
