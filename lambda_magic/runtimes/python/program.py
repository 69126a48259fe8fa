"""The runtime process of a Python function where it is executed: by a wrapper script."""

from __future__ import annotations

import os

from .. import messages
from . import bootstrap, output, surroundings
from .runtime import Runtime
from .runtime_api import RuntimeApi


def run() -> None:
    """Serve, with what the environment variables say; never returns in practice."""
    opt = os.environ.pop(messages.OPT_VARIABLE, "/opt")
    frames = int(os.environ.pop(messages.FRAMES_VARIABLE, "-1"))
    # A wrapper that is not a shell may have closed it.
    runtime = Runtime(output.LogSink() if _is_open(frames) else output.PlainSink())
    bootstrap.hide_this_package()
    surroundings.set_import_path(os.environ["LAMBDA_TASK_ROOT"], opt)
    runtime.run(RuntimeApi.dial(os.environ["AWS_LAMBDA_RUNTIME_API"]), frames)


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True
