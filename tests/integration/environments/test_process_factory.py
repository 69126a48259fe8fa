"""Sandboxes by the hundred, other interpreters and clients, and what is left when it is over."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from contextlib import suppress
from pathlib import Path

import pytest

from lambda_magic.environments.interpreters import find_interpreter

ECHO = "def handler(event, context):\n    return event\n"
CGROUPS = [Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup/cpu")]


async def test_awslambdaric_runs_unchanged(make):
    source = """
        import logging, sys

        def handler(event, context):
            logging.warning("two\\nlines")
            print("printed")
            return [context.aws_request_id, sys.modules["__main__"].__spec__.name]
    """
    environment = make(source, runtime_client="awslambdaric")
    await environment.start()
    result = await environment.invoke()
    assert result == ["8f507cfc-0000-4697-b07a-ac58fc914c95", "awslambdaric.__main__"]
    warning, printed = environment.logs
    assert warning.startswith("[WARNING]\t")
    assert warning.endswith("\ttwo\nlines")
    assert printed == "printed"


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"])
async def test_each_python_that_the_machine_has_runs_its_runtime(make, version):
    try:
        find_interpreter(f"python{version}")
    except FileNotFoundError:
        environment = make(ECHO, runtime=f"python{version}")
        with pytest.raises(FileNotFoundError, match=f"needs Python {version}"):
            await environment.sandbox.create()
        return
    source = """
        import logging, sys, threading

        logging.warning("loaded")
        if sys.version_info >= (3, 12):
            from snapshot_restore_py import register_after_restore, register_before_snapshot

            @register_before_snapshot
            def prepare():
                raise AssertionError("there are no snapshots")

            register_after_restore(print, "restored", end="")

        def handler(event, context):
            assert threading.main_thread().native_id == threading.get_native_id()
            thread = threading.Thread(target=print, args=["hello"])
            thread.start()
            thread.join()
            if event == "end":
                threading.Thread(target=print, args=["bye"]).start()
                sys.exit(5)
            return "{}.{}".format(*sys.version_info[:2])
    """
    environment = make(source, runtime=f"python{version}")
    await environment.start()
    assert await environment.invoke() == version
    environment.send("end")
    assert (await environment.exit()).code == 5
    warning, *printed = environment.logs
    assert warning.startswith("[WARNING]\t")
    assert warning.endswith("Z\t\tloaded"), "it belongs to no request"
    assert printed == ["hello", "hello", "bye"]


async def test_another_language_is_a_clear_error(make):
    with pytest.raises(FileNotFoundError, match="dotnet8 cannot run as a subprocess"):
        await make(ECHO, runtime="dotnet8").sandbox.create()


async def test_closing_gives_everything_back(make):
    before = set(processes_of(os.getpid()))
    environments = [make(ECHO) for _ in range(4)]
    descriptors_before = None
    for environment in environments:
        await environment.start()
        descriptors_before = descriptors_before or len(os.listdir("/proc/self/fd"))
    work = make.factory._work
    await environments[0].sandbox.destroy()
    environments[0].api.close()
    await make.close()
    await asyncio.sleep(0)
    assert not list(Path("/tmp").glob(work.name))
    assert not [path for root in CGROUPS for path in root.glob(work.name)]
    assert len(os.listdir("/proc/self/fd")) < descriptors_before
    left = set(processes_of(os.getpid())) - before
    assert not [pid for pid in left if "runtimes" in command(pid)]


async def test_a_new_fork_server_takes_over_when_one_dies(make):
    first = make(ECHO)
    await first.start()
    os.kill(first.sandbox._init._server._process.pid, signal.SIGKILL)
    while not first.failures:
        await asyncio.sleep(0.001)
    await first.sandbox.destroy()
    second = make(ECHO)
    await second.start()
    assert await second.invoke(1) == 1


OWNER = """
    import asyncio, os, pathlib, signal, sys
    sys.path.insert(0, {root!r})
    sys.path.insert(0, {here!r})
    from conftest import Maker
    from lambda_magic.core.settings import Settings
    from lambda_magic.environments.process import ProcessSandboxFactory

    SOURCE = '''
    import subprocess

    def handler(event, context):
        subprocess.Popen(["sleep", "600"], start_new_session=True)
    '''

    async def main():
        directory = pathlib.Path({directory!r})
        factory = ProcessSandboxFactory(Settings(isolation={isolation!r}))
        maker = Maker(factory, directory)
        for _ in range(3):
            environment = maker(SOURCE)
            await environment.start()
            await environment.invoke()
        print(factory._work.name, flush=True)
        await asyncio.sleep(600)

    asyncio.run(main())
"""


SLEEP = "sleep 600 "


async def test_nothing_survives_the_violent_death_of_the_owner(isolation, make, tmp_path):
    here = Path(__file__).parent
    script = textwrap.dedent(OWNER).format(
        root=str(here.parents[2]),
        here=str(here),
        directory=str(tmp_path / "owner"),
        isolation=str(isolation),
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        try:
            name = process.stdout.readline().decode().strip()
            async with asyncio.timeout(10):
                while len([p for p in processes_of(process.pid) if command(p) == SLEEP]) < 3:
                    await asyncio.sleep(0.01)
            started = processes_of(process.pid)
        finally:
            process.kill()
    async with asyncio.timeout(10):
        while any(Path(f"/proc/{pid}").exists() for pid in started):
            await asyncio.sleep(0.01)
    # What processes cannot take with them, the next factory removes.
    await make(ECHO).start()
    assert not [path for root in [*CGROUPS, Path("/tmp")] for path in root.glob(name)]


@pytest.mark.slow
async def test_a_thousand_environments_at_once(make_isolated):
    environments = [make_isolated(ECHO) for _ in range(1000)]
    await asyncio.gather(*(environment.start() for environment in environments))
    results = await asyncio.gather(*(e.invoke(n) for n, e in enumerate(environments)))
    assert results == list(range(1000))
    pids = processes_of(os.getpid())
    proportional = 0
    for pid in pids:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        proportional += int(rollup.split("\nPss:")[1].split()[0])
    assert proportional / 1024 / 1000 <= 4


def processes_of(pid: int) -> list[int]:
    found = []
    with suppress(OSError):  # It may end while we look.
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *processes_of(int(child))]
    return found


def command(pid: int) -> str:
    with suppress(OSError):
        return _command(pid)
    return ""


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
