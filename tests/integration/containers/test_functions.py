"""Functions in containers, from the caller's side: the same lifecycle as everywhere."""

import errno
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.environments.container_owner import FUNCTION_LABEL
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.spec import ENVIRONMENT_TAG, NETWORK_TAG
from lambda_magic.function import Function
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.region import Region

from .conftest import ROLE, deploy, lasting

Make = Callable[..., Function]

#: A handler that runs what its event says, and answers what that calls `answer`.
OBEDIENT = """
    import ctypes, json, os, signal, socket, sys, threading, time

    calls = 0

    def handler(event, context):
        global calls
        calls += 1
        there = dict(globals(), context=context, answer=None)
        exec(event or "answer = calls", there)
        return there["answer"]
"""


def answer(result: InvocationResult) -> Any:
    assert result.function_error is None, result.payload
    return result.payload


def containers(engine: Engine, function: Function) -> list[str]:
    labels = [f"{FUNCTION_LABEL}={function.name}"]
    return [container for container, _ in engine.containers(labels)]


def test_a_function_is_cold_once_and_then_warm(make: Make, container_engine: Engine) -> None:
    function = make(OBEDIENT)
    first = function.invoke()
    second = function.invoke()
    assert (answer(first), answer(second)) == (1, 2)
    assert first.report.init_duration_ms is not None
    assert second.report.init_duration_ms is None
    assert len(containers(container_engine, function)) == 1


def test_output_is_a_message_a_print(make: Make) -> None:
    function = make(OBEDIENT)
    result = function.invoke(
        "print('one\\ntwo'); os.write(1, b'raw\\n'); sys.stderr.write('three')"
    )
    messages = [line for line in result.logs.splitlines() if "RequestId" not in line]
    assert {"one", "two", "raw", "three"} <= set(messages)


def test_the_place_is_awss(make: Make) -> None:
    function = make(OBEDIENT)
    found = answer(
        function.invoke(
            "answer = [os.getcwd(), __file__, sys.executable, os.environ['LAMBDA_TASK_ROOT'],"
            " os.environ['_HANDLER'], os.getuid(), os.getgid(), sys.path[0]]"
        )
    )
    assert found[:2] == ["/var/task", "/var/task/app.py"]
    assert found[2].startswith("/var/lang/bin/python")
    assert found[3:] == ["/var/task", "app.handler", 993, 990, "/var/task"]


def test_a_container_has_no_rights_and_little_of_the_machine(make: Make) -> None:
    function = make(OBEDIENT)
    status, mounts, refused = answer(
        function.invoke(
            "status = dict(line.split(':\\t') for line in open('/proc/self/status')"
            " if line.startswith(('Cap', 'NoNew')))\n"
            "mounts = [line.split()[4:6] for line in open('/proc/self/mountinfo')]\n"
            "refused = []\n"
            "for path in ('/etc/x', '/var/task/x', '/x', '/var/runtime/x', '/opt/x'):\n"
            "    try:\n"
            "        open(path, 'w')\n"
            "    except OSError as error:\n"
            "        refused.append(error.errno)\n"
            "answer = [status, mounts, refused]"
        )
    )
    assert {status[name].strip() for name in ("CapEff", "CapPrm", "CapBnd")} == {"0" * 16}
    assert status["NoNewPrivs"].strip() == "1"
    assert len(refused) == 5
    options = {place: flags.split(",") for place, flags in mounts}
    for place in ("/", "/var/task", "/run/lambda_magic", "/var/runtime/.client/runtimes"):
        assert "ro" in options[place]
    assert "rw" in options["/tmp"]


def test_init_cannot_be_looked_into_or_killed(make: Make) -> None:
    function = make(OBEDIENT)
    found = answer(
        function.invoke(
            "os.kill(1, signal.SIGKILL)\n"
            "os.kill(1, signal.SIGTERM)\n"
            "try:\n"
            "    answer = os.readlink('/proc/1/root')\n"
            "except OSError as error:\n"
            "    answer = type(error).__name__"
        )
    )
    assert found == "PermissionError"
    assert answer(function.invoke()) == 2


