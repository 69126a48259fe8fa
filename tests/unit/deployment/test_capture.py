import socket
import subprocess
import sys
import types
from pathlib import Path

import pytest

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment.capture import captured_files

KERNEL = f"python{sys.version_info.major}.{sys.version_info.minor}"


def notebook(source: str) -> dict[str, object]:
    """The namespace after running a cell."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    exec(source, namespace)
    return namespace


def run_in_package(directory: Path, files: dict[str, bytes | Path], cell: str) -> str:
    """Import lambda_function from a package, without this environment's packages; its output."""
    for name, content in {**files, "lambda_function.py": cell.encode()}.items():
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
    program = "import sys; sys.path.insert(0, sys.argv[1]); import lambda_function"
    completed = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(directory)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return completed.stdout + completed.stderr


def test_the_module_finds_the_objects_from_its_first_line(tmp_path: Path) -> None:
    files = captured_files(["limit"], {"limit": 42}, runtime=KERNEL)
    output = run_in_package(tmp_path, files, "print(limit, __name__, __doc__)")
    assert output == "42 lambda_function None\n"


def test_plain_objects_need_no_cloudpickle() -> None:
    files = captured_files(["limit"], {"limit": {"a": [1, 2]}}, runtime=KERNEL)
    assert sorted(files) == ["lambda_function/__init__.py", "lambda_function/captured.pickle"]


def test_functions_and_classes_of_the_notebook_travel_by_value(tmp_path: Path) -> None:
    cell = """
import math
class Point:
    x = 3
def distance(y):
    return math.hypot(Point.x, y)
"""
    files = captured_files(["distance", "Point"], notebook(cell), runtime=KERNEL)
    assert "cloudpickle/cloudpickle.py" in files
    assert run_in_package(tmp_path, files, "print(distance(4), Point().x)") == "5.0 3\n"


def test_what_two_objects_share_they_still_share(tmp_path: Path) -> None:
    shared: list[int] = []
    files = captured_files(["a", "b"], {"a": [shared], "b": [shared]}, runtime=KERNEL)
    assert run_in_package(tmp_path, files, "print(a[0] is b[0])") == "True\n"


def test_line_numbers_are_the_cells_own(tmp_path: Path) -> None:
    files = captured_files(["limit"], {"limit": 42}, runtime=KERNEL)
    output = run_in_package(tmp_path, files, "from __future__ import annotations\n\n1 / 0\n")
    assert f'File "{tmp_path}/lambda_function.py", line 3' in output
    assert "ZeroDivisionError" in output


def test_classes_of_the_cell_can_be_pickled(tmp_path: Path) -> None:
    cell = "import pickle\nclass A: ...\nprint(type(pickle.loads(pickle.dumps(A()))) is A)"
    files = captured_files(["limit"], {"limit": 42}, runtime=KERNEL)
    assert run_in_package(tmp_path, files, cell) == "True\n"


def test_a_module_beside_the_notebook_travels_by_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beside.py").write_text("def double(x):\n    return 2 * x\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    cell = notebook("import beside\nfrom beside import double")
    monkeypatch.setitem(sys.modules, "beside", cell["beside"])
    package = tmp_path / "package"
    package.mkdir()
    files = captured_files(["double", "beside"], cell, runtime=KERNEL)
    assert run_in_package(package, files, "print(double(2), beside.double(3))") == "4 6\n"


def test_a_missing_name_is_named() -> None:
    with pytest.raises(InvalidParameterValueException, match="--with nope: the notebook has no"):
        captured_files(["nope"], {}, runtime=KERNEL)


def test_what_cannot_be_pickled_is_named() -> None:
    with (
        socket.socket() as connection,
        pytest.raises(InvalidParameterValueException, match="--with s: a socket cannot be pickled"),
    ):
        captured_files(["s"], {"s": connection}, runtime=KERNEL)


@pytest.mark.parametrize(
    "cell",
    [
        "import pytest as thing",
        "from pytest import approx as thing",
        "import pytest\nthing = [pytest.ExitCode.OK]",
        "import pytest\ndef thing(): return pytest",
    ],
)
def test_what_needs_a_package_says_which(cell: str) -> None:
    with pytest.raises(InvalidParameterValueException, match="add --requirements pytest"):
        captured_files(["thing"], notebook(cell), runtime=KERNEL)


def test_a_package_that_the_function_has_is_enough() -> None:
    cell = notebook("import pytest as thing")
    assert captured_files(["thing"], cell, packages={"pytest"}, runtime=KERNEL)


def test_code_for_another_python_is_refused_and_data_is_not() -> None:
    assert captured_files(["limit"], {"limit": 42}, runtime="python3.99")
    with pytest.raises(InvalidParameterValueException, match=f"use --runtime {KERNEL}"):
        captured_files(["f"], notebook("def f(): ..."), runtime="python3.99")


def test_capturing_leaves_cloudpickle_as_it_was() -> None:
    import cloudpickle

    before = cloudpickle.list_registry_pickle_by_value()
    captured_files(["m"], {"m": types.SimpleNamespace(a=1)}, runtime=KERNEL)
    assert cloudpickle.list_registry_pickle_by_value() == before
