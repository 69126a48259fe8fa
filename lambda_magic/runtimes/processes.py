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

#: Seconds between two looks at a tree of processes that are being killed.
_PAUSE = 0.001


def signal_all(number: int, namespaced: bool, runtime: int | None) -> None:
    """Send a signal to every process of the environment but init; `runtime` is a pid or None."""
    if namespaced:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, number)
        return
    if runtime is not None:
        with contextlib.suppress(OSError):
            os.killpg(runtime, number)
    if sys.platform != "linux":
        return
    # Descendants may start others while we look: repeat until nobody new turns up.
    seen: set[int] = set()
    while new := [pid for pid in descendants(os.getpid()) if pid not in seen]:
        for pid in new:
            seen.add(pid)
            with contextlib.suppress(OSError):
                os.kill(pid, number)


def kill_all(namespaced: bool, runtime: int | None) -> None:
    """Kill every process of the environment but init, and return when they are gone."""
    # In a namespace all are dead after one signal. A tree may have been looked at while it changed.
    options = 0 if namespaced else os.WNOHANG
    while True:
        signal_all(signal.SIGKILL, namespaced, runtime)
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
