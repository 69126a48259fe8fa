"""The monitor in a real JupyterLab; the screenshots are for looking at."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .lab import Lab, NotebookPage, open_notebook

Open = Callable[[str, list[str]], NotebookPage]
Screenshot = Callable[[Page, str], Path]

pytestmark = pytest.mark.slow

LOAD = "%load_ext lambda_magic"
HELLO = """%%lambda hello --memory 256
import time

def handler(event, context):
    print("working on", event)
    time.sleep(event.get("seconds", 0))
    if event.get("fail"):
        raise ValueError("no luck today")
    return event
"""
MONITOR = "monitor = %monitor hello"
SHOW = "monitor"
BURST = """
import lambda_magic
from concurrent.futures import ThreadPoolExecutor
hello = lambda_magic.function("hello")
def invoke(n, seconds=None):
    seconds = 0.05 + n % 7 * 0.03 if seconds is None else seconds
    try:
        return hello.invoke({"n": n, "seconds": seconds, "fail": n % 17 == 5})
    except Exception as error:
        return error
with ThreadPoolExecutor(10) as pool:
    results = list(pool.map(invoke, range(80)))
with ThreadPoolExecutor(14) as pool:
    results += pool.map(invoke, range(14), [0.5] * 14)
"""
#: Invokes while nobody runs a cell, and while a cell runs that does nothing itself.
IN_BACKGROUND = """
import threading, time, lambda_magic
def later():
    for n in range(8):
        lambda_magic.function("hello").invoke({"n": n, "seconds": 0.2})
