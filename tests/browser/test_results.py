"""Results, loads and diagrams in a real JupyterLab: what is static shows without a kernel."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .lab import Lab, NotebookPage, open_notebook

pytestmark = pytest.mark.slow

CELLS = [
    "import tempfile\nhome = tempfile.TemporaryDirectory()\n"
    "%load_ext lambda_magic\n%config LambdaMagic.home = home.name",
    "%%lambda halves\n"
    "def handler(event, context):\n"
    "    print('halving', event)\n"
    "    return {'half': 1 / event['by']}\n",
    '%invoke halves {"by": 2}',
    '%invoke halves {"by": 0}',
    'one = %invoke halves --count 20 --concurrency 4 {"by": 2}\n'
    'two = %invoke halves --count 20 {"by": 2}\n'
    "one | two",
    "%functions --diagram halves",
    'result = %invoke halves {"by": 4}\ndisplay(result, include=["application/json"])',
]


@pytest.fixture
def page(notebook: Callable[[str, list[str]], NotebookPage]) -> NotebookPage:
    opened = notebook("results.ipynb", CELLS)
    for number in range(len(CELLS)):
        opened.run(number)
    return opened


def check(page: NotebookPage) -> None:
    expect(page.cell(2)).to_contain_text('{"half": 0.5}')
    expect(page.cell(2)).to_contain_text("Handler")
    page.cell(2).get_by_text("Log", exact=True).click()
    expect(page.cell(2).get_by_text("halving {'by': 2}")).to_be_visible()
    expect(page.cell(3)).to_contain_text("ZeroDivisionError")
    expect(page.cell(3)).to_contain_text("→ 3      return {'half': 1 / event['by']}")
    expect(page.cell(4)).to_contain_text("20 invocations")
    expect(page.cell(4)).to_contain_text("for a million of them")
    # Mermaid, drawn without a network.
    expect(page.cell(5).locator(".jp-RenderedMermaid img")).to_be_visible()
    # JSON as a tree, for those who ask for it.
    expect(page.cell(6).locator(".jp-RenderedJSON")).to_contain_text("StatusCode")


def test_they_show_and_a_saved_notebook_keeps_them(
    page: NotebookPage, lab: Lab, browser: Browser, screenshot: Callable[[Page, str], Path]
) -> None:
    check(page)
    # A price is no mathematics.
    expect(page.page.locator(".jp-OutputArea mjx-container")).to_have_count(0)
    page.save()
    lab.shut_kernels_down()
    again = open_notebook(lab, browser, "results.ipynb")
    again.page.set_viewport_size({"width": 1360, "height": 2600})
    again.open(kernel=False)
    check(again)
    screenshot(again.page, "results-saved")
    again.page.evaluate(
        "() => window.jupyterapp.commands.execute("
        "'apputils:change-theme', { theme: 'JupyterLab Dark' })"
    )
    expect(again.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    check_colours(again)
    screenshot(again.page, "results-dark")
    again.page.context.close()


def check_colours(page: NotebookPage) -> None:
    """What is written takes the page's colour: on a dark page it is light."""
    colour = (
        page.cell(2)
        .locator(".jp-RenderedHTML strong")
        .first.evaluate(
            "(element) => getComputedStyle(element).color.match(/\\d+/g).slice(0, 3).map(Number)"
        )
    )
    assert min(colour) > 128
