"""Extensions as real processes, from the caller's side: in Python, in bash, and up to no good."""

import contextlib
import functools
import io
import itertools
import json
import re
import sys
import textwrap
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.environments.fork_server import try_isolations
from lambda_magic.environments.interpreters import OWN_RUNTIME, find_interpreter
from lambda_magic.environments.isolation import Isolation, candidates
from lambda_magic.function import Function
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.region import Region

_INTERPRETER = find_interpreter(OWN_RUNTIME)
#: All that this machine allows: where root may do everything, all three.
ISOLATIONS = sorted(
    {
        try_isolations(_INTERPRETER, candidates("auto")),
        try_isolations(_INTERPRETER, [Isolation.USER_NAMESPACES, Isolation.PROCESS]),
        Isolation.PROCESS,
    }
)
ECHO = "def handler(event, context):\n    return event\n"
SLEEP = "import time\n\ndef handler(event, context):\n    time.sleep(event)\n    return event\n"

#: What every extension in Python begins with.
CLIENT = """\
#!/usr/bin/env python3
import http.client, json, os, sys, time

def call(method, path, body=None, **headers):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, "/2020-01-01/extension/" + path, body, names)
    response = connection.getresponse()
    return response, json.loads(response.read())

def register(*events):
    name = os.path.basename(__file__)
    body = json.dumps({"events": events})
    response, _ = call("POST", "register", body, Lambda_Extension_Name=name)
    return response.headers["Lambda-Extension-Identifier"]

def next_event(identifier):
    return call("GET", "event/next", Lambda_Extension_Identifier=identifier)[1]

def report(identifier, what):
    headers = {"Lambda_Extension_Identifier": identifier}
    headers["Lambda_Extension_Function_Error_Type"] = "Extension.Mine"
    call("POST", what, "{}", **headers)

"""
TAIL = """
identifier = register("INVOKE", "SHUTDOWN")
print("ready to work")
while True:
    event = next_event(identifier)
    print(event["eventType"], event.get("requestId") or event["shutdownReason"], flush=True)
    if event["eventType"] == "SHUTDOWN":
        break
"""
#: An HTTP client in bash: a connection for each request, the answer's headers on three lines.
IN_BASH = r"""#!/bin/bash
host=${AWS_LAMBDA_RUNTIME_API%:*} port=${AWS_LAMBDA_RUNTIME_API#*:}
call() {
    exec 3<>"/dev/tcp/$host/$port"
    printf '%s HTTP/1.1\r\nHost: %s\r\n%s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' \
        "$1" "$host" "$2" "${#3}" "$3" >&3
    while read -r line <&3 && [[ $line != $'\r' ]]; do
        [[ $line == Lambda-Extension-Identifier:* ]] && identifier=${line#*: }
        [[ $line == Content-Length:* ]] && length=${line#*: }
    done
    read -r -N "${length%$'\r'}" body <&3
    exec 3>&-
}
prefix=/2020-01-01/extension
call "POST $prefix/register" "Lambda-Extension-Name: ${0##*/}" '{"events": ["INVOKE"]}'
header="Lambda-Extension-Identifier: ${identifier%$'\r'}"
while true; do
    call "GET $prefix/event/next" "$header" ""
    echo "bash saw $body"
done
"""

Make = Callable[..., Function]
_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=ISOLATIONS)
def region(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Region]:
    home = tmp_path_factory.mktemp("home")
    region = Region(Settings(home=home, isolation=request.param))
    yield region
    region.close()


@pytest.fixture
def make(region: Region) -> Make:
    """Makes functions in the region, as `_deploy` does."""
    return functools.partial(_deploy, region)


def _deploy(
    region: Region,
    source: str,
    extensions: dict[str, str] | None = None,
    /,
    mode: int = 0o755,
    **members: Any,
) -> Function:
    """A function of source text, with a layer of these extensions, or files with a path."""
    client = region.client()
    name = f"function-{next(_numbers)}"
    layers = []
    if extensions:
        files = {
            file if "/" in file else f"extensions/{file}": text.encode()
            for file, text in extensions.items()
        }
        content = _with_modes(build_zip(files), mode)
        layer = client.publish_layer_version(LayerName=name, Content={"ZipFile": content})
        layers.append(layer["LayerVersionArn"])
    client.create_function(
        FunctionName=name,
        Role="arn:aws:iam::123456789012:role/test",
        Code={"ZipFile": build_zip({"app.py": textwrap.dedent(source).encode()})},
        Layers=layers,
        **{
            "Runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
            "Handler": "app.handler",
            "Timeout": 30,
            **members,
        },
    )
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    return Function(region, name)


