import atexit
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from lambda_magic import default_region


class Notebook:
    """A fresh shell with the magics loaded, and the way to run cells in it."""

    def __init__(self, directory: Path) -> None:
        config = Config({"HistoryManager": {"enabled": False}})
        self.shell = InteractiveShell(config=config, ipython_dir=str(directory / "ipython"))
        self.shell.run_line_magic("colors", "nocolor")
        # What a shell does when the process ends takes its time, for each of hundreds.
        atexit.unregister(self.shell.atexit_operations)

    def run(self, cell: str) -> Any:
        """The value of a cell, which must not fail."""
        with capture_output() as captured:
            outcome = self.shell.run_cell(cell)
        assert outcome.success, captured.stdout
        return outcome.result

    def output(self, cell: str) -> str:
        """Everything that a cell shows, errors included."""
        with capture_output() as captured:
            self.shell.run_cell(cell)
        return str(captured.stdout + captured.stderr)

    def error(self, cell: str) -> str:
        """The one line that a cell which fails shows."""
        with capture_output() as captured:
            outcome = self.shell.run_cell(cell)
        assert not outcome.success, captured.stdout
        (line,) = (captured.stdout + captured.stderr).strip().splitlines()
        return str(line)

    def client(self) -> Any:
        """The region's client."""
        return default_region.get().client()

    def close(self) -> None:
        """Leave nothing in this process."""
        if "lambda_magic" in self.shell.extension_manager.loaded:
            self.run("%unload_ext lambda_magic")
        self.shell.reset(new_session=False)
        self.shell.restore_sys_module_state()


@pytest.fixture
def bare_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    """A shell without the magics."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAMBDA_MAGIC_HOME", str(tmp_path / "home"))
    notebook = Notebook(tmp_path)
    yield notebook
    notebook.close()


@pytest.fixture
def notebook(bare_notebook: Notebook) -> Notebook:
    bare_notebook.run("%load_ext lambda_magic")
    return bare_notebook


HELLO = """%%lambda hello
def handler(event, context):
    print("working on", event)
    return {"greeting": f"hi {event.get('name', 'there')}"}
"""


@pytest.fixture
def hello(notebook: Notebook) -> Notebook:
    """A notebook that has a function "hello" with one version."""
    notebook.run(HELLO)
    return notebook
