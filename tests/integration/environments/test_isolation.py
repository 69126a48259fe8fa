"""What a function sees and may do, looked at from inside."""

import asyncio
import os
import socket
import sys
from pathlib import Path

import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.environments.isolation import Isolation
from lambda_magic.environments.process import ProcessSandboxFactory

LOOK = """
    import os, pathlib, resource, socket, subprocess, sys

    def handler(event, context):
        return eval(event)
"""
DOCUMENTED = {
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "PATH",
    "LD_LIBRARY_PATH",
    "PYTHONPATH",
    "TZ",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
}


@pytest.fixture(params=["made", "made ahead"])
async def look(make_isolated, request):
    """Evaluates an expression in the strongest isolation."""
    if request.param == "made ahead":
        await make_isolated(LOOK).start()
        spares = make_isolated.factory._spares._spares
        while not spares:
            await asyncio.sleep(0.001)
    environment = make_isolated(LOOK)
    await environment.start()
    assert environment.sandbox.isolation is not Isolation.PROCESS
    return environment.invoke


async def test_the_root_directory_is_its_own(look):
    entries = set(await look("os.listdir('/')"))
    assert {"dev", "etc", "opt", "proc", "tmp", "usr", "var"} <= entries
    assert not entries & {"home", "root", "work", "mnt", "srv", "run", "sys", "boot", "media"}
    assert await look("os.listdir('/.host')") == []
    assert await look("os.listdir('/tmp')") == []
    assert await look("os.listdir('/opt')") == []


async def test_the_home_directory_is_out_of_sight(look):
    home = str(Path.home())
    assert not await look(f"os.path.exists({home!r}) and os.listdir({home!r})")
    assert not await look(f"os.path.exists({str(Path(__file__))!r})")


async def test_nothing_but_tmp_is_writable(look):
    writable = (
        "[d for d, _, _ in os.walk('/') if not d.startswith('/proc') and os.access(d, os.W_OK)]"
    )
    assert await look(writable) == ["/tmp"]


async def test_mounts_are_read_only_and_without_setuid_where_writable(look):
    mounts = [
        line.split() for line in (await look("open('/proc/self/mounts').read()")).splitlines()
    ]
    writable = {mount[1]: mount[3].split(",") for mount in mounts if "rw" in mount[3].split(",")}
    assert set(writable) == {"/tmp", "/proc"}
    assert {"nosuid", "nodev"} <= set(writable["/tmp"])


async def test_tmp_has_the_size_of_ephemeral_storage(make_isolated):
    environment = make_isolated(LOOK, ephemeral_storage_mb=600, memory_size_mb=128)
    await environment.start()
    size = "os.statvfs('/tmp').f_blocks * os.statvfs('/tmp').f_frsize >> 20"
    assert await environment.invoke(size) == 600
    assert await environment.invoke("oct(os.stat('/tmp').st_mode)") == "0o41777"


async def test_a_full_tmp_is_no_use_of_memory_and_gives_enospc(make_isolated):
    source = """
        def handler(event, context):
            megabyte = bytes(1 << 20)
            written = 0
            with open("/tmp/file", "wb", buffering=0) as file:
                try:
                    while True:
                        written += file.write(megabyte)
                except OSError as error:
                    return [written >> 20, error.strerror]
    """
    environment = make_isolated(source, ephemeral_storage_mb=512, memory_size_mb=128)
    await environment.start()
    assert await environment.invoke() == [512, "No space left on device"]
    assert environment.sandbox.max_memory_used_mb() < 128


async def test_only_its_own_processes_are_visible(look):
    assert await look("sorted(int(p) for p in os.listdir('/proc') if p.isdigit())") == [1, 2]
    assert await look("[os.getpid(), os.getppid(), os.getsid(0)]") == [2, 1, 2]


async def test_init_can_neither_be_read_nor_ended(look):
    assert (await look("open('/proc/1/environ').read()"))["errorType"] == "PermissionError"
    await look("[os.kill(1, number) for number in (1, 2, 9, 15, 19)]")
    assert await look("os.getppid()") == 1


