"""Signals to all processes of an environment, whatever they are and whoever started them.

Each function is called by init. In a process namespace init is pid 1 and `kill(-1)` reaches
exactly the others. Elsewhere Linux's /proc gives the tree of descendants, of which init is
made the adoptive parent, and the runtime's own session is what other systems offer.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

from . import linux

#: Seconds between two looks at a tree of processes that are being killed.
_PAUSE = 0.001
#: The share of badness that makes Linux choose a function before anything else.
_OUT_OF_MEMORY_SCORE = "500"


def become_ordinary() -> None:
    """Make this fork of init's a process like any other, that ends when init does."""
    os.setsid()
    if sys.platform != "linux":
        return
    linux.die_with_parent(signal.SIGKILL)
    # Unlike init, which is hidden from functions; its own /proc files become its own.
    linux.set_dumpable(True)
    with contextlib.suppress(OSError):
        linux.write_file("/proc/self/oom_score_adj", _OUT_OF_MEMORY_SCORE)


def signal_all(number: int, namespaced: bool, leaders: Iterable[int]) -> None:
    """Send a signal to every process of the environment but init; `leaders` lead their sessions."""
    if namespaced:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, number)
        return
    for leader in leaders:
        with contextlib.suppress(OSError):
            os.killpg(leader, number)
    if sys.platform != "linux":
        return
    # Descendants may start others while we look: repeat until nobody new turns up.
    seen: set[int] = set()
    while new := [pid for pid in descendants(os.getpid()) if pid not in seen]:
        for pid in new:
            seen.add(pid)
            with contextlib.suppress(OSError):
                os.kill(pid, number)


def kill_all(namespaced: bool, leaders: Iterable[int]) -> None:
    """Kill every process of the environment but init, and return when they are gone."""
    # In a namespace all are dead after one signal. A tree may have been looked at while it changed.
    options = 0 if namespaced else os.WNOHANG
    while True:
        signal_all(signal.SIGKILL, namespaced, leaders)
        try:
            # Also orphans: their parents are dead, so they are ours.
            pid, _ = os.waitpid(-1, options)
        except ChildProcessError:
            return
        if pid == 0:
            time.sleep(_PAUSE)


def descendants(pid: int) -> list[int]:
    """The processes that a process started, and those that they started, by Linux's /proc."""
    found: list[int] = []
    unread = [pid]
    while unread:
        parent = unread.pop()
        try:
            # Also children of threads other than the main one.
            for task in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{task}/children") as file:
                    children = [int(word) for word in file.read().split()]
                found += children
                unread += children
        except OSError:
            continue  # It has ended meanwhile.
    return found
