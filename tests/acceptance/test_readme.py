"""The README's cells, as they are printed there."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


def _cells(heading):
    """The Python cells under a heading."""
    text = README.read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    return re.findall(r"^```python\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("heading", ["Sixty seconds", "Triggers"])
def test_cells_run_as_they_are_printed(notebook, heading):
    if heading == "Triggers":
        notebook.run("%%lambda hello\ndef handler(event, context): ...")
    cells = _cells(heading)
    assert cells
    for cell in cells:
        notebook.run(cell)
