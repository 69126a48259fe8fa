"""The real `aws` command, against `lambda-magic serve`."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import ECHO, ROLE, RUNTIME, deploy

Aws = Callable[..., Any]

SLEEPS = """
import time

def handler(event, context):
    print("sleeping", flush=True)
    time.sleep(100)
"""

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

    def kill(self) -> None:
        """End it, if it has not ended."""
        self.process.kill()
        self.process.communicate()

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Exit status and what it said on stderr."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers, which are gone when the test is over."""
    servers = []

    def make(*options: str) -> Server:
        servers.append(Server(tmp_path / "home", *options))
        return servers[-1]

    yield make
    for server in servers:
        server.kill()


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
        *("lambda", "create-function", "--function-name", "hello", "--runtime", RUNTIME),
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
def test_a_signal_stops_the_server(start: Callable[..., Server], number: int) -> None:
    server = start()
    assert "Any credentials are accepted: only this machine can connect." in server.said
    status, errors = server.stop(number)
    assert (status, errors) == (0, "Stopping: running requests may finish\n")


def test_a_second_signal_waits_for_nobody(
    start: Callable[..., Server], connect: Callable[..., Any]
) -> None:
    server = start()
    client = connect(server)
    deploy(client, "slow", SLEEPS, Timeout=120)
    errors: list[Exception] = []

    def call() -> None:
        try:
            client.invoke(FunctionName="slow")
        except Exception as error:
            errors.append(error)

    caller = threading.Thread(target=call)
    caller.start()
    wait_for_log(connect(server, "logs"), "/aws/lambda/slow", "sleeping")
    server.process.send_signal(signal.SIGTERM)
    assert server.process.stderr is not None
    first = server.process.stderr.readline()
    status, rest = server.stop()
    caller.join(10)
    assert (status, first) == (0, "Stopping: running requests may finish\n")
    assert rest == "1 request did not finish in time: cut off\n"
    assert "(ServiceException) when calling the Invoke operation" in str(errors)


def wait_for_log(logs: Any, group: str, text: str) -> None:
    """Return once there is a log event with this text."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        groups = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        if groups and logs.filter_log_events(logGroupName=group, filterPattern=text)["events"]:
            return
    raise TimeoutError(text)


def test_a_public_server_says_which_key_it_wants(start: Callable[..., Server]) -> None:
    server = start("--host", "0.0.0.0")
    assert "Every request must be signed with the key AKIA" in server.said
    assert "AWS_SECRET_ACCESS_KEY=" in server.said
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