def test_tmp_has_its_size_and_is_kept_while_the_environment_is(make: Make) -> None:
    function = make(OBEDIENT, EphemeralStorage={"Size": 600})
    size = "s = os.statvfs('/tmp'); answer = s.f_blocks * s.f_frsize // 2**20"
    assert answer(function.invoke(size)) == 600
    answer(function.invoke("open('/tmp/kept', 'w').write('x')"))
    failed = function.invoke("os._exit(3)")
    assert failed.payload["errorMessage"].endswith("Runtime exited with error: exit status 3")
    assert answer(function.invoke("answer = [calls, os.listdir('/tmp')]")) == [1, ["kept"]]


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("sys.exit()", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "Runtime exited with error: signal: killed"),
        ("ctypes.string_at(0)", "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_a_runtime_that_ends_is_started_again(make: Make, what: str, message: str) -> None:
    function = make(OBEDIENT)
    answer(function.invoke())
    failed = function.invoke(what)
    assert failed.payload["errorType"] == "Runtime.ExitError"
    assert failed.payload["errorMessage"] == f"RequestId: {failed.request_id} Error: {message}"
    assert answer(function.invoke()) == 1


def test_a_timeout_resets_the_same_container(make: Make, container_engine: Engine) -> None:
    function = make(OBEDIENT, Timeout=1)
    answer(function.invoke())
    before = containers(container_engine, function)
    failed = function.invoke("while True: pass")
    assert failed.payload["errorType"] == "Sandbox.Timedout"
    assert answer(function.invoke()) == 1
    assert containers(container_engine, function) == before


def test_too_much_memory_is_an_exit_error(make: Make) -> None:
    function = make(OBEDIENT, MemorySize=128)
    failed = function.invoke("held = [bytearray(2**20) for _ in range(400)]")
    assert failed.payload["errorType"] == "Runtime.ExitError"
    assert "signal: killed" in failed.payload["errorMessage"]
    assert failed.report.max_memory_used_mb == 128
    assert answer(function.invoke()) == 1


def test_memory_is_measured(make: Make) -> None:
    function = make(OBEDIENT, MemorySize=256)
    little = function.invoke().report.max_memory_used_mb
    much = function.invoke("held = b'x' * 100 * 2**20").report.max_memory_used_mb
    assert little < 60
    assert 100 <= much < 180


def test_nothing_happens_between_invocations(make: Make) -> None:
    function = make(
        """
        import threading, time

        ticks = last = left = 0

        def tick():
            global ticks
            while True:
                ticks += 1
                time.sleep(0.001)

        threading.Thread(target=tick, daemon=True).start()

        def handler(event, context):
            global last, left
            found = [ticks - last, time.monotonic() - left]
            last, left = ticks, time.monotonic()
            return found
        """
    )
    answer(function.invoke())
    answer(make(OBEDIENT).invoke("time.sleep(0.5)"))
    ticked, passed = answer(function.invoke())
    assert passed > 0.5
    assert ticked < 100


def test_the_runtime_api_cannot_be_reached_from_another_container(make: Make) -> None:
    own_address = (
        "s = socket.socket(type=socket.SOCK_DGRAM); s.connect(('192.0.2.1', 9))\n"
        "answer = s.getsockname()[0]"
    )
    dial = "s = socket.socket(); s.settimeout(9); answer = s.connect_ex(('{}', 9001))"
    one, other = make(OBEDIENT), make(OBEDIENT)
    address = answer(one.invoke(own_address))
    assert answer(other.invoke(own_address)) != address
    assert answer(one.invoke(dial.format("127.0.0.1"))) == 0
    assert answer(other.invoke(dial.format(address))) == errno.ECONNREFUSED


def test_our_own_client_leaves_its_events_to_nobody(make: Make) -> None:
    function = make(OBEDIENT)
    ask = (
        "import urllib.request, urllib.error\n"
        "try:\n"
        "    urllib.request.urlopen('http://127.0.0.1:9001/2018-06-01/runtime/invocation/next')\n"
        "except urllib.error.HTTPError as error:\n"
        "    answer = error.code; error.close()"
    )
    assert answer(function.invoke(ask)) == 403


def test_without_a_network_there_is_only_the_loopback(make: Make) -> None:
    function = make(OBEDIENT, Tags={NETWORK_TAG: "none"})
    assert answer(function.invoke("answer = sorted(os.listdir('/sys/class/net'))")) == ["lo"]


def test_a_network_that_does_not_exist_is_an_error_of_one_line(make: Make) -> None:
    function = make(OBEDIENT, Tags={NETWORK_TAG: "no-such-network"})
    with pytest.raises(Exception, match="no-such-network"):
        function.invoke()


def test_a_container_killed_from_outside_fails_its_invocation_only(
    make: Make, container_engine: Engine, region: Region
) -> None:
    function = make(OBEDIENT)
    answer(function.invoke())
    (container,) = containers(container_engine, function)
    results = []
    waiting = threading.Thread(target=lambda: results.append(function.invoke("time.sleep(50)")))
    waiting.start()
    while ("Running", 2) not in [
        (one.state, one.invocations)
        for one in region.environments()
        if one.function_name == function.name
    ]:
        pass
    container_engine.remove(container)
    waiting.join()
    assert results[0].payload["errorType"] == "Sandbox.Failure"
    assert answer(function.invoke()) == 1
    assert containers(container_engine, function) != [container]


def test_environments_run_side_by_side(make: Make, container_engine: Engine) -> None:
    function = make(OBEDIENT)
    events = ["time.sleep(1); answer = os.environ['AWS_LAMBDA_LOG_STREAM_NAME']"] * 4
    streams = {answer(result) for result in function.map(events, concurrency=4)}
    assert len(streams) == len(containers(container_engine, function)) == 4


def test_the_configuration_is_the_functions(make: Make) -> None:
    function = make(OBEDIENT, Environment={"Variables": {"MINE": "1"}}, MemorySize=512)
    found = answer(
        function.invoke(
            "answer = {n: os.environ.get(n) for n in ('MINE', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',"
            " 'AWS_LAMBDA_RUNTIME_API', 'PATH', 'HOSTNAME')}"
        )
    )
    assert found["MINE"] == "1"
    assert found["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert found["AWS_LAMBDA_RUNTIME_API"] == "127.0.0.1:9001"
    assert found["HOSTNAME"] is None
    assert json.dumps(found["PATH"]).count("/var/lang/bin") == 1


def test_a_function_that_brings_its_own_runtime(region: Region, tmp_path: Path) -> None:
    bootstrap = tmp_path / "bootstrap"
    bootstrap.write_text(
        "#!/bin/sh\n"
        "# Any program would do; what there is, is an interpreter.\n"
        "LD_LIBRARY_PATH=/var/lang/lib exec /var/lang/bin/python3 - <<'PROGRAM'\n"
        "import os, urllib.request\n"
        "api = f\"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/\"\n"
        "while True:\n"
        "    with urllib.request.urlopen(api + 'next') as event:\n"
        "        request_id = event.headers['Lambda-Runtime-Aws-Request-Id']\n"
        "        body = b'[' + event.read() + b', \"' + os.environ['_HANDLER'].encode() + b'\"]'\n"
        "    urllib.request.urlopen(api + request_id + '/response', body).close()\n"
        "PROGRAM\n"
    )
    bootstrap.chmod(0o755)
    client = region.client()
    client.create_function(
        FunctionName="own-runtime",
        Role=ROLE,
        Code={"ZipFile": build_zip({"bootstrap": bootstrap})},
        Tags={ENVIRONMENT_TAG: "container"},
        Runtime="provided.al2023",
        Handler="mine",
        Timeout=30,
    )
    client.get_waiter("function_active_v2").wait(FunctionName="own-runtime")
    function = Function(region, "own-runtime")
    assert [answer(function.invoke(number)) for number in (1, 2)] == [[1, "mine"], [2, "mine"]]


def test_provisioned_environments_are_containers_that_wait(
    make: Make, region: Region, container_engine: Engine
) -> None:
    function = make(OBEDIENT)
    client = region.client()
    client.publish_version(FunctionName=function.name)
    client.put_provisioned_concurrency_config(
        FunctionName=function.name, Qualifier="1", ProvisionedConcurrentExecutions=2
    )
    status = "IN_PROGRESS"
    while status == "IN_PROGRESS":
        status = client.get_provisioned_concurrency_config(
            FunctionName=function.name, Qualifier="1"
        )["Status"]
    assert status == "READY"
    assert len(containers(container_engine, function)) == 2
    result = Function(region, function.name, "1").invoke(
        "answer = os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']"
    )
    assert answer(result) == "provisioned-concurrency"
    assert result.report.init_duration_ms is None
    client.delete_provisioned_concurrency_config(FunctionName=function.name, Qualifier="1")
    assert lasting(container_engine, f"{FUNCTION_LABEL}={function.name}") == []


def test_an_environment_that_idles_too_long_goes(container_engine: Engine, tmp_path: Path) -> None:
    region = Region(Settings(home=tmp_path, idle_timeout=0.2))
    function = deploy(region, OBEDIENT)
    answer(function.invoke())
    assert lasting(container_engine, f"{FUNCTION_LABEL}={function.name}") == []
    assert answer(function.invoke()) == 1
    region.close()
