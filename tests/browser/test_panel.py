"""The function panel in a real JupyterLab: what one moves is what happens next."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .lab import NotebookPage

pytestmark = pytest.mark.slow

FUNCTION = (
    "%%lambda shared --timeout 30\n"
    "import time\n"
    "def handler(event, context):\n"
    "    time.sleep(event.get('seconds', 0))\n"
    "    return {'number': NUMBER, 'key': event.get('key1')}\n"
)

CELLS = [
    "import tempfile\nimport lambda_magic\nhome = tempfile.TemporaryDirectory()\n"
    "%load_ext lambda_magic\n%config LambdaMagic.home = home.name",
    FUNCTION.replace("NUMBER", "1"),
    FUNCTION.replace("NUMBER", "2"),
    "%alias shared:LIVE 1",
    "lambda_magic.function_panel('shared')",
    "%invoke shared:LIVE --count 20",
    "import time\n"
    "from pathlib import Path\n"
    "until = time.monotonic() + 60\n"
    "while not Path('go').exists() and time.monotonic() < until:\n"
    "    time.sleep(0.05)\n"
    "print('went on')",
]


@pytest.fixture
def page(notebook: Callable[[str, list[str]], NotebookPage]) -> NotebookPage:
    opened = notebook("panel.ipynb", CELLS)
    for number in range(5):
        opened.run(number)
    return opened


def test_the_next_invocations_follow_the_slider(
    page: NotebookPage, screenshot: Callable[[Page, str], Path]
) -> None:
    panel = page.cell(4)
    panel.get_by_role("tab", name="Aliases").click()
    panel.get_by_label("Additional version").select_option("2")
    handle = panel.locator(".lambda-magic-weight-LIVE .noUi-handle")
    expect(panel.locator("code").first).to_contain_text("AdditionalVersionWeights': {'2': 0.0}")
    handle.focus()
    handle.press("End")
    expect(panel.locator("code").first).to_contain_text("AdditionalVersionWeights': {'2': 1.0}")
    screenshot(page.page, "panel-aliases")
    page.run(5)
    expect(page.cell(5)).to_contain_text("version 2: 20 (100.0%)")
    # ...and an event can be sent to a version of one's choice.
    panel.get_by_role("tab", name="Invoke").click()
    panel.get_by_label("Qualifier", exact=True).select_option("2")
    panel.get_by_label("Event", exact=True).fill('{"key1": "from the page"}')
    panel.get_by_role("button", name="Invoke").click()
    expect(panel).to_contain_text('{"number": 2, "key": "from the page"}')
    screenshot(page.page, "panel-invoke")


def test_neither_waits_for_the_other(page: NotebookPage) -> None:
    panel = page.cell(4)
    panel.get_by_label("Event", exact=True).fill('{"seconds": 25}')
    panel.get_by_role("button", name="Invoke").click()
    expect(panel).to_contain_text("Running...")
    page.run(5)
    expect(page.cell(5)).to_contain_text("version 1: 20 (100.0%)")
    expect(panel).to_contain_text("Running...")
    # A change that is made while a cell runs is carried out, at its end at the latest.
    panel.get_by_role("tab", name="Settings").click()
    page.start(6)
    handle = panel.locator(".noUi-handle").nth(1)
    handle.focus()
    handle.press("End")
    (page.lab.directory / "go").touch()
    expect(panel.locator("code").first).to_contain_text("Timeout=900")
    expect(page.cell(6)).to_contain_text("went on")
