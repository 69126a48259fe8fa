"""A region from outside: what is said and what is left when it has ended."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from lambda_magic.bench.measurements import deploy
from lambda_magic.core.errors import ServiceException
from lambda_magic.core.settings import Settings
from lambda_magic.region import Region
from lambda_magic.source import source_of

PROGRAM = """
import lambda_magic
from lambda_magic.bench.measurements import deploy

function = deploy(lambda_magic.region(), "hello", "def handler(event, context): return event")
print(function.invoke("done").payload)
"""


FORKING = """
import multiprocessing
import lambda_magic
from lambda_magic.bench.measurements import deploy
from lambda_magic.core.errors import LambdaError

function = deploy(lambda_magic.region(), "hello", "def handler(event, context): return event")

def in_child(number):
    try:
        function.invoke(number)
    except LambdaError as error:
        return error.message

with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(in_child, range(2)))
print(function.invoke("parent").payload)
"""


def test_a_forked_child_has_no_region_and_does_not_wait_for_it(tmp_path: Path) -> None:
    environment = os.environ | {"LAMBDA_MAGIC_HOME": str(tmp_path)}

    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKING],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )

    told, last = ended.stdout.splitlines()
    told_once = "A process forked from the kernel has no region: invoke in the kernel itself"
    assert told.count(told_once) == 2
    assert last == "parent"
    assert (ended.returncode, ended.stderr) == (0, "")


def test_once_it_is_closed_everything_says_so(tmp_path: Path) -> None:
    region = Region(Settings(home=tmp_path))
    function = deploy(region, "hello", "def handler(event, context):\n    return 1 / 0\n")
    failed = function.invoke()
    accepted = function.invoke_async()
    region.close()

    for use in (function.stream, function.invoke_async, function.invoke, region.flush):
        with pytest.raises(ServiceException, match=r"^The region is closed$"):
            use()
    with pytest.raises(ServiceException, match="The region is closed: the event stays"):
        accepted.wait()
    with pytest.raises(ClientError, match="The region is closed"):
        region.client().list_functions()
    assert source_of(failed, region) == {}, "its result is shown all the same"


def test_a_program_that_forgets_to_close_ends_cleanly(tmp_path: Path) -> None:
    environment = os.environ | {"LAMBDA_MAGIC_HOME": str(tmp_path)}

    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "done\n", "")
    left = [path for path in Path("/proc").glob("[0-9]*/cmdline") if _mentions(path, tmp_path)]
    assert not left
    # Everything that it wrote has been checkpointed: SQLite's side files are gone.
    assert not list(tmp_path.glob("*-wal"))


def _mentions(path: Path, home: Path) -> bool:
    try:
        return str(home).encode() in path.read_bytes()
    except OSError:
        return False  # It ended while we looked.