async def test_it_is_an_unprivileged_user(look):
    assert (
        await look("[*os.getresuid(), *os.getresgid(), *os.getgroups()]") == [993] * 3 + [990] * 3
    )
    lines = (await look("open('/proc/self/status').read()")).splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    assert {status[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"
    assert await look("os.path.expanduser('~')") == "/home/sbx_user1051"


async def test_it_cannot_become_root_of_another_namespace(look):
    tried = await look("subprocess.run(['unshare', '-Ur', 'true'], capture_output=True).returncode")
    assert tried != 0


@pytest.mark.parametrize(
    ("limit", "value"),
    [("NOFILE", 1024), ("NPROC", 1024), ("CORE", 0)],
)
async def test_resource_limits(look, limit, value):
    assert await look(f"resource.getrlimit(resource.RLIMIT_{limit})") == [value, value]


async def test_other_settings_of_the_process(look):
    assert await look("os.getcwd()") == "/var/task"
    assert await look("oct(os.umask(0o022))") == "0o22"
    assert int(await look("open('/proc/self/oom_score_adj').read()")) > 0
    assert await look("socket.gethostname()") != socket.gethostname()


async def test_descriptors_are_those_of_the_runtime_and_no_program_inherits_more(look):
    assert len(await look("os.listdir('/proc/self/fd')")) == 6  # One is for listing.
    script = "import os; print(len(os.listdir('/proc/self/fd')))"
    assert (
        await look(
            "subprocess.run([sys.executable, '-c', "
            f"{script!r}], close_fds=False, capture_output=True, text=True).stdout"
        )
        == "4\n"
    )


async def test_import_path_and_prefix_are_aws_s(look):
    version = "{}.{}".format(*sys.version_info[:2])
    path = await look("sys.path")
    assert path[:4] == [
        "/var/task",
        f"/opt/python/lib/python{version}/site-packages",
        "/opt/python",
        "/var/runtime",
    ]
    assert all(entry.startswith("/var/lang/lib/python") for entry in path[4:])
    assert await look("[sys.prefix, sys.base_prefix]") == ["/var/lang", "/var/lang"]
    assert await look("os.__file__") == f"/var/lang/lib/python{version}/os.py"
    assert await look("sys.executable") == f"/var/lang/bin/python{version}"


async def test_packages_of_the_notebook_are_not_importable(look):
    find = "[name for name in {} if __import__('importlib.util').util.find_spec(name)]"
    names = ["IPython", "pytest", "pip", "setuptools", "lambda_magic", "runtimes", "awslambdaric"]
    assert await look(find.format(names)) == []
    script = f"import importlib.util; print({find.format(names)})"
    run = f"subprocess.run([sys.executable, '-c', {script!r}], capture_output=True, text=True)"
    assert await look(f"{run}.stdout") == "[]\n"


async def test_what_python_programs_expect_is_there(look):
    assert await look("[exit.name, quit.name, help.__class__.__name__]") == [
        "exit",
        "quit",
        "_Helper",
    ]
    assert await look("len(__import__('ssl').create_default_context().get_ca_certs()) >= 0")
    assert (
        await look("subprocess.run(['sh', '-c', 'echo ok'], capture_output=True, text=True).stdout")
        == "ok\n"
    )
    assert await look("len(os.urandom(8)), open('/dev/null').read()") == [8, ""]
    assert await look("{'runtimes', 'typing', 'random'} & set(sys.modules) == set()")


async def test_the_environment_variables_are_exactly_those_given_and_those_documented(make):
    environment = make(LOOK)
    await environment.start()
    variables = await environment.invoke("dict(os.environ)")
    expected = DOCUMENTED | {"MINE"}
    if environment.sandbox.isolation is Isolation.PROCESS:
        expected |= {"HOME", "TMPDIR"}
    assert set(variables) == expected
    assert await environment.invoke("open('/proc/self/environ').read()") is not None


async def test_variables_that_aws_lets_one_change_can_be_changed(make):
    changes = {"TZ": "Europe/Berlin", "PYTHONPATH": "/var/task/lib", "LAMBDA_TASK_ROOT": "/mine"}
    environment = make(LOOK, environment_variables={"_HANDLER": "app.handler", **changes})
    await environment.start()
    assert await environment.invoke("os.environ['TZ']") == "Europe/Berlin"
    assert "/var/task/lib" in await environment.invoke("sys.path")
    assert await environment.invoke("os.environ['LAMBDA_TASK_ROOT']") != "/mine"


async def test_two_sandboxes_do_not_see_each_other(make_isolated):
    first, second = make_isolated(LOOK), make_isolated(LOOK)
    await asyncio.gather(first.start(), second.start())
    await first.invoke("pathlib.Path('/tmp/secret').write_text('x')")
    assert await second.invoke("os.path.exists('/tmp/secret')") is False
    namespaces = "[os.readlink(f'/proc/self/ns/{kind}') for kind in ('mnt', 'pid', 'ipc', 'uts')]"
    ours = [os.readlink(f"/proc/self/ns/{kind}") for kind in ("mnt", "pid", "ipc", "uts")]
    rows = [await first.invoke(namespaces), await second.invoke(namespaces), ours]
    assert all(len(set(column)) == 3 for column in zip(*rows, strict=True))


async def test_without_a_root_of_its_own_a_function_has_its_own_directories(make_with):
    maker = make_with(isolation="process")
    environment = maker(LOOK)
    await environment.start()
    assert environment.sandbox.isolation == "process"
    temporary = await environment.invoke("__import__('tempfile').gettempdir()")
    assert Path(temporary).parent.name == environment.spec.environment_id
    assert await environment.invoke("os.getcwd()") == str(environment.spec.code)
    assert await environment.invoke("resource.getrlimit(resource.RLIMIT_NOFILE)") == [1024, 1024]
    assert "NoNewPrivs:\t1" in await environment.invoke("open('/proc/self/status').read()")
    assert await environment.invoke("os.getsid(0) == os.getpid()")
    await environment.sandbox.destroy()
    assert not Path(temporary).exists()


async def test_an_isolation_that_the_machine_refuses_is_a_clear_error(make_with, monkeypatch):
    refused = "namespaces" if os.geteuid() != 0 else "user-namespaces"
    if refused == "user-namespaces":
        monkeypatch.setattr(
            "lambda_magic.environments.fork_server.ForkServer.start", _refuse, raising=True
        )
    environment = make_with(isolation=refused)(LOOK)
    with pytest.raises(OSError, match=f"does not allow the isolation. {refused}: "):
        await environment.sandbox.create()


async def _refuse(*_):
    raise PermissionError("unshare(): Operation not permitted")


def test_the_isolation_can_be_asked_for_before_anything_runs(isolation):
    assert ProcessSandboxFactory(Settings(isolation=isolation)).isolation == isolation
