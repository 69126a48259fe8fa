"""Init: the first process of an environment, which starts, stops and counts all others.

It obeys the region's messages (see `messages`) and runs no code of the function's.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import select
import signal
import socket
import sys

from . import confinement, linux, messages, processes
from .python import bootstrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from typing import NoReturn

    from .roles import ChildWatch, Role


def main(number: int, isolation: str, watch: ChildWatch, descriptors: list[int]) -> Role | None:
    """Confine this process, then obey; returns the role of the runtime in a forked child."""
    control = socket.socket(fileno=descriptors[0])
    description, environment = _read_lines(control)
    spec = json.loads(description)
    spec |= {"number": number, "isolation": isolation}
    if sys.platform == "linux" and isolation == "process":
        linux.adopt_orphans()
    try:
        confinement.confine(spec)
    except OSError as error:
        control.sendall(f"error {error}\n".encode())
        return None
    if sys.platform == "linux":
        # After the change of user, which would undo it. SIGTERM: there, init must tidy up.
        namespaced = isolation != "process"
        linux.die_with_parent(signal.SIGKILL if namespaced else signal.SIGTERM)
    return Init(control, isolation != "process", watch, environment, descriptors[1:]).serve()


def _read_lines(control: socket.socket) -> list[bytes]:
    """The two lines of JSON: what is for init, and what is for the runtime."""
    received = b""
    while received.count(b"\n") < 2:
        chunk = control.recv(16384)
        if not chunk:
            os._exit(0)
        received += chunk
    return received.splitlines()


class Init:
    """The state of one environment's processes."""

    def __init__(
        self,
        control: socket.socket,
        namespaced: bool,
        watch: ChildWatch,
        environment: bytes,
        descriptors: list[int],
    ) -> None:
        self._control = control
        self._namespaced = namespaced
        self._environment = environment
        self._descriptors = descriptors
        self._runtime: int | None = None
        self._watch = watch

    def serve(self) -> Role | None:
        """Answer messages; returns the role of the runtime in a forked child."""
        self._say("created")
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._watch.fd, select.POLLIN)
        while True:
            for fd, _ in poll.poll():
                if fd == self._watch.fd:
                    if signal.SIGTERM in self._watch.signals():
                        return self._end()
                    self._reap()
                else:
                    # Never two starts in one read: reading stops after a descriptor.
                    commands, descriptors = messages.receive(self._control, 16)
                    if not commands:
                        return self._end()
                    for number in commands:
                        if role := self._obey(bytes([number]), descriptors):
                            return role

    def _obey(self, command: bytes, descriptors: list[int]) -> Role | None:
        if command == messages.START:
            return self._start_runtime(descriptors)
        if command == messages.FREEZE:
            self._signal_all(signal.SIGSTOP)
        elif command == messages.THAW:
            self._signal_all(signal.SIGCONT)
        elif command == messages.TERMINATE:
            if self._runtime is not None:
                os.kill(self._runtime, signal.SIGTERM)
                os.kill(self._runtime, signal.SIGCONT)
        elif command == messages.KILL_ALL:
            self._signal_all(signal.SIGKILL)
        elif command == messages.RESET:
            self._kill_all()
            self._say("reset")
        return None

    def _start_runtime(self, descriptors: list[int]) -> Role | None:
        child = os.fork()
        if child == 0:
            self._watch.end()
            self._control.close()
            connection = descriptors[0] if descriptors else None
            return functools.partial(
                bootstrap.become_runtime, self._environment, self._descriptors, connection
            )
        self._runtime = child
        for fd in descriptors:
            os.close(fd)
        self._tell_started(child)
        return None

    def _tell_started(self, child: int) -> None:
        line = f"started {child}\n".encode()
        opened: list[int] = []
        # The child is not waited for yet, so these can be no other process's.
        with contextlib.suppress(OSError):
            opened.append(os.open(f"/proc/{child}/status", os.O_RDONLY))
            opened.append(os.open("/proc", os.O_RDONLY | os.O_DIRECTORY))
        with contextlib.suppress(OSError):
            # Where the region has gone, the next read tells.
            if opened:
                socket.send_fds(self._control, [line], opened)
            else:
                self._control.sendall(line)
        for fd in opened:
            os.close(fd)

    def _reap(self) -> None:
        while True:
            try:
                child, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if child == 0:
                return
            if child == self._runtime:
                self._runtime = None
                self._say(f"exited {os.waitstatus_to_exitcode(status)} {usage.ru_maxrss}")

    def _signal_all(self, number: int) -> None:
        processes.signal_all(number, self._namespaced, self._runtime)

    def _kill_all(self) -> None:
        processes.kill_all(self._namespaced, self._runtime)
        self._runtime = None

    def _end(self) -> NoReturn:
        self._kill_all()
        # Nothing to finalise, and nothing of a function's may run here.
        os._exit(0)

    def _say(self, line: str) -> None:
        try:
            self._control.sendall(f"{line}\n".encode())
        except OSError:
            # The region has gone; the next read tells.
            return