def _with_modes(archive: bytes, mode: int) -> bytes:
    """The same archive, its files with this mode."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            entry.external_attr = (0o100000 | mode) << 16
            target.writestr(entry, source.read(entry))
    return out.getvalue()


def document(result: InvocationResult) -> dict[str, Any]:
    assert result.function_error == "Unhandled"
    payload = result.payload
    assert isinstance(payload, dict)
    return payload


def test_an_extension_in_python_sees_every_invocation(make: Make) -> None:
    function = make(ECHO, {"tail": CLIENT + TAIL})

    first, second = function.invoke(1), function.invoke(2)

    assert (first.payload, second.payload) == (1, 2)
    lines = first.logs.splitlines()
    assert "ready to work" in lines
    assert "EXTENSION\tName: tail\tState: Ready\tEvents: [INVOKE, SHUTDOWN]" in lines
    assert f"INVOKE {first.request_id}" in lines
    assert f"INVOKE {second.request_id}" in second.logs.splitlines()
    assert first.report.init_duration_ms is not None
    assert second.report.init_duration_ms is None


def test_an_extension_in_bash_sees_every_invocation(make: Make) -> None:
    function = make(ECHO, {"shell-script": IN_BASH})

    result = function.invoke("hi")

    assert result.payload == "hi"
    seen = next(line for line in result.logs.splitlines() if line.startswith("bash saw "))
    assert json.loads(seen.removeprefix("bash saw "))["requestId"] == result.request_id


def test_two_extensions_and_an_internal_one_work_side_by_side(make: Make) -> None:
    source = """
        import http.client, json, os, threading

        def call(method, path, body, headers):
            connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
            connection.request(method, "/2020-01-01/extension/" + path, body, headers)
            response = connection.getresponse()
            return response.headers, json.loads(response.read())

        headers, described = call(
            "POST", "register", '{"events": ["INVOKE"]}', {"Lambda-Extension-Name": "inner"}
        )
        identity = {"Lambda-Extension-Identifier": headers["Lambda-Extension-Identifier"]}
        seen = []

        def work():
            while True:
                seen.append(call("GET", "event/next", None, identity)[1]["requestId"])

        threading.Thread(target=work, daemon=True).start()

        def handler(event, context):
            return described, seen
    """
    function = make(source, {"one": CLIENT + TAIL, "two": IN_BASH})

    first, second = function.invoke(None), function.invoke(None)

    assert re.findall(r"EXTENSION\tName: (\w+)", first.logs) == ["one", "two", "inner"]
    described, seen = second.payload
    assert described["handler"] == "app.handler"
    assert seen[0] == first.request_id


def test_duration_includes_extensions(make: Make) -> None:
    slow = CLIENT + TAIL.replace("    if event", "    time.sleep(0.2)\n    if event")
    function = make(ECHO, {"slow": slow})
    assert function.invoke(1).report.duration_ms > 200


def test_a_crash_at_start_fails_init_and_then_the_invocation(make: Make) -> None:
    function = make(ECHO, {"broken": CLIENT + "print('no'); sys.exit(3)\n"})

    result = function.invoke(1)

    assert document(result) == {
        "errorType": "Extension.Crash",
        "errorMessage": f"RequestId: {result.request_id} Error: exit status 3",
    }
    assert "EXTENSION\tName: broken\tState: Started\tEvents: []" in result.logs
    assert re.search(
        r"INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\t"
        r"Error Type: Extension.Crash",
        result.logs,
    )
    assert "no\n" in result.logs


@pytest.mark.parametrize(
    ("script", "error_type", "state"),
    [
        ("report(identifier, 'init/error'); sys.exit(4)\n", "Extension.InitError", "InitError"),
        ("report(identifier, 'exit/error'); sys.exit(4)\n", "Extension.ExitError", "ExitError"),
    ],
)
def test_an_error_that_is_reported(make: Make, script: str, error_type: str, state: str) -> None:
    function = make(ECHO, {"honest": f"{CLIENT}identifier = register('INVOKE')\n{script}"})

    result = function.invoke(1)

    assert document(result)["errorType"] == error_type
    line = f"EXTENSION\tName: honest\tState: {state}\tEvents: [INVOKE]\tError Type: Extension.Mine"
    assert line in result.logs


def test_a_crash_in_an_invocation_and_the_next_one_works(make: Make) -> None:
    script = """
identifier = register("INVOKE")
while True:
    next_event(identifier)
    if not os.path.exists(os.environ["FLAG"]):
        open(os.environ["FLAG"], "w").close()
        os._exit(1)
