from pathlib import Path

import pytest

from lambda_magic.environments.program_start import depends_on_start


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LD_LIBRARY_PATH", True),
        ("LD_PRELOAD", True),
        ("PYTHONHASHSEED", True),
        ("PYTHONPATH", False),
        ("PYTHONUNBUFFERED", False),
        ("PATH", False),
        ("GOLD_PRICE", False),
    ],
)
def test_some_variables_are_read_at_the_start(name: str, expected: bool, tmp_path: Path) -> None:
    assert depends_on_start({name: "1"}, tmp_path, None) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("opt/lib/libmine.so", True),
        ("opt/lib/mine.so.2.0", True),
        ("opt/python/lib/libmine.so", False),
        ("opt/libmine.so", False),
        ("task/lib/libmine.so.1", True),
        ("task/libmine.so.1", True),
        ("task/_speedups.cpython-312-x86_64-linux-gnu.so", False),
        ("task/numpy.libs/libopenblas.so", False),
        ("task/lib/mine.py", False),
    ],
)
def test_shared_libraries_are_found_at_the_start(path: str, expected: bool, tmp_path: Path) -> None:
    for name in ("opt", "task"):
        (tmp_path / name).mkdir()
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).touch()

    assert depends_on_start({}, tmp_path / "task", tmp_path / "opt") is expected