threading.Thread(target=later).start()
"""
BUSY = IN_BACKGROUND + "time.sleep(4)\n"


def counter(notebook: NotebookPage, label: str) -> int:
    text = notebook.page.locator(".lm-counter", has_text=label).locator("b").inner_text()
    return int(text.replace(",", ""))


def wait_for_invocations(notebook: NotebookPage, most: int) -> None:
    """Wait until the monitor has counted so many."""
    notebook.page.wait_for_function(
        """(most) => {
            const all = [...document.querySelectorAll(".lm-counter")];
            const one = all.find(each => each.textContent.startsWith("invocations"));
            return one && Number(one.querySelector("b").textContent.replace(",", "")) >= most;
        }""",
        arg=most,
    )


def hover_an_invocation(notebook: NotebookPage) -> tuple[float, float]:
    """Move the pointer over the lanes until it is on an invocation."""
    stage = notebook.page.locator(".lm-stage")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None
    tooltip = notebook.page.locator(".lm-tooltip")
    for x in range(150, int(box["width"]) - 20, 7):
        place = box["x"] + x, box["y"] + 29
        notebook.page.mouse.move(*place)
        notebook.page.evaluate("() => new Promise(requestAnimationFrame)")
        if tooltip.is_visible() and tooltip.inner_text().startswith("Invoke"):
            return place
    raise AssertionError("there is no invocation in the first lane")


@pytest.fixture
def monitored(notebook: Open) -> NotebookPage:
    """A notebook with a monitor that has seen 90 invocations and four throttles."""
    cells = [LOAD, HELLO, "%concurrency hello --reserved 10", MONITOR, SHOW, BURST, BUSY]
    opened = notebook("monitor.ipynb", cells)
    for number in range(6):
        opened.run(number)
    wait_for_invocations(opened, 90)
    return opened


def test_it_renders_explains_itself_and_leads_to_logs(
    monitored: NotebookPage, screenshot: Screenshot
) -> None:
    page = monitored.page
    assert counter(monitored, "cold starts") == 10
    assert counter(monitored, "throttles") == 4
    expect(page.locator(".lm-note", has_text="of 10 reserved")).to_be_visible()
    expect(page.locator(".lm-legend")).to_contain_text("function init")

    place = hover_an_invocation(monitored)
    tooltip = page.locator(".lm-tooltip")
    for fact in ("request id", "duration", "memory", "of 256 MB"):
        expect(tooltip).to_contain_text(fact)
    screenshot(page, "monitor-hover")

    request = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", tooltip.inner_text())
    page.mouse.click(*place)
    log = page.locator(".lm-log")
    expect(log).to_contain_text("START RequestId")
    expect(log).to_contain_text("working on")
    assert request is not None
    expect(log).to_contain_text(f"REPORT RequestId: {request[0]}")
    screenshot(page, "monitor-log")


def test_it_moves_while_the_kernel_is_idle_and_while_a_cell_runs(
    monitored: NotebookPage, screenshot: Screenshot
) -> None:
    before = counter(monitored, "invocations")
    monitored.start(6)
    wait_for_invocations(monitored, before + 4)
    assert monitored.is_busy()
    screenshot(monitored.page, "monitor-busy")
    monitored.wait_until_idle()

    before = counter(monitored, "invocations")
    monitored.replace(6, IN_BACKGROUND)
    monitored.run(6)
    wait_for_invocations(monitored, before + 8)
    assert not monitored.is_busy()


def test_it_follows_the_theme_and_the_keys(monitored: NotebookPage, screenshot: Screenshot) -> None:
    page = monitored.page
    root = page.locator(".lm-monitor")
    expect(root).to_have_attribute("data-theme", "light")
    page.evaluate(
        """() => window.jupyterapp.commands.execute(
            "apputils:change-theme", { theme: "JupyterLab Dark" })"""
    )
    expect(root).to_have_attribute("data-theme", "dark")

    page.locator(".lm-stage").focus()
    page.keyboard.press("ArrowDown")
    spoken = page.locator(".lm-spoken")
    expect(spoken).to_contain_text("of hello, version")
    page.keyboard.press("n")
    expect(spoken).to_contain_text("request id")
    page.keyboard.press("Enter")
    expect(page.locator(".lm-log")).to_contain_text("REPORT RequestId")
    page.keyboard.press("Escape")
    expect(page.locator(".lm-log")).to_be_hidden()
    # JupyterLab has not taken these keys for its own.
    assert monitored.cell_count() == 7

    page.get_by_role("button", name="Show the invocations as a table").click()
    rows = page.get_by_role("region", name="The last invocations").get_by_role("row")
    assert rows.count() > 50
    screenshot(page, "monitor-dark")
    page.evaluate(
        """() => window.jupyterapp.commands.execute(
            "apputils:change-theme", { theme: "JupyterLab Light" })"""
    )
    expect(root).to_have_attribute("data-theme", "light")


def test_closing_the_output_ends_everything(monitored: NotebookPage) -> None:
    page = monitored.page
    monitored.replace(
        6,
        "monitor._feed, [one for one in monitor._watched.bus._subscribers if 'Feed' in repr(one)]",
    )
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.widgets[4].model.clearExecution()"
    )
    expect(page.locator(".lm-monitor")).to_have_count(0)
    monitored.run(6)

    expect(monitored.cell(6)).to_contain_text("(<Feed [0 views]>, [])")


def test_a_kernel_that_restarts_leaves_the_static_picture(
    monitored: NotebookPage, screenshot: Screenshot
) -> None:
    page = monitored.page
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )

    expect(page.locator(".lm-monitor")).to_be_hidden()
    expect(page.locator("[class^=lambda-magic-static] svg")).to_contain_text("reserved 10")
    screenshot(page, "monitor-restarted")


def test_a_saved_notebook_shows_the_picture_without_a_kernel(
    monitored: NotebookPage, lab: Lab, browser: Browser, screenshot: Screenshot
) -> None:
    # The live view stands for the static picture as long as it is there.
    static = monitored.page.locator("[class^=lambda-magic-static]")
    expect(static).to_be_hidden()
    monitored.save()
    (output,) = [
        output
        for output in lab.saved("monitor.ipynb").cells[4].outputs
        if "text/html" in output.data
    ]
    assert "90 invocations" in output.data["text/plain"]
    monitored.page.context.close()
    lab.shut_kernels_down()

    reopened = open_notebook(lab, browser, "monitor.ipynb")
    reopened.open(kernel=False)
    picture = reopened.page.locator("[class^=lambda-magic-static] svg")
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    expect(picture).to_contain_text("reserved 10")
    expect(reopened.page.get_by_text("model not found")).to_be_hidden()
    screenshot(reopened.page, "monitor-saved")
    reopened.page.context.close()


def test_event_sources_are_listed_with_what_they_do(notebook: Open, screenshot: Screenshot) -> None:
    queue = "%queue orders\n%trigger hello sqs:orders --batch-size 1"
    send = '%send sqs:orders {"seconds": 0.01}\n%send sqs:orders {"seconds": 0.01}'
    cells = [LOAD, HELLO, "%aws start", queue, "%monitor hello", send]
    cells += ["%trigger hello sqs:orders --delete", "%aws stop"]
    opened = notebook("sources.ipynb", cells)
    for number in range(6):
        opened.run(number)
    sources = opened.page.locator(".lm-sources")
    row = sources.get_by_role("row").filter(has=opened.page.get_by_role("rowheader"))

    expect(row).to_have_count(1)
    expect(row).to_contain_text("sqs:orders")
    expect(row).to_contain_text("Enabled5 pollers20none")
    sources.scroll_into_view_if_needed()
    screenshot(opened.page, "monitor-sources")

    opened.run(6)
    expect(sources).to_be_hidden(timeout=20_000)
    opened.run(7)
