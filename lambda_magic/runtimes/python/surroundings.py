"""What surrounds a function's code in its process: streams, variables, import path."""

from __future__ import annotations

import os
import signal
import sys
import time


def connect_standard_streams(raw: int) -> None:
    """Nothing comes in, and both outputs go to `raw`, which is closed."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(raw, 1)
    os.dup2(raw, 2)
    os.close(nothing)
    os.close(raw)


def set_variables(variables: dict[str, str]) -> None:
    """Make these the environment variables, and no others."""
    for name in list(os.environ):
        if name not in variables:
            del os.environ[name]
    os.environ.update(variables)
    if "TZ" in variables:
        time.tzset()


def set_import_path(task_root: str, opt: str) -> None:
    """Put the code, the layers and what `PYTHONPATH` says first in `sys.path`."""
    layers = f"{opt}/python"
    version = "{}.{}".format(*sys.version_info[:2])
    added = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    sys.path[:0] = [
        task_root,
        f"{layers}/lib/python{version}/site-packages",
        layers,
        *added,
    ]
