"""The runtime process of a Python function: from a fresh fork to its last event.

Two clients of the Runtime API may run here: the one in this package, which starts with everything
loaded, and AWS's own `awslambdaric`, which is a program to be executed.
"""

from __future__ import annotations

import gc
import json
import os
import site
import socket
import sys
import threading
import traceback

import __main__

from .. import fork_hooks, messages, processes
from . import rehearsal, surroundings
from .runtime import Runtime
from .runtime_api import RuntimeApi

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from typing import Any

_PACKAGE = __name__.split(".", 1)[0]
#: Made before forking, so that all runtime processes share it.
_runtime: Runtime | None = None
#: Kept, because tearing them down would write to memory that is shared.
_own_modules: list[object] = []
_REHEARSALS = 20


def prepare_interpreter() -> None:
    """Make up, before any fork, for what `python -I -S` leaves out."""
    site.setquit()
    site.setcopyright()
    site.sethelper()
    vars(__main__).pop("main", None)
    vars(__main__).pop("sys", None)
    global _runtime
    _runtime = Runtime()
    # So often that the interpreter has adapted to all of it: later that would be done in every
    # process, to memory that else remains shared.
    for _ in range(_REHEARSALS):
        rehearsal.rehearse(_runtime)
    hide_this_package()


def _print_whole(
    self: traceback.TracebackException, *, file: Any = None, chain: bool = True, **options: Any
) -> None:
    """`TracebackException.print` in one write, so that chained tracebacks are one record."""
    text = "".join(self.format(chain=chain, **options))
    print(text, file=file or sys.stderr, end="")


def become_runtime(environment: bytes, descriptors: list[int], connection: int | None) -> None:
    """Play the role of the runtime in a process that init has forked; never returns a role.

    `environment` is JSON: what the region says of the runtime. `descriptors` are the pipes for log
    records and for plain output.
    """
    frames, raw = descriptors
    _prepare_process(raw)
    _run(_learn(environment), frames, connection)


def stand_by(orders: socket.socket, descriptors: list[int], is_ahead: bool) -> None:
    """Play the role of a runtime that does not know yet what it will run.

    What `become_runtime` is given comes as messages from init. With `is_ahead` there is time until
    then: it goes through the motions, so that the memory they write to is its own already.
    """
    frames, raw = descriptors
    _prepare_process(raw)
    if is_ahead:
        assert _runtime is not None
        rehearsal.rehearse(_runtime)
    lines, start, connections = messages.receive_lines(orders, 1)
    if not lines:
        os._exit(0)
    spec = _learn(lines[0])
    if not start:
        # Sent when the place is complete, and the machine's own out of sight.
        start, connections = messages.receive(orders, 1)
        if not start:
            os._exit(0)
    orders.close()
    _run(spec, frames, connections[0] if connections else None)


def _prepare_process(raw: int) -> None:
    processes.become_ordinary()
    surroundings.connect_standard_streams(raw)
    gc.enable()
    fork_hooks.release()
    # Of all that they would have done until now, this alone shows.
    if renew := getattr(threading.main_thread(), "_set_native_id", None):
        renew()


def _learn(environment: bytes) -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(environment)
    surroundings.set_variables(spec["environment_variables"])
    return spec


def _run(spec: dict[str, Any], frames: int, connection: int | None) -> None:
    os.chdir(spec["task_root"])
    if spec["runtime_client"] == "awslambdaric":
        _execute_awslambdaric(spec["executable"], frames)
    surroundings.set_import_path(spec["task_root"], spec["opt"])
    assert _runtime is not None
    _runtime.run(_open_runtime_api(connection), frames)


def _execute_awslambdaric(program: str, frames: int) -> None:
    os.set_inheritable(frames, True)
    os.environ["_LAMBDA_TELEMETRY_LOG_FD"] = str(frames)
    os.execv(program, [program, "-m", "awslambdaric", os.environ.get("_HANDLER", "")])


def hide_this_package() -> None:
    """Functions may have modules of the same names; of this they see what tracebacks look like."""
    traceback.TracebackException.print = _print_whole  # type: ignore[method-assign]
    for name in list(sys.modules):
        if name.partition(".")[0] == _PACKAGE:
            _own_modules.append(sys.modules.pop(name))


def _open_runtime_api(connection: int | None) -> RuntimeApi:
    address = os.environ["AWS_LAMBDA_RUNTIME_API"]
    if connection is None:
        return RuntimeApi.dial(address)
    # The connection is inherited: no other process on the machine can take its place.
    return RuntimeApi(socket.socket(fileno=connection), address)
