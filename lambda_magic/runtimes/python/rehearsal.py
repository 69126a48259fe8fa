"""A runtime going through the motions, with a handler of its own, before there is a function.

The interpreter adapts to code that runs often, and each process pays for the first write to any of
the memory that it shares with the others. Both are over with when the function comes.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time

from . import example, surroundings
from .runtime import Runtime
from .runtime_api import RuntimeApi

_EVENT = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: application/json\r\n"
    b"Content-Length: 16\r\n"
    b"Lambda-Runtime-Aws-Request-Id: 00000000-0000-0000-0000-000000000000\r\n"
    b"Lambda-Runtime-Deadline-Ms: 0\r\n"
    b"Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:f\r\n"
    b"Lambda-Runtime-Trace-Id: Root=1-00000000-000000000000000000000000;Sampled=0\r\n"
    b"\r\n"
    b'{"key": "value"}'
    b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
)
_SOURCE = "import os\n\n\ndef handler(event, context):\n    return event\n"
#: As many variables, and about as long, as a function has.
_VARIABLES = json.dumps(
    {
        "AWS_LAMBDA_RUNTIME_API": "localhost:9001",
        "TZ": ":UTC",
        **{f"AWS_LAMBDA_VARIABLE_{one}": f"a value of some length {one}" for one in range(24)},
    }
)
_DIRECTORY = os.path.dirname(example.__file__)
_HANDLER = "example.handler"


def rehearse(runtime: Runtime) -> None:
    """Do once what a runtime does from its orders to its first event; leave no trace of it."""
    variables = dict(os.environ)
    path = sys.path[:]
    importers = dict(sys.path_importer_cache)
    try:
        surroundings.set_variables(json.loads(_VARIABLES))
        surroundings.set_import_path(_DIRECTORY, "/opt")
        # The import finds it compiled; a function's module is not.
        compile(_SOURCE, "/var/task/lambda_function.py", "exec")
        _serve(runtime)
    finally:
        sys.modules.pop(_HANDLER.partition(".")[0], None)
        sys.path[:] = path
        sys.path_importer_cache.clear()
        sys.path_importer_cache.update(importers)
        surroundings.set_variables(variables)
        time.tzset()


def _serve(runtime: Runtime) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(_EVENT)
        theirs.shutdown(socket.SHUT_WR)
        runtime.rehearse(RuntimeApi(ours, "localhost:9001"), _HANDLER)
