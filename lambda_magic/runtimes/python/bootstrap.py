"""The runtime process of a Python function: from a fresh fork to its last event.

Two clients of the Runtime API may run here: the one in this package, which starts with everything
loaded, and AWS's own `awslambdaric`, which is a program to be executed.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import site
import socket
import sys
import threading
import time
import traceback

import __main__

from .. import fork_hooks, linux
from . import faults, handler, logs, marshalling, output
from .context import LambdaContext
from .runtime_api import ACCEPTED, Reply, RuntimeApi, RuntimeApiClosed

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from typing import Any, NoReturn

_PACKAGE = __name__.split(".", 1)[0]
#: Made before forking, so that all runtime processes share it.
_runtime: Runtime | None = None
#: Kept, because tearing them down would write to memory that is shared.
_own_modules: list[object] = []
#: The share of badness that makes Linux choose a function before anything else.
_OUT_OF_MEMORY_SCORE = "500"


def prepare_interpreter() -> None:
    """Make up, before any fork, for what `python -I -S` leaves out."""
    site.setquit()
    site.setcopyright()
    site.sethelper()
    vars(__main__).pop("main", None)
    vars(__main__).pop("sys", None)
    traceback.TracebackException.print = _print_whole  # type: ignore[method-assign]
    global _runtime
    _runtime = Runtime()
    _forget_this_package()


def _print_whole(
    self: traceback.TracebackException, *, file: Any = None, chain: bool = True, **options: Any
) -> None:
    """`TracebackException.print` in one write, so that chained tracebacks are one record."""
    text = "".join(self.format(chain=chain, **options))
    print(text, file=file or sys.stderr, end="")


def become_runtime(environment: bytes, descriptors: list[int], connection: int | None) -> None:
    """Play the role of the runtime in a process that init has forked; never returns a role.

    `environment` is JSON: what the region says of the runtime.
    """
    frames, raw, *control_groups = descriptors
    for fd in control_groups:
        # Now, so that all that the function uses is counted.
        os.write(fd, b"0")
        os.close(fd)
    os.setsid()
    if sys.platform == "linux":
        _be_an_ordinary_process()
    _connect_standard_streams(raw)
    spec = json.loads(environment)
    _set_variables(spec["environment_variables"])
    os.chdir(spec["task_root"])
    if spec["runtime_client"] == "awslambdaric":
        _execute_awslambdaric(spec["executable"], frames)
    gc.enable()
    fork_hooks.release()
    # Of all that they would have done until now, this alone shows.
    if renew := getattr(threading.main_thread(), "_set_native_id", None):
        renew()
    _set_import_path(spec["task_root"], spec["opt"])
    assert _runtime is not None
    _runtime.run(_open_runtime_api(connection), frames)


def _be_an_ordinary_process() -> None:
    linux.die_with_parent(signal.SIGKILL)
    # Unlike init, which is hidden from functions; the runtime's own /proc files become its own.
    linux.set_dumpable(True)
    with contextlib.suppress(OSError):
        linux.write_file("/proc/self/oom_score_adj", _OUT_OF_MEMORY_SCORE)


def _connect_standard_streams(raw: int) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(raw, 1)
    os.dup2(raw, 2)
    os.close(nothing)
    os.close(raw)


def _set_variables(variables: dict[str, str]) -> None:
    for name in list(os.environ):
        if name not in variables:
            del os.environ[name]
    os.environ.update(variables)
    if "TZ" in variables:
        time.tzset()


def _execute_awslambdaric(program: str, frames: int) -> None:
    os.set_inheritable(frames, True)
    os.environ["_LAMBDA_TELEMETRY_LOG_FD"] = str(frames)
    os.execv(program, [program, "-m", "awslambdaric", os.environ.get("_HANDLER", "")])


def _set_import_path(task_root: str, opt: str) -> None:
    layers = f"{opt}/python"
    version = "{}.{}".format(*sys.version_info[:2])
    added = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    sys.path[:0] = [
        task_root,
        f"{layers}/lib/python{version}/site-packages",
        layers,
        *added,
    ]


def _forget_this_package() -> None:
    """Functions may have modules of the same names."""
    for name in list(sys.modules):
        if name.partition(".")[0] == _PACKAGE:
            _own_modules.append(sys.modules.pop(name))


def _open_runtime_api(connection: int | None) -> RuntimeApi:
    address = os.environ["AWS_LAMBDA_RUNTIME_API"]
    if connection is None:
        return RuntimeApi.dial(address)
    # The connection is inherited: no other process on the machine can take its place.
    return RuntimeApi(socket.socket(fileno=connection), address)


class Runtime:
    """Gives events to the handler, one after another."""

    def __init__(self) -> None:
        self._sink = output.LogSink()
        self._streams = (
            output.RecordStream(self._sink, sys.stdout),
            output.RecordStream(self._sink, sys.stderr),
        )
        self._logger_handler, self._current = logs.set_up(self._sink)
        self._api: RuntimeApi
        self._handler: handler.Handler

    def run(self, api: RuntimeApi, frames: int) -> None:
        """Load the handler and serve; `frames` is the pipe for log records. Never returns."""
        self._api = api
        self._sink.fd = frames
        sys.stdout, sys.stderr = self._streams
        log_format = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "")
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "")
        if log_format or level:
            logs.configure(self._logger_handler, log_format, level)
        try:
            self.load(os.environ.get("_HANDLER", ""))
            self.serve()
        except RuntimeApiClosed:
            # The region has gone, and init is about to end this process.
            os._exit(1)

    def load(self, name: str) -> None:
        """Import the handler; where that fails, tell and end the process."""
        try:
            self._handler = handler.load(name)
        except Exception as error:
            document = faults.error_document(error)
            logs.warn_of_unhandled_exception()
            self._log_error(document)
            self._api.fail_init(marshalling.to_json(document).encode(), document["errorType"])
            sys.exit(1)

    def serve(self) -> NoReturn:
        """Handle events for ever."""
        while True:
            event = self._api.next()
            request_id = event.headers["lambda-runtime-aws-request-id"]
            self._current.request_id = request_id
            self._current.tenant_id = event.headers.get("lambda-runtime-aws-tenant-id")
            _set_trace_id(event.headers.get("lambda-runtime-trace-id"))
            self._handle(request_id, event)

    def _handle(self, request_id: str, event: Reply) -> None:
        try:
            context = LambdaContext(event.headers)
            content_type = event.headers.get("content-type", "application/json")
            result = self._handler(marshalling.unmarshal_event(event.body, content_type), context)
            body, content_type = marshalling.marshal_result(result)
        except Exception as error:
            self._fail(request_id, faults.error_document(error, request_id))
            return
        _flush()
        status = self._api.respond(request_id, body, content_type)
        if status != ACCEPTED:
            # Too large: the platform has already answered with Function.ResponseSizeTooLarge.
            self._sink.log(
                f"[ERROR] [{int(time.time() * 1000)}] LAMBDA_RUNTIME Failed to post handler success"
                f" response. Http response code: {status}."
            )

    def _fail(self, request_id: str, document: dict[str, Any]) -> None:
        self._log_error(document)
        self._api.fail(request_id, marshalling.to_json(document).encode(), document["errorType"])

    def _log_error(self, document: dict[str, Any]) -> None:
        _flush()
        as_json = self._logger_handler.as_json
        if as_json:
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            text = marshalling.to_json({"timestamp": now, "level": "ERROR", **document})
        else:
            text = faults.error_text(document)
        self._sink.log(text, logs.error_frame(as_json))


def _set_trace_id(trace_id: str | None) -> None:
    if trace_id is None:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    else:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        # The function may have put anything in their place.
        with contextlib.suppress(Exception):
            stream.flush()
