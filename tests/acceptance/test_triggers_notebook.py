"""The notebook about triggers is what it says."""

import subprocess
import sys
from pathlib import Path

import nbformat

import lambda_magic

ROOT = Path(lambda_magic.__file__).parent.parent
NOTEBOOK = ROOT / "notebooks" / "04_triggers.ipynb"


def test_it_is_what_it_says_under_nbval(tmp_path: Path) -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbval-lax", str(NOTEBOOK)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert completed.returncode == 0, completed.stdout
    assert " passed" in completed.stdout


def test_it_can_be_read_without_being_run() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    printed = "".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])
    )
    assert "order 5: refused (attempt 3)" in printed
    assert "REMOVE Ada: 36 -> None" in printed
    assert not any(
        output["output_type"] == "error"
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )


def test_it_shows_nothing_of_the_machine_it_was_made_on() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert str(Path.home()) not in text
    assert str(ROOT) not in text
