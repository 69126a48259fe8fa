import pytest

from lambda_magic.monitoring.stack import excerpt, places, text

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


PLACES = {
    "Node.js": (
        [
            "TypeError: no",
            "    at fail (/var/task/lib/far.js:2:9)",
            "    at Runtime.handler (file:///var/task/index.mjs:7:3)",
            "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
        ],
        [("lib/far.js", 2), ("index.mjs", 7)],
    ),
    "Ruby": (
        [
            "/var/task/lambda_function.rb:2:in `/'",
            "/var/lang/lib/ruby/3.3.0/set.rb:501:in `each'",
            "/var/task/lambda_function.rb:5:in 'Object#handler'",
        ],
        [("lambda_function.rb", 2), ("lambda_function.rb", 5)],
    ),
    "Java": (
        [
            "java.base/java.util.Objects.requireNonNull(Objects.java:233)",
            "example.orders.Hello$Inner.<init>(Hello.java:3)",
            "Plain.handler(Plain.java:4)",
        ],
        [("java/util/Objects.java", 233), ("example/orders/Hello.java", 3), ("Plain.java", 4)],
    ),
}


@pytest.mark.parametrize("language", PLACES)
def test_each_language_tells_places_in_its_own_way(language: str) -> None:
    trace, expected = PLACES[language]
    assert places(trace) == expected
    assert text(trace).splitlines() == trace


def test_pythons_innermost_place_comes_last() -> None:
    assert places([frame("a.py", 1), frame("b.py", 2)]) == [("b.py", 2), ("a.py", 1)]
    assert text([frame("a.py", 1)]).splitlines()[1] == "    boom()"
