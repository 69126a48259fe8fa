"""The child process: moto's server, which ends with the kernel that started it.

It is told of the kernel's end by the end of its standard input, however the kernel ends. Lines of
JSON go both ways: out where it listens, and what functions are to be called; in what was taken.
"""

import json
import os
import select
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

from lambda_magic.core.loopback import is_local_host, is_local_origin
from lambda_magic.embedded_aws import hooks, queues
from lambda_magic.embedded_aws.saved_state import SavedState
from lambda_magic.embedded_aws.turnstile import Turnstile

#: Seconds between looks whether the kernel is still there.
_LOOK = 1.0
#: Seconds between savings, at least; and how much longer than a saving itself takes.
_SAVE_INTERVAL = 5.0
_SAVE_SHARE = 20.0
#: What is kept beside the services: the names of those that cannot be, and what was not taken yet.
_LOST, _OUTBOX = "lost.json", "outbox.json"


class _Handler(MotoRequestHandler):
    """Keeps connections open, and says nothing."""

    protocol_version = "HTTP/1.1"

    def log(self, *arguments: Any) -> None:
        """Nothing is said about requests."""


class _Application:
    """moto's application, which counts what it answers, one request at a time.

    moto lets pages of any origin call it, and takes any credentials: pages from elsewhere are
    refused here.
    """

    def __init__(self) -> None:
        self._application = DomainDispatcherApplication(create_backend_app)
        self.turnstile = Turnstile()
        self.turnstile.install()
        queues.install(self.turnstile)
        #: Goes up with every request that may change something.
        self.changes = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if _is_foreign(environ):
            start_response("403 Forbidden", [("Content-Type", "text/plain")])
            return [b"Pages from elsewhere may not call the embedded AWS.\n"]
        with self.turnstile.inside():
            self.changes += _may_change(environ)
            return self._application(environ, start_response)


def _is_foreign(environ: dict[str, Any]) -> bool:
    """Whether a page that is not of this machine has had a browser send a request."""
    host = environ.get("HTTP_HOST", "").encode("latin-1")
    origin = environ.get("HTTP_ORIGIN", "").encode("latin-1")
    return not is_local_host(host) or bool(origin and not is_local_origin(origin))


def _may_change(environ: dict[str, Any]) -> bool:
    """Whether a request is more than a question."""
    operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    return environ["REQUEST_METHOD"] not in ("GET", "HEAD") and not operation.startswith(
        ("BatchGet", "Describe", "Get", "List", "Query", "Receive", "Scan")
    )


class _Kernel:
    """The two pipes."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "wb", buffering=0)
        # Whatever else is printed goes to the log.
        os.dup2(2, 1)
        self._parent = os.getppid()
        self._buffer = b""
        self.is_gone = False

    def write(self, message: dict[str, Any]) -> None:
        """Tell the kernel something, if it is there."""
        try:
            self._out.write(json.dumps(message, default=str).encode() + b"\n")
        except BrokenPipeError:
            self.is_gone = True

    def read(self) -> list[dict[str, Any]]:
        """What the kernel says, within a second; sets `is_gone`."""
        readable, _, _ = select.select([0], [], [], _LOOK)
        if readable:
            piece = os.read(0, 65_536)
            self.is_gone = self.is_gone or not piece
            self._buffer += piece
        # A child that the kernel forked may keep the pipe open.
        self.is_gone = self.is_gone or os.getppid() != self._parent
        *lines, self._buffer = self._buffer.split(b"\n")
        return [json.loads(line) for line in lines]


def main(host: str, port: int, directory: Path) -> None:
    """Serve until the kernel ends or closes the pipe."""
    kernel = _Kernel()
    state = SavedState(directory)
    outbox = hooks.Outbox(kernel.write)
    hooks.install(outbox.send)
    lost = sorted({*state.restore(), *json.loads(state.read(_LOST) or b"[]")})
    application = _Application()
    try:
        listener = socket.create_server((host, port))
    except OSError as error:
        kernel.write({"error": f"Port {port}: {error.strerror}"})
        return
    server = make_server(
        host, port, application, threaded=True, request_handler=_Handler, fd=listener.fileno()
    )
    _serve(server)
    kernel.write({"port": listener.getsockname()[1], "lost": lost})
    if (pending := state.read(_OUTBOX)) is not None:
        outbox.load(pending)
    _watch(kernel, application, state, outbox)
    server.shutdown()
    _save(application, state, outbox)


def _serve(server: BaseWSGIServer) -> None:
    threading.Thread(target=server.serve_forever, daemon=True).start()


def _watch(
    kernel: _Kernel, application: _Application, state: SavedState, outbox: hooks.Outbox
) -> None:
    """Save now and then what has changed, until the kernel is gone."""
    saved, due = application.changes, time.monotonic() + _SAVE_INTERVAL
    while not kernel.is_gone:
        for message in kernel.read():
            outbox.taken(message["taken"])
        now = time.monotonic()
        if now >= due and application.changes != saved:
            saved = application.changes
            _save(application, state, outbox)
            took = time.monotonic() - now
            due = now + took + max(_SAVE_INTERVAL, took * _SAVE_SHARE)


def _save(application: _Application, state: SavedState, outbox: hooks.Outbox) -> None:
    with application.turnstile.inside():
        lost = state.save()
    state.write(_LOST, json.dumps(lost).encode())
    state.write(_OUTBOX, outbox.dump())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
