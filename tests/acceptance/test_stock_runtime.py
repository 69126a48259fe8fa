"""A function's zip runs under AWS's own runtime client, with lambda_magic nowhere near."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from .conftest import Notebook

pytest.importorskip("awslambdaric")

#: What a stock runtime has besides the standard library.
RUNTIME_DISTRIBUTIONS = ["awslambdaric", "snapshot-restore-py", "simplejson"]


class RuntimeApi:
    """A Runtime API for one runtime: hands out events, collects what is posted."""

    def __init__(self) -> None:
        self.events: queue.Queue[bytes | None] = queue.Queue()
        self.answers: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "RuntimeApi":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.events.put(None)
        self._server.shutdown()
        self._server.server_close()

    def _handler(api: "RuntimeApi") -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                event = api.events.get(timeout=20)
                if event is None:
                    return self.close_connection_now()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", "the-request")
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 9000))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:the-function")
                # Without this one, AWS's client crashes.
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(event)))
                self.end_headers()
                self.wfile.write(event)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                api.answers.put((self.path.rpartition("/")[2], json.loads(body)))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def close_connection_now(self) -> None:
                self.close_connection = True

            def log_message(self, format: str, *arguments: object) -> None:
                """Say nothing."""

        return Handler


def stock_packages(directory: Path) -> Path:
    """AWS's runtime client and what it needs, and nothing else that is installed here."""
    directory.mkdir()
    for name in RUNTIME_DISTRIBUTIONS:
        distribution = metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            (directory / top).symlink_to(str(distribution.locate_file(top)))
    return directory


@contextmanager
def stock_runtime(task_root: Path, packages: Path, handler: str) -> Iterator[RuntimeApi]:
    """AWS's runtime client, running an unpacked deployment package."""
    program = (
        "import os, sys; sys.path[:0] = [os.environ['LAMBDA_TASK_ROOT'], sys.argv.pop(1)]; "
        "from awslambdaric.__main__ import main; main(sys.argv)"
    )
    with RuntimeApi() as api:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", program, packages, handler],
            cwd=task_root,
            env={"AWS_LAMBDA_RUNTIME_API": api.address, "LAMBDA_TASK_ROOT": str(task_root)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield api
        finally:
            process.kill()
            process.wait(timeout=30)


def download(notebook: Notebook, name: str, directory: Path) -> tuple[Path, str]:
    """Unpack what GetFunction says is the function's code; returns where, and the handler."""
    function = notebook.client().get_function(FunctionName=name)
    location = function["Code"]["Location"].removeprefix("file://")
    with zipfile.ZipFile(location) as archive:
        archive.extractall(directory)
    return directory, function["Configuration"]["Handler"]


def answer(notebook: Notebook, tmp_path: Path, event: object) -> tuple[str, Any]:
    """What the function "f" answers to an event on a stock runtime."""
    task_root, handler = download(notebook, "f", tmp_path / "task")
    packages = stock_packages(tmp_path / "stock")
    with stock_runtime(task_root, packages, handler) as api:
        api.events.put(json.dumps(event).encode())
        return api.answers.get(timeout=20)


def test_a_plain_cell(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run(
        "%%lambda f\n"
        "import importlib.util\n"
        "def handler(event, context):\n"
        "    return [event, context.aws_request_id,\n"
        "            importlib.util.find_spec('lambda_magic') is None]\n"
    )
    assert answer(notebook, tmp_path, {"a": 1}) == ("response", [{"a": 1}, "the-request", True])


def test_a_handler_of_another_name(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run("%%lambda f\ndef greet(event, context):\n    return 'hi ' + event\n")
    assert answer(notebook, tmp_path, "Ada") == ("response", "hi Ada")


def test_captured_objects(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run(
        "import math\n"
        "class Circle:\n"
        "    def __init__(self, radius):\n"
        "        self.radius = radius\n"
        "    @property\n"
        "    def area(self):\n"
        "        return math.floor(math.pi * self.radius**2)\n"
        "def scaled(circle, by):\n"
        "    return Circle(circle.radius * by)\n"
        "unit = Circle(1)\n"
    )
    notebook.run(
        "%%lambda f --with unit,scaled,Circle\n"
        "import importlib.util\n"
        "assert isinstance(unit, Circle)\n"
        "def handler(event, context):\n"
        "    return [scaled(unit, event).area, importlib.util.find_spec('lambda_magic') is None]\n"
    )
    assert answer(notebook, tmp_path, 2) == ("response", [12, True])


def test_the_line_numbers_are_the_cells_own(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run("limit = 1")
    notebook.run("%%lambda f --with limit\n\n\ndef handler(event, context):\n    1 / 0\n")
    kind, error = answer(notebook, tmp_path, {})
    assert (kind, error["errorType"]) == ("error", "ZeroDivisionError")
    assert 'lambda_function.py", line 4, in handler' in error["stackTrace"][-1]


def test_what_runs_here_runs_there(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run(
        "%%lambda f --env COLOUR=blue\n"
        "import json, os\n"
        "from dataclasses import asdict, dataclass\n"
        "@dataclass\n"
        "class Point:\n"
        "    x: int\n"
        "count = 0\n"
        "def handler(event, context):\n"
        "    global count\n"
        "    count += 1\n"
        "    return {'point': asdict(Point(event['x'])), 'count': count}\n"
    )
    here = notebook.run('%invoke f {"x": 3}')
    assert answer(notebook, tmp_path, {"x": 3}) == ("response", here.payload)
    assert os.environ.get("COLOUR") is None
