"""A program that is interrupted at any moment, for whatever has to be left whole by that."""

import subprocess
import sys
import textwrap
from collections.abc import Callable

import pytest

_PROGRAM = """
import signal
import sys

{setup}

is_armed = False
interrupts = 0


def interrupt(number, frame):
    if is_armed:
        raise KeyboardInterrupt


signal.signal(signal.SIGALRM, interrupt)
for moment in range(1, 400):
    try:
        is_armed = True
        # Again and again, as it may come within a finalizer, whose exceptions are told only.
        signal.setitimer(signal.ITIMER_REAL, moment * 1e-6, 1e-3)
        try:
            while True:
                {step}
        finally:
            is_armed = False
    except KeyboardInterrupt:
        interrupts += 1
signal.setitimer(signal.ITIMER_REAL, 0)
assert interrupts == 399

{after}
"""


@pytest.fixture
def interrupt() -> Callable[..., str]:
    """Do a step over and over, and interrupt it 399 times; returns what is printed afterwards.

    In a process of its own: what else there is in this one would be interrupted too.
    """

    def run(*arguments: object, setup: str, step: str, after: str) -> str:
        program = _PROGRAM.format(setup=textwrap.dedent(setup), step=step, after=after)
        ended = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0
        return ended.stdout

    return run
