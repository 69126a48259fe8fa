"""What surrounds a function's code in its process: streams, variables, import path."""

from __future__ import annotations

import os
import signal
import site
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


def _layer_packages(opt: str) -> list[str]:
    """The directories in which a layer's modules are found, in order.

    None where the function has a `PYTHONPATH` of its own: AWS leaves all to that then.
    """
    if os.environ.get("PYTHONPATH") != os.environ.get("LAMBDA_RUNTIME_DIR"):
        return []
    version = "{}.{}".format(*sys.version_info[:2])
    return [f"{opt}/python/lib/python{version}/site-packages", f"{opt}/python"]


def set_import_path(task_root: str, opt: str) -> None:
    """Put the code, the layers, the runtime's and what `PYTHONPATH` says first in `sys.path`.

    Then come the directories that `.pth` files in the first two of them name.
    """
    packages = [task_root, *_layer_packages(opt)]
    added = [os.environ.get("LAMBDA_RUNTIME_DIR", "")]
    added += os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:0] = [*packages, *dict.fromkeys(filter(None, added))]
    for directory in packages:
        _read_path_files(directory)


def _read_path_files(directory: str) -> None:
    try:
        names = os.listdir(directory)
    except OSError:
        return
    if any(name.endswith(".pth") for name in names):
        site.addsitedir(directory)
