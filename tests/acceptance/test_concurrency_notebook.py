"""The notebook about concurrency: it is what it says, and can be read without being run."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter

import lambda_magic

ROOT = Path(lambda_magic.__file__).parent.parent
NOTEBOOK = ROOT / "notebooks" / "03_concurrency.ipynb"


def outputs() -> list[str]:
    """The outputs in HTML that the notebook was saved with."""
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    shown = [output for cell in cells for output in cell.get("outputs", [])]
    return [output.data["text/html"] for output in shown if "text/html" in output.get("data", {})]


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


def test_it_shows_nothing_of_the_machine_it_was_made_on() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert str(Path.home()) not in text
    assert str(ROOT) not in text


class _Foreign(HTMLParser):
    """Finds what an output would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "iframe"):
            self.found.append(tag)
        self.found += [
            f"{tag} {name}"
            for name, value in attributes
            if name.startswith("on") or (name in ("src", "href") and not str(value).startswith("#"))
        ]


def test_its_outputs_need_no_script_and_no_network() -> None:
    assert len(outputs()) > 10
    for output in outputs():
        parser = _Foreign()
        parser.feed(output)
        assert parser.found == []
        assert "@import" not in output


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_it_is_whole_when_it_is_exported() -> None:
    page = _text(HTMLExporter().from_filename(str(NOTEBOOK))[0])
    for shown in outputs():
        assert _text(shown) in page


def _text(page: str) -> str:
    """What a page says: exporting may write its tags in another way."""
    told = _Told()
    told.feed(page)
    return " ".join("".join(told.parts).split())


class _Told(HTMLParser):
    """Collects the text between tags."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, text: str) -> None:
        self.parts.append(text + " ")
