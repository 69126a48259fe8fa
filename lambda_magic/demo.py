"""`lambda-magic demo`: runs the quickstart notebook in a kernel, and tells what each step did."""

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from lambda_magic import notebook

#: Seconds that one cell may take.
CELL_TIMEOUT = 120

#: (nbformat has no types.)
_read: Callable[..., NotebookNode] = nbformat.read

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def run() -> int:
    """Run the quickstart in a temporary home; returns the exit status.

    Raises `KeyboardInterrupt` if a signal ends it; the kernel and the home have gone by then.
    """
    path = notebook.find()
    print(f"Running {path} in a temporary home.\n", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lambda-magic-demo-") as home:
        failure = Performance(_read(path, as_version=4), Path(home)).run()
    if failure is not None:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    print(f"\nAll steps worked, in {time.monotonic() - began:.0f} s.")
    print("Open the notebook with: lambda-magic lab")
    return 0


class Performance:
    """One run of a notebook, told on standard output while it goes on."""

    def __init__(self, steps: NotebookNode, home: Path) -> None:
        self._notebook = steps
        self._home = home
        self._heading = ""
        self._running: tuple[int, NotebookNode] | None = None

    def run(self) -> str | None:
        """Run all cells; returns which one failed and why, or None.

        Raises `KeyboardInterrupt` at SIGINT and SIGTERM.
        """
        # This very Python, whatever kernels are registered on this machine.
        manager = AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
        client = NotebookClient(
            self._notebook,
            km=manager,
            # What the kernel says about its own connection is of no interest here.
            extra_arguments=["--log-level=ERROR"],
            timeout=CELL_TIMEOUT,
            resources={"metadata": {"path": str(self._home)}},
            on_cell_start=self._cell_started,
            on_cell_executed=self._cell_executed,
        )
        variables = os.environ | {
            "LAMBDA_MAGIC_HOME": str(self._home / ".lambda_magic"),
            "IPYTHONDIR": str(self._home / ".ipython"),
        }
        loop = _InterruptibleLoop()
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(_execute(client, manager, variables))
        except CellExecutionError as error:
            return self._failure(f"{error.ename}: {_ANSI.sub('', error.evalue)}")
        except CellTimeoutError:
            return self._failure(f"it took more than {CELL_TIMEOUT} s")
        except (asyncio.CancelledError, DeadKernelError):
            if loop.interrupted:
                raise KeyboardInterrupt from None
            return self._failure("the kernel died")
        return None

    def _failure(self, reason: str) -> str:
        if self._running is None:
            return f"The notebook failed: {reason}"
        index, cell = self._running
        source = "\n".join(f"    {line}" for line in cell.source.splitlines())
        return f"Cell {index + 1} failed ({self._heading}): {reason}\n{source}"

    def _cell_started(self, cell: NotebookNode, cell_index: int) -> None:
        if cell.cell_type == "markdown":
            self._read(cell.source)
        elif cell.cell_type == "code":
            self._running = cell_index, cell
            print(f"  > {_first_line(cell.source).strip()}", flush=True)

    def _read(self, source: str) -> None:
        heading = re.match(r"##? (.+)", source)
        if heading is not None:
            self._heading = heading[1]
            print(f"\n{self._heading}", flush=True)

    def _cell_executed(
        self, cell: NotebookNode, cell_index: int, execute_reply: dict[str, object]
    ) -> None:
        for output in cell.outputs:
            for line in _text(output).splitlines():
                print(f"      {line}")
        sys.stdout.flush()


class _InterruptibleLoop(asyncio.SelectorEventLoop):
    """At SIGINT and SIGTERM, the task that asks for a handler is cancelled.

    What a `NotebookClient` asks for would end the kernel only, and then fail for want of one.
    """

    interrupted = False

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: object) -> None:
        """Let a signal cancel the task that asks; never calls back."""
        task = asyncio.current_task(self)
        assert task is not None
        super().add_signal_handler(sig, self._interrupt, task)

    def _interrupt(self, task: asyncio.Task[None]) -> None:
        self.interrupted = True
        task.cancel()


async def _execute(
    client: NotebookClient, manager: AsyncKernelManager, variables: dict[str, str]
) -> None:
    """Run all cells; whatever ends it, the kernel has gone then."""
    try:
        await client.async_execute(cleanup_kc=True, env=variables)
    finally:
        # The client leaves a kernel that was interrupted while it started.
        if await manager.is_alive():
            await manager.shutdown_kernel(now=True)


def _first_line(source: str) -> str:
    """The line of a cell that says what it does."""
    lines = [line for line in source.splitlines() if line.strip()]
    return next((line for line in lines if "%" in line or "print" in line), lines[0])


def _text(output: NotebookNode) -> str:
    """An output as text, as a terminal would show it."""
    match output.output_type:
        case "stream":
            # What a carriage return takes back, such as a progress bar, is not shown.
            return "\n".join(
                line.rpartition("\r")[2] for line in output.text.rstrip("\n").split("\n")
            )
        case "error":
            return _ANSI.sub("", "\n".join(output.traceback))
        case _:
            return str(output.get("data", {}).get("text/plain", ""))
