"""Kernels that die and kernels that share a home: real processes on one store."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lambda_magic.core.arns import Arns
from lambda_magic.store.catalog import Catalog

ARNS = Arns(account_id="123456789012", region_name="us-east-1")

#: Does what it reads, line by line, and acknowledges each line after the write.
KERNEL = """
import sys
from pathlib import Path
from lambda_magic.core.arns import Arns
from lambda_magic.store.catalog import Catalog

catalog = Catalog(Path(sys.argv[1]), Arns(account_id="123456789012", region_name="us-east-1"))
print("ready", flush=True)
for line in sys.stdin:
    verb, name = line.split()
    if verb == "add":
        with catalog.transaction() as changes:
            changes.add_function(name, {})
    elif verb == "begin":
        transaction = catalog.transaction()
        transaction.__enter__().add_function(name, {})
    elif verb == "find":
        print(catalog.find_function(name) is not None, flush=True)
        continue
    elif verb == "many":
        for number in range(300):
            with catalog.transaction() as changes:
                changes.add_function(f"{name}-{number}", {})
    print("done", flush=True)
"""


class Kernel:
    """Another process that has the same home open."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", KERNEL, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.answer() == "ready"

    def ask(self, request: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{request}\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def do(self, request: str) -> str:
        self.ask(request)
        return self.answer()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Kernel]]:
    with ExitStack() as stack:

        def start_kernel() -> Kernel:
            kernel = Kernel(tmp_path)
            stack.callback(kernel.kill)
            return kernel

        yield start_kernel


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path, ARNS)
    yield catalog
    catalog.close()


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, start: Callable[[], Kernel]) -> None:
    kernel = start()
    assert [kernel.do(f"add f{number}") for number in range(20)] == ["done"] * 20
    assert kernel.do("begin never-committed") == "done"
    kernel.kill()

    catalog = Catalog(tmp_path, ARNS)
    assert catalog.functions() == sorted(f"f{number}" for number in range(20))
    catalog.close()


def test_each_kernel_sees_what_the_other_wrote(
    catalog: Catalog, start: Callable[[], Kernel]
) -> None:
    kernel = start()
    assert catalog.find_function("theirs") is None
    assert kernel.do("find ours") == "False"

    assert kernel.do("add theirs") == "done"
    with catalog.transaction() as changes:
        changes.add_function("ours", {})

    assert catalog.find_function("theirs") is not None
    assert kernel.do("find ours") == "True"


def test_two_kernels_may_write_at_the_same_time(
    catalog: Catalog, start: Callable[[], Kernel]
) -> None:
    kernels = [start(), start()]
    for number, kernel in enumerate(kernels):
        kernel.ask(f"many kernel{number}")
    for number in range(300):
        with catalog.transaction() as changes:
            changes.add_function(f"own-{number}", {})

    assert [kernel.answer() for kernel in kernels] == ["done", "done"]
    assert len(catalog.functions()) == 900


def test_many_kernels_may_open_a_new_home_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KERNEL, str(tmp_path)]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]

    answers = [process.communicate(f"add f{n}\n")[0] for n, process in enumerate(processes)]

    assert answers == ["ready\ndone\n"] * 4
