"""`lambda-magic lab`: opens the quickstart notebook in JupyterLab."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lambda_magic import notebook


def run(options: Sequence[str]) -> int:
    """Run JupyterLab until it is stopped; `options` are JupyterLab's own."""
    path = notebook.working_copy(Path.cwd())
    print(f"Opening {path}", flush=True)
    try:
        return subprocess.call([sys.executable, "-m", "jupyterlab", str(path), *options])
    except KeyboardInterrupt:
        return 130  # JupyterLab got the same Ctrl-C
