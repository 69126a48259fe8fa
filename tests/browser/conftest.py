import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from .lab import Lab, NotebookPage, open_notebook, running_lab

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


# Not for the session: with it a loop runs in this thread, and no other test could have one.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium (apt-get install chromium fonts-liberation)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=_ARGUMENTS.split(), timeout=60_000
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab
        lab.shut_kernels_down()


@pytest.fixture
def notebook(lab: Lab, browser: Browser) -> Iterator[Callable[[str, list[str]], NotebookPage]]:
    """Writes a notebook of some cells and opens it; the function is given a name and the cells."""
    opened: list[NotebookPage] = []

    def open_one(name: str, cells: list[str]) -> NotebookPage:
        lab.write(name, cells)
        opened.append(open_notebook(lab, browser, name))
        opened[-1].open()
        return opened[-1]

    yield open_one
    for one in opened:
        one.page.context.close()
    lab.shut_kernels_down()


@pytest.fixture(scope="session")
def screenshot(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Page, str], Path]:
    """Keeps a picture of a page: in $TEST_ARTIFACTS, or else where the tests write."""
    kept = os.environ.get("TEST_ARTIFACTS")
    directory = Path(kept) if kept else tmp_path_factory.mktemp("screenshots")
    directory.mkdir(parents=True, exist_ok=True)

    def keep(page: Page, name: str) -> Path:
        path = directory / f"{name}.png"
        page.screenshot(path=path)
        return path

    return keep
