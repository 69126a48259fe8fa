"""Programs executed in a sandbox, in every isolation that this machine allows."""

import asyncio
import errno
import json
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from lambda_magic.environments.isolation import Isolation
from lambda_magic.environments.sandbox import ExitStatus, Program

ECHO = "def handler(event, context):\n    return event\n"
PYTHON = f"/var/lang/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
PATIENCE = 20


def shell(script: str, name: str = "extension") -> Program:
    return Program(
        name=name,
        arguments=("/bin/sh", "-c", script),
        environment_variables={"PATH": "/usr/bin:/bin", "MINE": "yes"},
    )


def running(argument: str) -> list[str]:
    """The processes of the whole machine that were started with this argument."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if argument.encode() in path.read_bytes().split(b"\0"):
                found.append(path.parent.name)
    return found


async def started(argument: str) -> str:
    """Wait for a process with this argument; returns its id."""
    async with asyncio.timeout(PATIENCE):
        while not (pids := running(argument)):
            await asyncio.sleep(0.001)
    return pids[0]


def state(pid: str) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


async def output(environment, *messages: str) -> None:
    """Wait until the extension has written these."""
    wanted = [("extension", message) for message in messages]
    async with asyncio.timeout(PATIENCE):
        while environment.outputs != wanted:
            environment.sandbox.drain_logs()
            await asyncio.sleep(0.001)


async def test_a_program_gets_its_variables_and_its_output_is_told_by_its_name(make):
    environment = make(ECHO)
    await environment.sandbox.create()
    await environment.sandbox.execute(shell('echo "$MINE in $PWD"; echo error >&2; exit 3'))
    assert await environment.exit("extension") == ExitStatus(code=3)
    assert environment.outputs == [("extension", "yes in /"), ("extension", "error")]


async def test_a_program_runs_before_beside_and_after_the_runtime(make):
    environment = make(ECHO)
    await environment.sandbox.create()
    await environment.sandbox.execute(shell("sleep 1000"))
    await environment.start_runtime()
    assert await environment.invoke(1) == 1
    await environment.sandbox.execute(shell("echo hello", "other"))
    assert await environment.exit("other") == ExitStatus(code=0)
    assert environment.outputs == [("other", "hello")]
    await environment.sandbox.reset()
    environment.api.reset()
    await environment.start_runtime()
    await environment.sandbox.execute(shell("kill -9 $$"))
    assert await environment.exit("extension") == ExitStatus(signal=signal.SIGKILL)
    assert await environment.invoke(2) == 2


@pytest.mark.parametrize(
    ("name", "mode", "content", "reason"),
    [
        ("forbidden", 0o644, "#!/bin/sh\n", errno.EACCES),
        ("orphaned", 0o755, "#!/no/such/interpreter\n", errno.ENOENT),
        ("unintelligible", 0o755, "what is this\n", errno.ENOEXEC),
    ],
)
async def test_what_cannot_be_executed_is_told(make, tmp_path, name, mode, content, reason):
    directory = tmp_path / "layer"
    directory.mkdir(mode=0o755)
    (directory / name).write_text(content)
    (directory / name).chmod(mode)
    environment = make(ECHO, layers=directory)
    await environment.sandbox.create()
    opt = directory if environment.sandbox.isolation == Isolation.PROCESS else "/opt"
    program = Program(name=name, arguments=(f"{opt}/{name}",), environment_variables={})
    with pytest.raises(OSError, match=f"{opt}/{name}") as refusal:
        await environment.sandbox.execute(program)
    assert refusal.value.errno == reason
    await environment.start_runtime()
    assert await environment.invoke(1) == 1


async def test_a_frozen_program_is_stopped_until_it_is_thawed(make):
    environment = make(ECHO)
    await environment.start()
    await environment.sandbox.execute(shell("echo ready; exec sleep 87654"))
    await output(environment, "ready")
    pid = await started("87654")
    async with asyncio.timeout(PATIENCE):
        environment.sandbox.freeze()
        while state(pid) != "T":
            await asyncio.sleep(0.001)
        environment.sandbox.thaw()
        while state(pid) == "T":
            await asyncio.sleep(0.001)
    assert await environment.invoke(1) == 1


async def test_reset_and_destruction_end_programs_and_what_they_have_started(make):
    environment = make(ECHO)
    await environment.start()
    await environment.sandbox.execute(shell("sleep 98765 & echo ready; wait"))
    await output(environment, "ready")
    await started("98765")
    await environment.sandbox.reset()
    environment.api.reset()
    assert not running("98765")
    await environment.start_runtime()
    await environment.sandbox.execute(shell("sleep 98765 & echo again; wait"))
    await output(environment, "ready", "again")
    await started("98765")
    await environment.sandbox.destroy()
    assert not running("98765")
    assert environment.failures == []


async def test_a_runtime_that_is_killed_is_told_and_its_neighbours_live_on(make):
    environment = make(ECHO)
    await environment.start()
    await environment.sandbox.execute(shell("read line; echo unreachable", "waiting"))
    assert await environment.exit("waiting") == ExitStatus(code=0)
    environment.sandbox.kill_runtime()
    assert await environment.exit() == ExitStatus(signal=signal.SIGKILL)
    await environment.sandbox.execute(shell("echo alive"))
    assert await environment.exit("extension") == ExitStatus(code=0)
    assert environment.outputs[-1] == ("extension", "alive")


async def test_programs_are_confined_as_the_runtime_is(make_isolated):
    environment = make_isolated(
        """
        import os

        def handler(event, context):
            limits = open("/proc/self/limits").read().split("Max open files")[1].split()[:2]
            return [os.getuid(), os.getgid(), os.listdir("/var/task"), limits]
        """
    )
    if environment.sandbox.isolation == Isolation.PROCESS:
        pytest.skip("this machine allows no namespaces")
    await environment.start()
    script = (
        "import json, os;"
        "limits = open('/proc/self/limits').read().split('Max open files')[1].split()[:2];"
        "print(json.dumps([os.getuid(), os.getgid(), os.listdir('/var/task'), limits]))"
    )
    program = Program(
        name="extension",
        arguments=(PYTHON, "-c", script),
        environment_variables={"LD_LIBRARY_PATH": "/var/lang/lib"},
    )
    await environment.sandbox.execute(program)
    assert await environment.exit("extension") == ExitStatus(code=0)
    ((_, message),) = environment.outputs
    assert json.loads(message) == await environment.invoke()


async def test_the_memory_of_programs_counts(make):
    environment = make(ECHO)
    await environment.start()
    script = "import time; text = b'x' * (120 << 20); print('ready', flush=True); time.sleep(1000)"
    place = sys.executable if environment.sandbox.isolation == Isolation.PROCESS else PYTHON
    await environment.sandbox.execute(
        Program(
            name="extension",
            arguments=(place, "-c", script),
            environment_variables={"LD_LIBRARY_PATH": "/var/lang/lib"},
        )
    )
    await output(environment, "ready")
    async with asyncio.timeout(PATIENCE):
        while environment.sandbox.max_memory_used_mb() < 120:
            await asyncio.sleep(0.01)
    assert await environment.invoke(1) == 1


async def test_the_sandbox_knows_its_own_address_by_name(make_isolated):
    source = """
        import os, socket

        listeners = []

        def handler(event, context):
            own = os.environ["AWS_LAMBDA_RUNTIME_API"].partition(":")[0]
            names = [socket.gethostbyname(name) for name in ("sandbox", "sandbox.localdomain")]
            listeners.append(socket.create_server(("sandbox", 14243)))
            return [own, names, os.listdir("/tmp")]
    """
    first, second = make_isolated(source), make_isolated(source)
    if first.sandbox.isolation == Isolation.PROCESS:
        pytest.skip("this machine allows no namespaces")
    answers = []
    for environment in (first, second):
        await environment.start()
        own, names, files = await environment.invoke()
        assert names == [own, own]
        assert files == []
        answers.append(own)
    # Both listen on the same port at once.
    assert answers[0] != answers[1]


async def test_a_wrapper_script_starts_the_runtime(make, tmp_path):
    wrapper = tmp_path / "layer" / "wrapper"
    wrapper.parent.mkdir(mode=0o755)
    wrapper.write_text('#!/bin/sh\nexport WRAPPED="$#"\necho "wrapping"\nexec "$@"\n')
    wrapper.chmod(0o755)
    source = r"""
        import os, sys

        def handler(event, context):
            print("two\nlines")
            return [os.environ["WRAPPED"], os.path.basename(sys.argv[0]), event]
    """
    variables = {"_HANDLER": "app.handler", "AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}
    environment = make(source, layers=wrapper.parent, environment_variables=variables)
    await environment.start()
    assert await environment.invoke(1) == ["2", "bootstrap.py", 1]
    assert environment.logs == ["wrapping", "two\nlines"]
    await environment.sandbox.reset()
    environment.api.reset()
    await environment.start_runtime()
    assert await environment.invoke(2) == ["2", "bootstrap.py", 2]


async def test_a_wrapper_may_be_any_program_and_close_what_it_does_not_know(make, tmp_path):
    wrapper = tmp_path / "layer" / "wrapper"
    wrapper.parent.mkdir(mode=0o755)
    wrapper.write_text(
        "#!/usr/bin/env python3\nimport subprocess, sys\n"
        "sys.exit(subprocess.call(sys.argv[1:], close_fds=True))\n"
    )
    wrapper.chmod(0o755)
    source = r"""
        def handler(event, context):
            print("two\nlines")
            if event == "raise":
                raise ValueError("no")
            return event
    """
    variables = {"_HANDLER": "app.handler", "AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}
    environment = make(source, layers=wrapper.parent, environment_variables=variables)
    await environment.start()
    assert await environment.invoke(1) == 1
    # Without the pipe for log records, a line is a message.
    assert environment.logs == ["two", "lines"]
    assert (await environment.invoke("raise"))["errorType"] == "ValueError"
    assert environment.logs[4].startswith("[ERROR] ValueError: no")
    environment.sandbox.terminate()
    assert await environment.exit() == ExitStatus(signal=signal.SIGTERM)
