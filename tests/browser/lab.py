"""A real JupyterLab in a real browser: the server, and a notebook opened in a page of it."""

import json
import os
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Locator, Page

#: Everything that must be true before a cell is run: the "idle" sign shows too early, and a cell
#: that is run then is silently dropped.
_READY = """async (path) => {
    const app = window.jupyterapp;
    await app.restored;
    const find = () =>
        [...app.shell.widgets("main")].find((one) => one.context && one.context.path === path);
    while (!find()) await new Promise(requestAnimationFrame);
    const panel = find();
    await panel.context.ready;
    if (!%s) return;
    await panel.sessionContext.ready;
    await panel.sessionContext.session.kernel.info;
}"""


class Lab:
    """A JupyterLab server in a directory of its own."""

    def __init__(self, directory: Path, url: str) -> None:
        self.directory = directory
        self.url = url

    def write(self, name: str, cells: Sequence[str]) -> None:
        """A notebook with these cells."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        notebook.metadata["kernelspec"] = {
            "name": "python3", "display_name": "Python 3", "language": "python",
        }  # fmt: skip
        nbformat.write(notebook, self.directory / name)

    def saved(self, name: str) -> nbformat.NotebookNode:
        """A notebook as it lies on the disk."""
        return nbformat.read(self.directory / name, as_version=4)

    def shut_kernels_down(self) -> None:
        """End all kernels, as one does before going home."""
        with urllib.request.urlopen(f"{self.url}/api/sessions") as answer:
            sessions = json.load(answer)
        for session in sessions:
            request = urllib.request.Request(
                f"{self.url}/api/sessions/{session['id']}", method="DELETE"
            )
            urllib.request.urlopen(request).close()


class NotebookPage:
    """A notebook that is open in the browser."""

    def __init__(self, lab: Lab, page: Page, name: str) -> None:
        self.lab = lab
        self.page = page
        self.name = name

    def open(self, *, kernel: bool = True) -> None:
        """Open it and wait until a cell can be run; without a kernel, until it is shown."""
        self.page.goto(f"{self.lab.url}/lab/tree/{self.name}?reset")
        self.page.wait_for_function("() => window.jupyterapp")
        self.page.evaluate(_READY % ("true" if kernel else "false"), self.name)

    def cell(self, number: int) -> Locator:
        """One of its cells."""
        return self.page.locator(".jp-NotebookPanel .jp-Cell").nth(number)

    def start(self, number: int) -> None:
        """Run a cell, and do not wait for it."""
        self.page.evaluate(
            """(number) => {
                window.jupyterapp.shell.currentWidget.content.activeCellIndex = number;
                window.jupyterapp.commands.execute("notebook:run-cell");
            }""",
            number,
        )

    def run(self, number: int) -> None:
        """Run a cell and wait for its end."""
        count = self._execution_count(number)
        self.start(number)
        self.page.wait_for_function(
            """([number, before]) => {
                const panel = window.jupyterapp.shell.currentWidget;
                const model = panel.content.widgets[number].model;
                return model.executionCount !== null && model.executionCount !== before
                    && panel.sessionContext.session.kernel.status === "idle";
            }""",
            arg=[number, count],
        )

    def _execution_count(self, number: int) -> int | None:
        count: int | None = self.page.evaluate(
            "(n) => window.jupyterapp.shell.currentWidget.content.widgets[n].model.executionCount",
            number,
        )
        return count

    def is_busy(self) -> bool:
        """Whether the kernel runs a cell."""
        status: str = self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status"
        )
        return status == "busy"

    def wait_until_idle(self) -> None:
        """Wait until the kernel runs no cell."""
        self.page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status"
            ' === "idle"'
        )

    def replace(self, number: int, source: str) -> None:
        """Write something else into a cell."""
        self.page.evaluate(
            """([number, source]) => window.jupyterapp.shell.currentWidget.content
                .widgets[number].model.sharedModel.setSource(source)""",
            [number, source],
        )

    def cell_count(self) -> int:
        """How many cells there are."""
        count: int = self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.content.widgets.length"
        )
        return count

    def save(self) -> None:
        """Save it, as Ctrl+S does."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")


@contextmanager
def running_lab(directory: Path) -> Iterator[Lab]:
    """A JupyterLab server that ends with the block; nothing of it leaves the directory."""
    work, state = directory / "work", directory / "state"
    work.mkdir(parents=True)
    settings = state / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(state / "config"),
        "JUPYTER_DATA_DIR": str(state / "data"),
        "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(state / "lab" / "user-settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(state / "lab" / "workspaces"),
        "IPYTHONDIR": str(state / "ipython"),
        "LAMBDA_MAGIC_HOME": str(state / "lambda"),
        "HOME": str(state),
    }
    server = subprocess.Popen(
        [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
            "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--IdentityProvider.token=",
            "--ServerApp.disable_check_xsrf=True", "--LabApp.expose_app_in_browser=True",
            f"--ServerApp.root_dir={work}",
        ],
        cwd=work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    log: list[str] = []
    # What it writes later must be read too, or it would stop one day.
    reader = threading.Thread(target=log.extend, args=(server.stdout,))
    try:
        url = _address(server.stdout, log)
        reader.start()
        yield Lab(work, url)
    finally:
        server.terminate()
        server.wait(30)
        if reader.ident is not None:
            reader.join()
        server.stdout.close()


def _address(output: Iterable[str], log: list[str]) -> str:
    """Where the server listens: it says so when it does."""
    for line in output:
        log.append(line)
        if found := re.search(r"(http://127\.0\.0\.1:\d+)/lab", line):
            return found[1]
    raise AssertionError("JupyterLab ended:\n" + "".join(log))


def open_notebook(lab: Lab, browser: Browser, name: str) -> NotebookPage:
    """A notebook in a new page."""
    context = browser.new_context(viewport={"width": 1360, "height": 1000})
    context.set_default_timeout(30_000)
    return NotebookPage(lab, context.new_page(), name)
