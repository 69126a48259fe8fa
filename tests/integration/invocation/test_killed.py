"""A process that is killed in the middle of 500 events loses none of them."""

import asyncio
import math
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.environments.fake_sandbox import FakeSandboxFactory
from lambda_magic.function import Function
from lambda_magic.invocation.asynchronous import AsynchronousInvoker
from lambda_magic.region import Region

EVENTS = 500

#: Accepts events one by one and says which; runs them meanwhile, and says which it has run.
VICTIM = """
import sys
from pathlib import Path
from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.environments.fake_sandbox import FakeSandboxFactory
from lambda_magic.function import Function
from lambda_magic.region import Region

def say(what, number):
    # One write a line: it is out before the process can be killed, or not at all.
    sys.stdout.write(f"{what} {number}\\n")
    sys.stdout.flush()

def handler(event):
    say("ran", event)
    if event % 10 == 9:
        raise KeyError("to be retried")

home, count = Path(sys.argv[1]), int(sys.argv[2])
region = Region(Settings(home=home), factory=FakeSandboxFactory(handler))
region.client().create_function(
    FunctionName="hello", Runtime="python3.12", Role="arn:aws:iam::123456789012:role/lambda",
    Handler="index.handler", Code={"ZipFile": build_zip({"index.py": b""})},
)
region.client().get_waiter("function_active_v2").wait(FunctionName="hello")
hello = Function(region, "hello")
for number in range(count):
    hello.invoke_async(number)
    say("accepted", number)
sys.stdin.read()
"""


def killed_after(home: Path, word: str, number: int) -> tuple[set[int], list[int]]:
    """Kill the process when it has said so many times `word`; what was accepted, what has run."""
    accepted, ran = set(), []
    process = subprocess.Popen(
        [sys.executable, "-c", VICTIM, home, str(EVENTS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            what, said = line.split()
            if what == "accepted":
                accepted.add(int(said))
            else:
                ran.append(int(said))
            if (len(accepted) if word == "accepted" else len(ran)) == number:
                process.send_signal(signal.SIGKILL)
        # What it said between our decision and its death was read as well.
    assert process.returncode == -signal.SIGKILL
    return accepted, ran


@pytest.mark.parametrize(
    ("word", "number"),
    [("accepted", 1), ("accepted", 250), ("ran", 1), ("ran", 250), ("accepted", EVENTS)],
)
def test_no_event_is_lost(tmp_path: Path, word: str, number: int) -> None:
    accepted, ran = killed_after(tmp_path, word, number)
    run_again: list[int] = []

    region = Region(Settings(home=tmp_path), factory=FakeSandboxFactory(run_again.append))
    region.call(drain(region))
    region.close()

    assert accepted <= set(ran) | set(run_again)
    # Those that had failed are retried, each of them.
    failed = {number for number in accepted if number % 10 == 9}
    assert failed <= set(run_again)
    # Of those that had not, at most what was on its way at that moment has run twice.
    assert len((set(ran) & set(run_again)) - failed) <= 100
    assert queued(tmp_path) == 0


async def drain(region: Region) -> None:
    """Let everything run that was left behind, the retries in no time."""
    region.clock.speed = math.inf
    await region.asynchronous.settle()
    while pending := region.asynchronous.pending():
        await asyncio.gather(*pending)


def queued(home: Path) -> int:
    connection = sqlite3.connect(home / "us-east-1.queue.sqlite")
    (count,) = connection.execute("SELECT count(*) FROM events").fetchone()
    connection.close()
    return int(count)


def hello_in(region: Region) -> Function:
    region.client().create_function(
        FunctionName="hello",
        Runtime="python3.12",
        Role="arn:aws:iam::123456789012:role/lambda",
        Handler="index.handler",
        Code={"ZipFile": build_zip({"index.py": b""})},
    )
    region.client().get_waiter("function_active_v2").wait(FunctionName="hello")
    return Function(region, "hello")


def test_two_processes_on_one_home_run_each_event_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AsynchronousInvoker, "ADOPTION_INTERVAL", 0.01)
    ran: list[list[int]] = [[], []]
    first, second = (
        Region(Settings(home=tmp_path), factory=FakeSandboxFactory(some.append)) for some in ran
    )
    functions = [hello_in(first), Function(second, "hello")]

    accepted = [functions[number % 2].invoke_async(number) for number in range(200)]
    for each in accepted:
        each.wait(30)
    first.close()
    second.close()

    assert sorted(ran[0]) == list(range(0, 200, 2))
    assert sorted(ran[1]) == list(range(1, 200, 2))


def test_a_living_process_takes_over_from_one_that_was_killed(tmp_path: Path) -> None:
    run_again: list[int] = []
    region = Region(Settings(home=tmp_path), factory=FakeSandboxFactory(run_again.append))
    accepted, ran = killed_after(tmp_path, "accepted", 100)

    # As it does every few seconds.
    region.call(look_again(region))
    region.call(drain(region))
    region.close()

    assert accepted <= set(ran) | set(run_again)
    assert queued(tmp_path) == 0


async def look_again(region: Region) -> None:
    region.asynchronous.start()
