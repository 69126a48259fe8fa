"""Layers from inside: what lies in /opt, and what is found there by name alone."""

import os
import shutil
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lambda_magic.environments.isolation import Isolation

LOOK = """
    import os, subprocess, sys

    def handler(event, context):
        return eval(event)
"""
VERSION = "{}.{}".format(*sys.version_info[:2])
SITE_PACKAGES = f"python/lib/python{VERSION}/site-packages"


@pytest.fixture
def opt(tmp_path: Path) -> Path:
    """The layers of a function, as one directory."""
    root = tmp_path / "layers"
    files = {
        "python/common.py": "PLACE = 'python'",
        "python/both.py": "PLACE = 'python'",
        f"{SITE_PACKAGES}/both.py": "PLACE = 'site-packages'",
        "python/app.py": "raise AssertionError('the function comes first')",
        "python/boto3.py": "PLACE = 'layer'",
        "python/more.pth": "vendored\n",
        "python/vendored/deep.py": "PLACE = 'vendored'",
        "bin/greet": "#!/bin/sh\necho hello from $0\n",
        "data.txt": "some data",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "bin/greet").chmod(0o755)
    (root / "bin/welcome").symlink_to("greet")
    return root


@pytest.fixture
async def look(make, opt):
    """Evaluates an expression in a function with layers."""
    environment = make(LOOK, layers=opt)
    await environment.start()
    return environment.invoke


async def test_opt_is_what_is_in_the_layers(look, isolation, opt):
    where = str(opt) if isolation is Isolation.PROCESS else "/opt"
    assert await look(f"sorted(os.listdir({where!r}))") == ["bin", "data.txt", "python"]
    assert await look(f"open('{where}/data.txt').read()") == "some data"
    assert await look(f"os.readlink('{where}/bin/welcome')") == "greet"
    assert stat.S_IMODE(await look(f"os.stat('{where}/bin/greet').st_mode")) == 0o755


async def test_modules_are_found_in_aws_s_order(look):
    assert await look("__import__('common').PLACE") == "python"
    assert await look("__import__('both').PLACE") == "site-packages"
    assert await look("__import__('deep').PLACE") == "vendored"
    # A layer's own boto3 comes before the runtime's.
    assert await look("__import__('boto3').PLACE") == "layer"


async def test_the_path_is_aws_s(look, isolation, opt):
    root = str(opt) if isolation is Isolation.PROCESS else "/opt"
    task, runtime = await look("[os.environ['LAMBDA_TASK_ROOT'], os.environ['LAMBDA_RUNTIME_DIR']]")
    layers = [f"{root}/{SITE_PACKAGES}", f"{root}/python"]
    assert (await look("sys.path"))[:4] == [task, *layers, runtime]
    assert await look("os.environ['PYTHONPATH']") == runtime


async def test_programs_are_found_by_name(look):
    for name in ("greet", "welcome"):
        said = await look(f"subprocess.check_output(['{name}'], text=True)")
        assert said.startswith("hello from /")
        assert said.endswith(f"/bin/{name}\n")


async def test_it_is_read_only(make_isolated, opt):
    environment = make_isolated(LOOK, layers=opt)
    await environment.start()
    refused = await environment.invoke("open('/opt/new', 'w')")
    assert refused["errorType"] == "OSError"
    assert refused["errorMessage"] == "[Errno 30] Read-only file system: '/opt/new'"
    refused = await environment.invoke("os.unlink('/opt/data.txt')")
    assert "Read-only file system" in refused["errorMessage"]
    assert (opt / "data.txt").exists()


async def test_without_layers_it_is_empty(make_isolated):
    environment = make_isolated(LOOK)
    await environment.start()
    assert await environment.invoke("os.listdir('/opt')") == []


async def test_with_a_pythonpath_of_its_own_a_function_names_layers_itself(make, opt):
    variables = {"_HANDLER": "app.handler", "PYTHONPATH": "/nowhere"}
    environment = make(LOOK, layers=opt, environment_variables=variables)
    await environment.start()
    missing = await environment.invoke("__import__('common')")
    assert missing["errorType"] == "ModuleNotFoundError"


async def test_later_runtimes_find_the_same(make, opt):
    source = LOOK + "    import common"
    environment = make(source, layers=opt)
    await environment.start()
    environment.api.reset()
    await environment.sandbox.reset()
    await environment.start_runtime()
    assert await environment.invoke("sys.modules['common'].PLACE") == "python"


async def test_aws_s_own_client_finds_them_too(make, opt):
    pytest.importorskip("awslambdaric")
    (opt / "python/boto3.py").unlink()
    environment = make(LOOK, layers=opt, runtime_client="awslambdaric")
    await environment.start()
    assert await environment.invoke("__import__('common').PLACE") == "python"
    assert await environment.invoke("__import__('both').PLACE") == "site-packages"


def a_library() -> Path:
    """Some shared library of this machine's."""
    maps = Path("/proc/self/maps").read_text().split()
    return next(Path(word) for word in maps if "/libm.so" in word or "/libm-" in word)


LOAD = """
    import ctypes, os

    def handler(event, context):
        ctypes.CDLL(event)
        with open("/proc/self/maps") as maps:
            return next(line.split()[-1] for line in maps if event in line)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks at how Linux maps libraries")
@pytest.mark.parametrize("where", ["opt/lib", "task/lib", "task"])
async def test_libraries_are_found_by_name(make, tmp_path, where):
    for name in ("opt", "task", where):
        (tmp_path / name).mkdir(exist_ok=True)
    (tmp_path / "task/app.py").write_text(textwrap.dedent(LOAD))
    shutil.copy(a_library(), tmp_path / where / "libmine.so.1")
    environment = make("", code=tmp_path / "task", layers=tmp_path / "opt")
    await environment.start()
    loaded = await environment.invoke("libmine.so.1")
    assert loaded in (
        f"{tmp_path / where}/libmine.so.1",
        f"/{where}/libmine.so.1",
        f"/var/{where}/libmine.so.1",
    )
    await environment.sandbox.reset()
    environment.api.reset()
    await environment.start_runtime()
    assert await environment.invoke("libmine.so.1") == loaded


async def test_variables_that_python_reads_at_its_start_are_heeded(make):
    variables = {"_HANDLER": "app.handler", "PYTHONHASHSEED": "7", "PYTHONOPTIMIZE": "1"}
    environment = make(LOOK, environment_variables=variables)
    await environment.start()
    seed = {**os.environ, "PYTHONHASHSEED": "7"}
    expected = subprocess.check_output([sys.executable, "-c", "print(hash('a'))"], env=seed)
    assert await environment.invoke("hash('a')") == int(expected)
    assert await environment.invoke("sys.flags.optimize") == 1
