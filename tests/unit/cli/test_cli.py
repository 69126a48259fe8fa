import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from lambda_magic import __version__, cli, demo, lab, notebook


def test_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"lambda-magic {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["nope"], ["demo", "--nope"], ["bench", "nope"]])
def test_a_mistyped_command_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "lambda-magic" in capsys.readouterr().err


def test_a_missing_notebook_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(notebook, "_PACKAGE", tmp_path / "package")
    assert cli.main(["demo"]) == 1
    assert "00_quickstart.ipynb is missing" in capsys.readouterr().err


def test_the_notebook_of_a_checkout_is_worked_in_itself(tmp_path: Path) -> None:
    assert notebook.working_copy(tmp_path) == notebook.find()
    assert list(tmp_path.iterdir()) == []


def test_an_installed_notebook_is_copied_and_never_overwritten(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed = tmp_path / "site-packages" / "lambda_magic"
    (installed / "notebooks").mkdir(parents=True)
    (installed / "notebooks" / notebook.NAME).write_text("original")
    monkeypatch.setattr(notebook, "_PACKAGE", installed)
    copy = notebook.working_copy(tmp_path)
    assert copy == tmp_path / notebook.NAME
    copy.write_text("worked in")
    assert notebook.working_copy(tmp_path).read_text() == "worked in"


def test_lab_hands_on_jupyterlabs_options(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(lab.subprocess, "call", lambda command: commands.append(command) or 3)
    assert cli.main(["lab", "--no-browser"]) == 3
    assert commands[0][1:3] == ["-m", "jupyterlab"]
    assert commands[0][3:] == [str(notebook.find()), "--no-browser"]


@pytest.mark.parametrize(
    ("arguments", "called"),
    [
        (["bench"], ([], {"quick": False, "json": False, "isolation": "auto"})),
        (
            ["bench", "warm", "--quick", "--json", "--isolation", "process"],
            (["warm"], {"quick": True, "json": True, "isolation": "process"}),
        ),
    ],
)
def test_bench_measures_what_is_named(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], called: tuple[list[str], dict[str, Any]]
) -> None:
    calls: list[tuple[list[str], dict[str, Any]]] = []
    monkeypatch.setattr(
        cli.bench, "main", lambda names, **options: calls.append((names, options)) or 1
    )
    assert cli.main(arguments) == 1
    assert calls == [called]


def a_notebook(*cells: str) -> nbformat.NotebookNode:
    steps = [nbformat.v4.new_markdown_cell("## A step\n\nSome words.")]
    return nbformat.v4.new_notebook(cells=steps + [nbformat.v4.new_code_cell(c) for c in cells])


def test_the_demo_tells_what_each_step_did(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    steps = a_notebook("# set up\nx = 6", "print('working\\rdone')", "x * 7")
    assert demo.Performance(steps, tmp_path).run() is None
    assert capsys.readouterr().out.splitlines() == [
        "",
        "A step",
        "  > # set up",
        "  > print('working\\rdone')",
        "      done",
        "  > x * 7",
        "      42",
    ]


def test_a_failure_of_the_demo_names_the_cell_and_the_reason(tmp_path: Path) -> None:
    failure = demo.Performance(a_notebook("x = 1", "x = 2\nx / 0"), tmp_path).run()
    assert failure == (
        "Cell 3 failed (A step): ZeroDivisionError: division by zero\n    x = 2\n    x / 0"
    )


def test_a_kernel_that_dies_is_a_failure_too(tmp_path: Path) -> None:
    failure = demo.Performance(a_notebook("import os\nos._exit(1)"), tmp_path).run()
    assert failure is not None
    assert failure.startswith("Cell 2 failed (A step): the kernel died")


def test_a_cell_that_takes_too_long_is_a_failure_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "CELL_TIMEOUT", 1)
    failure = demo.Performance(a_notebook("import time\ntime.sleep(60)"), tmp_path).run()
    assert failure is not None
    assert "it took more than 1 s" in failure


#: Signals the process that started the kernel, once it has told its own number.
_INTERRUPTING = """
import os, pathlib, signal, time
pathlib.Path({path!r}).write_text(str(os.getpid()))
os.kill(os.getppid(), signal.{signal})
time.sleep(60)
"""


@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("startup", [False, True])
def test_a_signal_ends_the_demo_and_its_kernel(tmp_path: Path, sent: str, startup: bool) -> None:
    told = tmp_path / "kernel.pid"
    source = _INTERRUPTING.format(path=str(told), signal=sent)
    if startup:
        script = tmp_path / ".ipython" / "profile_default" / "startup" / "first.py"
        script.parent.mkdir(parents=True)
        script.write_text(source)
    with pytest.raises(KeyboardInterrupt):
        demo.Performance(a_notebook(source), tmp_path).run()
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)


def test_no_command_waits_for_what_only_another_one_needs() -> None:
    program = "import sys, lambda_magic.cli; print({'nbformat', 'playwright'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_a_failing_demo_has_a_failing_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nbformat.write(a_notebook("raise SystemError('broken')"), tmp_path / "broken.ipynb")
    monkeypatch.setattr(notebook, "find", lambda: tmp_path / "broken.ipynb")
    assert cli.main(["demo"]) == 1
    captured = capsys.readouterr()
    assert "Cell 2 failed (A step): SystemError: broken" in captured.err
    assert "All steps worked" not in captured.out


def test_a_home_that_there_cannot_be_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert cli.main(["serve", "--port=0", f"--home={tmp_path}/file"]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"lambda-magic: There can be no home at {tmp_path}/file")


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_serving_at_what_is_no_port_is_refused(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["serve", f"--port={port}"])
    assert ended.value.code == 2
    assert f"argument --port: {port!r} is not a port" in capsys.readouterr().err
