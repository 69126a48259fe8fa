"""Following a log in a real JupyterLab: while the kernel is idle, and while a cell runs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from .lab import Lab, NotebookPage

pytestmark = pytest.mark.slow

CELLS = [
    "import tempfile\nhome = tempfile.TemporaryDirectory()\n"
    "%load_ext lambda_magic\n%config LambdaMagic.home = home.name",
    "%%lambda tailed\n"
    "def handler(event, context):\n"
    "    print('working on', event['name'])\n"
    "    return 1 / event.get('n', 1)\n",
    "%logs tailed --follow",
    '%invoke tailed {"name": "Ada"}',
    '%invoke tailed {"name": "Grace", "n": 0}',
    "import time\n"
    "from pathlib import Path\n"
    '%invoke tailed {"name": "Linus"}\n'
    "until = time.monotonic() + 60\n"
    "while not Path('go').exists() and time.monotonic() < until:\n"
    "    time.sleep(0.05)",
    '%invoke tailed {"name": "Alan"}',
]


@pytest.fixture
def page(notebook: Callable[[str, list[str]], NotebookPage]) -> NotebookPage:
    opened = notebook("log_tail.ipynb", CELLS)
    for number in range(3):
        opened.run(number)
    return opened


def lines(page: NotebookPage) -> Locator:
    return page.cell(2).get_by_role("log")


def test_lines_appear_as_they_are_written_while_a_cell_runs_too(
    page: NotebookPage, lab: Lab, screenshot: Callable[[Page, str], Path]
) -> None:
    page.run(3)
    expect(lines(page)).to_contain_text("working on Ada")
    expect(lines(page)).to_contain_text("REPORT RequestId")
    expect(page.cell(2).get_by_role("status")).to_contain_text("following")
    screenshot(page.page, "log-tail")
    page.start(5)
    expect(lines(page)).to_contain_text("working on Linus")
    assert page.is_busy()
    (lab.directory / "go").touch()
    page.wait_until_idle()
    # Opened again while its kernel lives, it goes on where it was.
    page.save()
    page.open()
    expect(lines(page)).to_contain_text("working on Linus")
    page.run(6)
    expect(lines(page)).to_contain_text("working on Alan")


def test_lines_are_filtered_grouped_and_held_back(
    page: NotebookPage, screenshot: Callable[[Page, str], Path]
) -> None:
    tail = page.cell(2)
    page.run(3)
    page.run(4)
    expect(lines(page)).to_contain_text("ZeroDivisionError")
    tail.get_by_label("Lowest level shown").select_option("ERROR")
    expect(lines(page)).not_to_contain_text("working on Ada")
    expect(lines(page)).to_contain_text("ZeroDivisionError")
    tail.get_by_label("Lowest level shown").select_option("TRACE")
    tail.get_by_label("Show lines with this text").fill("grace")
    expect(lines(page)).not_to_contain_text("working on Ada")
    tail.get_by_label("Show lines with this text").fill("")
    pattern = tail.get_by_label("CloudWatch filter pattern")
    pattern.fill('"working on" -Grace')
    pattern.press("Enter")
    expect(lines(page)).not_to_contain_text("REPORT")
    expect(lines(page)).not_to_contain_text("Grace")
    expect(lines(page)).to_contain_text("working on Ada")
    screenshot(page.page, "log-tail-filtered")
    pattern.fill("[a, b]")
    pattern.press("Enter")
    expect(tail.get_by_role("alert")).to_contain_text("InvalidParameterException")
    pattern.fill("")
    pattern.press("Enter")
    tail.get_by_label("by request").check()
    expect(lines(page).locator("summary").last).to_contain_text("failed")
    screenshot(page.page, "log-tail-grouped")
    tail.get_by_role("button", name="Pause").click()
    page.run(6)
    expect(tail.get_by_role("status")).to_contain_text("paused")
    expect(lines(page)).not_to_contain_text("Alan")
    tail.get_by_role("button", name="Resume").click()
    expect(lines(page)).to_contain_text("working on Alan")
