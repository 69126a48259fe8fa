"""Real processes in every isolation that this machine allows: lifecycle, logs, crashes, memory."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from lambda_magic.environments.isolation import Isolation
from lambda_magic.environments.sandbox import ExitStatus

ECHO = "def handler(event, context):\n    return event\n"
COUNTER = """
    import threading

    count = 0

    def run():
        global count
        while True:
            count += 1

    def handler(event, context):
        if event == "start":
            threading.Thread(target=run, daemon=True).start()
        return count
"""
TMP = """
    import os, tempfile

    def handler(event, context):
        path = os.path.join(tempfile.gettempdir(), "kept")
        if event is not None:
            with open(path, "w") as file:
                file.write(event)
        with open(path) as file:
            return file.read()
"""


async def test_a_handler_is_invoked_again_and_again(make):
    environment = make(ECHO)
    await environment.start()
    assert [await environment.invoke(n) for n in range(3)] == [0, 1, 2]


async def test_a_large_payload_goes_in_and_out(make):
    environment = make(ECHO)
    await environment.start()
    text = "ü" * 1_000_000
    assert await environment.invoke(text) == text


async def test_a_response_over_the_limit_is_refused_and_the_runtime_goes_on(make):
    environment = make("def handler(event, context):\n    return 'x' * event\n")
    await environment.start()
    environment.send(6_291_556 + 1)
    assert await environment.answer() == ("too large", None)
    assert await environment.invoke(3) == "xxx"
    assert "LAMBDA_RUNTIME Failed to post handler success response" in environment.logs[0]


async def test_layers_come_after_the_code_and_before_the_standard_library(make, tmp_path):
    packages = tmp_path / "layers" / "python"
    packages.mkdir(parents=True)
    (packages / "extra.py").write_text("VALUE = 'from a layer'\n")
    (packages / "antigravity.py").write_text("VALUE = 'mine'\n")
    source = """
        import antigravity, extra

        def handler(event, context):
            return [extra.VALUE, antigravity.VALUE]
    """
    environment = make(source, layers=tmp_path / "layers")
    await environment.start()
    assert await environment.invoke() == ["from a layer", "mine"]


async def test_boto3_is_there_as_on_aws(make):
    source = """
        def handler(event, context):
            import boto3
            return boto3.__file__.startswith(event)
    """
    environment = make(source)
    await environment.start()
    assert await environment.invoke("/")
    assert not environment.logs


# Logs...


async def test_one_print_is_one_message_however_many_lines_it_has(make):
    source = r"""
        import os, subprocess, sys

        def handler(event, context):
            print("one", "line")
            print("two\nlines", file=sys.stderr)
            print("held back ", end="")
            print("and completed")
            print("never completed", end="")
    """
    environment = make(source)
    await environment.start()
    await environment.invoke()
    assert environment.logs == [
        "one line",
        "two\nlines",
        "held back and completed",
        "never completed",
    ]


async def test_a_chained_traceback_is_one_message(make):
    source = """
        import traceback

        def handler(event, context):
            try:
                try:
                    1 / 0
                except ZeroDivisionError as error:
                    raise KeyError("key") from error
            except KeyError:
                traceback.print_exc()
    """
    environment = make(source)
    await environment.start()
    await environment.invoke()
    (message,) = environment.logs
    assert message.startswith("Traceback (most recent call last):\n")
    assert message.endswith("KeyError: 'key'")


async def test_plain_output_is_a_message_a_line(make):
    source = r"""
        import os, subprocess

        def handler(event, context):
            os.write(1, b"by write\nsecond\n")
            subprocess.run(["sh", "-c", "echo by echo >&2; printf unfinished"])
    """
    environment = make(source)
    await environment.start()
    await environment.invoke()
    assert environment.logs == ["by write", "second", "by echo", "unfinished"]


async def test_a_flood_of_output_neither_blocks_nor_is_lost(make):
    source = """
        def handler(event, context):
            for number in range(20_000):
                print(f"{number:06}" + "x" * 494)
            print("y" * 1_000_000)
    """
    environment = make(source)
    await environment.start()
    await environment.invoke()
    assert [int(message[:6]) for message in environment.logs[:20_000]] == list(range(20_000))
    assert "".join(environment.logs[20_000:]) == "y" * 1_000_000
    assert max(map(len, environment.logs)) <= 256 * 1024


async def test_a_thread_that_writes_all_the_time_does_not_garble_the_log(make):
    source = """
        import threading

        def run():
            while True:
                print("z" * 300_000)

        def handler(event, context):
            if event == 0:
                threading.Thread(target=run, daemon=True).start()
    """
    environment = make(source)
    await environment.start()
    for number in range(20):
        await environment.invoke(number)
    environment.api.reset()
    await environment.sandbox.reset()
    assert set("".join(environment.logs)) == {"z"}


# Freezing and resetting...


async def test_frozen_threads_make_no_progress(make):
    environment = make(COUNTER)
    await environment.start()
    await environment.invoke("start")
    assert await environment.invoke() > 0
    environment.sandbox.freeze()
    await stopped(environment)
    used = cpu_ticks(environment)
    await asyncio.sleep(0.2)  # Time in which a running thread would burn twenty ticks.
    assert cpu_ticks(environment) == used
    environment.sandbox.thaw()
    before = await environment.invoke()
    while await environment.invoke() == before:
        pass


async def test_a_reset_kills_everything_and_keeps_tmp(make):
    environment = make(TMP)
    await environment.start()
    assert await environment.invoke("kept") == "kept"
    pid = runtime_pid(environment)
    environment.api.reset()
    await environment.sandbox.reset()
    assert not Path(f"/proc/{pid}").exists()
    await environment.start_runtime()
    assert await environment.invoke() == "kept"


async def test_a_frozen_sandbox_can_be_reset(make):
    environment = make(ECHO)
    await environment.start()
    environment.sandbox.freeze()
    environment.api.reset()
    await environment.sandbox.reset()
    await environment.start_runtime()
    assert await environment.invoke(1) == 1


async def test_what_the_function_started_ends_with_it(make):
    source = """
        import os, subprocess

        def handler(event, context):
            # One that has left the session and lost its parent.
            subprocess.run(["sh", "-c", "setsid sleep 600 > /dev/null 2>&1 &"])
    """
    environment = make(source)
    await environment.start()
    await environment.invoke()
    init = init_pid(environment)
    while not (sleeping := [pid for pid in children(init) if command(pid).startswith("sleep")]):
        await asyncio.sleep(0.001)
    environment.api.reset()
    await environment.sandbox.reset()
    assert not Path(f"/proc/{sleeping[0]}").exists()
    await environment.sandbox.destroy()
    assert not Path(f"/proc/{init}").exists()


async def test_terminate_is_sigterm(make):
    source = """
        import signal, sys

        def handler(event, context):
            signal.signal(signal.SIGTERM, lambda *_: (print("tidied up"), sys.exit(0)))
    """
    environment = make(source)
    await environment.start()
    await environment.invoke()
    environment.sandbox.terminate()
    assert await environment.exit() == ExitStatus(code=0)
    assert environment.logs == ["tidied up"]


async def test_destroying_twice_or_before_creation_is_harmless(make):
    environment = make(ECHO)
    await environment.sandbox.destroy()
    await environment.sandbox.destroy()
    with pytest.raises(OSError, match="destroyed"):
        await environment.sandbox.create()


async def test_destroying_while_it_is_made_leaves_nothing(make):
    environment = make(ECHO)
    creation = asyncio.ensure_future(environment.sandbox.create())
    while environment.sandbox._init is None:
        await asyncio.sleep(0)
    await environment.sandbox.destroy()
    with pytest.raises(OSError, match="destroyed"):
        await creation
    assert not environment.failures


async def test_the_environment_is_told_when_init_dies(make):
    environment = make(ECHO)
    await environment.start()
    os.kill(init_pid(environment), signal.SIGKILL)
    while not environment.failures:
        await asyncio.sleep(0.001)
    assert len(environment.failures) == 1
    await environment.sandbox.destroy()


# Ends of the runtime...


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("sys.exit()", ExitStatus(code=0)),
        ("sys.exit(3)", ExitStatus(code=3)),
        ("os._exit(4)", ExitStatus(code=4)),
        ("os.kill(os.getpid(), signal.SIGKILL)", ExitStatus(signal=9)),
        ("os.kill(os.getpid(), signal.SIGTERM)", ExitStatus(signal=15)),
        ("ctypes.string_at(0)", ExitStatus(signal=11)),
        ("os.abort()", ExitStatus(signal=6)),
        ("raise KeyboardInterrupt", ExitStatus(signal=2)),
    ],
)
async def test_the_end_of_the_runtime_is_reported(make, statement, status):
    source = f"""
        import ctypes, os, signal, sys

        def handler(event, context):
            print("last words")
            {statement}
    """
    environment = make(source)
    await environment.start()
    environment.send()
    assert await environment.exit() == status
    assert environment.logs[0] == "last words"
    environment.api.reset()
    await environment.sandbox.reset()
    await environment.start_runtime()


@pytest.mark.parametrize(
    "hog",
    [
        "'x' * (2 << 30)",
        "subprocess.run([sys.executable, '-c', 'import time; x = b\"x\" * (1 << 30)'])",
    ],
    ids=["itself", "by a child"],
)
async def test_a_process_that_uses_too_much_memory_is_killed(make, hog):
    source = f"""
        import subprocess, sys

        def handler(event, context):
            return len({hog})
    """
    environment = make(source, memory_size_mb=128)
    await environment.start()
    environment.send()
    status = await environment.exit()
    assert status == ExitStatus(signal=9, out_of_memory=True)
    assert str(status) == "signal: killed"
    assert environment.sandbox.max_memory_used_mb() == 128


async def test_memory_is_measured(make):
    source = """
        def handler(event, context):
            return len(b"x" * (event << 20))
    """
    environment = make(source, memory_size_mb=512)
    await environment.start()
    await environment.invoke(0)
    small = environment.sandbox.max_memory_used_mb()
    assert 5 < small < 100
    await environment.invoke(200)
    large = environment.sandbox.max_memory_used_mb()
    assert 190 < large - small < 230
    await environment.invoke(0)
    assert environment.sandbox.max_memory_used_mb() == large
    environment.api.reset()
    await environment.sandbox.reset()
    await environment.start_runtime()
    assert environment.sandbox.max_memory_used_mb() < small + 20


# Looking from outside...


def init_pid(environment) -> int:
    """The oldest child of the fork server, which in namespaces has a process above it."""
    server = environment.sandbox._init._server
    pid = server._process.pid
    if server.isolation is not Isolation.PROCESS:
        (pid,) = children(pid)
    # By now there may also be one that is a spare.
    init, *_ = children(pid)
    return init


def runtime_pid(environment) -> int:
    """The first child of init."""
    return children(init_pid(environment))[0]


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def cpu_ticks(environment) -> int:
    fields = Path(f"/proc/{runtime_pid(environment)}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


async def stopped(environment) -> None:
    status = Path(f"/proc/{runtime_pid(environment)}/status")
    while "State:\tT" not in status.read_text():
        await asyncio.sleep(0.001)