"""
    flag = {"Variables": {"FLAG": f"/tmp/flag-{next(_numbers)}"}}
    function = make(SLEEP, {"fragile": CLIENT + script}, Environment=flag)

    crashed, after = function.invoke(20), function.invoke(0)

    Path(flag["Variables"]["FLAG"]).unlink(missing_ok=True)
    assert document(crashed)["errorType"] == "Extension.Crash"
    assert "Status: error\tError Type: Extension.Crash" in crashed.logs
    assert after.payload == 0


def test_one_that_never_registers_uses_up_the_functions_time(tmp_path: Path) -> None:
    with contextlib.closing(Region(Settings(home=tmp_path, init_timeout=1.0))) as region:
        function = _deploy(region, ECHO, {"mute": "#!/bin/sh\nsleep 1000\n"}, Timeout=1)
        result = function.invoke(1)

    assert document(result)["errorType"] == "Sandbox.Timedout"
    line = "EXTENSION\tName: mute\tState: Started\tEvents: []"
    # The Init, and once more within the invocation.
    assert result.logs.splitlines().count(line) == 2
    assert re.search(
        r"INIT_REPORT Init Duration: \S+ ms\tPhase: init\tStatus: timeout", result.logs
    )


@pytest.mark.parametrize(
    ("text", "mode", "reason", "error_type"),
    [
        ("#!/bin/sh\n", 0o644, "permission denied", "PermissionDenied"),
        ("#!/no/such\n", 0o755, "no such file or directory", "UnknownError"),
        ("no program", 0o755, "exec format error", "UnknownError"),
    ],
)
def test_a_file_that_cannot_be_executed(
    make: Make, text: str, mode: int, reason: str, error_type: str
) -> None:
    function = make(ECHO, {"file": text}, mode)

    result = function.invoke(1)

    message = document(result)["errorMessage"]
    assert document(result)["errorType"] == "Extension.LaunchError"
    assert re.search(rf"Error: fork/exec /opt/extensions/file: {reason}$", message)
    line = f"EXTENSION\tName: file\tState: LaunchError\tEvents: []\tError Type: {error_type}"
    assert line in result.logs


def test_after_a_timeout_it_is_told_and_begins_anew(make: Make) -> None:
    source = (
        "import time\n\ndef handler(event, context):\n    time.sleep(event)\n    return event\n"
    )
    function = make(source, {"tail": CLIENT + TAIL}, Timeout=3)

    late, after = function.invoke(60), function.invoke(0)

    assert document(late)["errorType"] == "Sandbox.Timedout"
    assert after.payload == 0
    log = str(function.logs())
    assert "SHUTDOWN timeout" in log
    assert log.count("ready to work") == 2


def test_with_an_extension_the_runtime_is_told_to_end(tmp_path: Path) -> None:
    source = """
        import signal, sys

        def clean_up(number, frame):
            print("cleaning up after", signal.Signals(number).name)
            sys.stdout.flush()
            sys.exit(0)

        signal.signal(signal.SIGTERM, clean_up)

        def handler(event, context):
            return event
    """
    region = Region(Settings(home=tmp_path))
    with contextlib.closing(region):
        function = _deploy(region, source, {"tail": CLIENT + TAIL})
        assert function.invoke(1).payload == 1

    with contextlib.closing(Region(Settings(home=tmp_path))) as again:
        lines = str(Function(again, function.name).logs()).splitlines()
    assert lines.index("cleaning up after SIGTERM") < lines.index("SHUTDOWN spindown")


def test_listeners_of_two_environments_do_not_meet(region: Region, make: Make) -> None:
    script = """
import http.server, threading

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["AWS_LAMBDA_RUNTIME_API"].encode())

    def log_message(self, *arguments):
        pass

server = http.server.HTTPServer(("sandbox.localdomain", 14243), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
identifier = register("INVOKE")
while True:
    next_event(identifier)
"""
    source = """
        import os, time, urllib.request

        def handler(event, context):
            time.sleep(event)
            own = os.environ["AWS_LAMBDA_RUNTIME_API"]
            return own, urllib.request.urlopen("http://sandbox:14243/").read().decode()
    """
    function = make(source, {"server": CLIENT + script})
    if region.isolation == Isolation.PROCESS:
        # Names of its own need a root of its own.
        assert document(function.invoke(0))["errorType"] == "Extension.Crash"
        return

    answers = [result.payload for result in function.map([0.5, 0.5], concurrency=2)]

    assert all(own == answer for own, answer in answers)
    assert answers[0] != answers[1]


def test_a_wrapper_script_starts_the_runtime(make: Make) -> None:
    wrapper = '#!/bin/bash\nexport WRAPPED="${@: -1}"\nexec "$@"\n'
    source = """
        import os

        def handler(event, context):
            print("in the log")
            return os.path.basename(os.environ["WRAPPED"])
    """
    variables = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bin/wrap"}}
    function = make(source, {"bin/wrap": wrapper}, Environment=variables)

    result = function.invoke(None)

    assert result.payload == "bootstrap.py"
    assert "in the log" in result.logs.splitlines()


def test_a_wrapper_that_is_not_there_is_exit_status_127(make: Make) -> None:
    variables = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/nothing"}}
    result = make(ECHO, Environment=variables).invoke(1)
    assert document(result) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": (
            f"RequestId: {result.request_id} Error: Runtime exited with error: exit status 127"
        ),
    }
    assert "nothing: No such file or directory" in result.logs


def test_the_end_is_told_and_one_that_hangs_is_killed(tmp_path: Path) -> None:
    hanging = TAIL.replace("        break\n", "        time.sleep(1000)\n")
    region = Region(Settings(home=tmp_path))
    try:
        function = _deploy(region, ECHO, {"tail": CLIENT + TAIL, "hanging": CLIENT + hanging})
        assert function.invoke(1).payload == 1
    finally:
        began = time.monotonic()
        region.close()
        took = time.monotonic() - began

    assert 2 <= took < 20
    with contextlib.closing(Region(Settings(home=tmp_path))) as again:
        log = str(Function(again, function.name).logs())
    assert log.count("SHUTDOWN spindown") == 2
