"""The real `aws` command, against `lambda-magic serve`."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import ECHO, ROLE

Aws = Callable[..., Any]

#: `lambda-magic`, with whatever Python runs the tests.
COMMAND = [sys.executable, "-c", "import sys; from lambda_magic.cli import main; sys.exit(main())"]


class Server:
    """`lambda-magic serve` in a process of its own."""

    def __init__(self, home: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", "--home", str(home), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = ""
        while "Ctrl-C stops it." not in self.said:
            line = self.process.stdout.readline()
            assert line, self.process.communicate()
            self.said += line
        found = re.search(r"http://\S+", self.said)
        assert found is not None
        self.url = found[0]

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Exit status and what it said on stderr."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("home"))
    yield server
    assert server.stop()[0] == 0


@pytest.fixture(scope="module")
def aws(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Aws:
    """Runs the command; returns the JSON that it prints."""
    directory = tmp_path_factory.mktemp("aws")

    def run(*arguments: str, fails: bool = False) -> Any:
        command = [sys.executable, "-m", "awscli", "--output", "json", *arguments]
        done = subprocess.run(
            command,
            cwd=directory,
            env=os.environ
            | {
                "AWS_ACCESS_KEY_ID": "any",
                "AWS_SECRET_ACCESS_KEY": "any",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": server.url,
                "AWS_CONFIG_FILE": str(directory / "none"),
                "AWS_PAGER": "",
            },
            capture_output=True,
            text=True,
            timeout=60,
        )
        if fails:
            assert done.returncode != 0
            return done.stderr.strip()
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    return run


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> str:
    directory = tmp_path_factory.mktemp("package")
    (directory / "index.py").write_text(f"{ECHO}\nprint('loaded')\n")
    path = directory / "package.zip"
    subprocess.run(
        [sys.executable, "-m", "zipfile", "-c", str(path), str(directory / "index.py")], check=True
    )
    return f"fileb://{path}"


def test_the_common_verbs(aws: Aws, package: str, tmp_path: Path) -> None:
    created = aws(
        *("lambda", "create-function", "--function-name", "hello", "--runtime", "python3.12"),
        *("--role", ROLE, "--handler", "index.handler", "--zip-file", package, "--timeout", "10"),
    )
    assert created["FunctionArn"] == "arn:aws:lambda:us-east-1:123456789012:function:hello"
    aws("lambda", "wait", "function-active-v2", "--function-name", "hello")

    out = tmp_path / "out.json"
    answer = aws(
        *("lambda", "invoke", "--function-name", "hello", "--payload", '{"name": "Ada"}'),
        *("--log-type", "Tail", str(out)),
    )
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert json.loads(out.read_text()) == {"name": "Ada"}
    assert "loaded" in base64.b64decode(answer["LogResult"]).decode()

    assert aws("lambda", "publish-version", "--function-name", "hello")["Version"] == "1"
    alias = ("--function-name", "hello", "--name", "LIVE", "--function-version", "1")
    assert aws("lambda", "create-alias", *alias)["AliasArn"].endswith(":hello:LIVE")
    answer = aws("lambda", "invoke", "--function-name", "hello:LIVE", str(out))
    assert answer["ExecutedVersion"] == "1"

    listed = aws("lambda", "list-functions", "--query", "Functions[].FunctionName")
    assert listed == ["hello"]
    events = aws(
        *("logs", "filter-log-events", "--log-group-name", "/aws/lambda/hello"),
        *("--filter-pattern", "loaded", "--query", "events[].message"),
    )
    assert events == ["loaded\n", "loaded\n"]
    metrics = aws(
        *("cloudwatch", "list-metrics", "--namespace", "AWS/Lambda"),
        *("--dimensions", "Name=FunctionName,Value=hello", "--query", "Metrics[].MetricName"),
    )
    assert "Invocations" in metrics

    aws("lambda", "delete-function", "--function-name", "hello")
    missing = aws("lambda", "get-function", "--function-name", "hello", fails=True)
    assert "(ResourceNotFoundException) when calling the GetFunction operation" in missing


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_server(tmp_path: Path, number: int) -> None:
    server = Server(tmp_path / "home")
    assert "Any credentials are accepted: only this machine can connect." in server.said
    status, errors = server.stop(number)
    assert (status, errors) == (0, "Stopping: running requests may finish\n")


def test_a_public_server_says_which_key_it_wants(tmp_path: Path) -> None:
    server = Server(tmp_path / "home", "--host", "0.0.0.0")
    try:
        assert "Every request must be signed with the key AKIA" in server.said
        assert "AWS_SECRET_ACCESS_KEY=" in server.said
    finally:
        assert server.stop()[0] == 0


def test_a_port_that_is_taken_is_one_line(server: Server, tmp_path: Path) -> None:
    port = server.url.rpartition(":")[2]
    done = subprocess.run(
        [*COMMAND, "serve", "--port", port, "--home", str(tmp_path / "home")],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert (
        done.stderr == f"lambda-magic: cannot serve at 127.0.0.1:{port}: Address already in use\n"
    )
