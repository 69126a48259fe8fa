"""Init: the first process of an environment, which starts, stops and counts all others.

It obeys the region's messages (see `messages`) and runs no code of the function's. The first
runtime is forked before it is known for which function: it prepares itself, and waits, while init
makes the place for it. So both can be made ahead, and at any rate work side by side.
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
    """Make a place, then obey; returns the role of the runtime in a forked child."""
    control = socket.socket(fileno=descriptors[0])
    init = Init(control, number, isolation, watch, descriptors[1:])
    _die_with_parent(isolation)
    try:
        confinement.separate(isolation)
    except OSError as error:
        control.sendall(f"error {error}\n".encode())
        return None
    return init.serve()


def _stand_by(
    number: int, isolation: str, descriptors: list[int], orders: socket.socket, is_ahead: bool
) -> None:
    """The role of the first runtime."""
    _confine_runtime(number, isolation, descriptors[2:])
    bootstrap.stand_by(orders, descriptors[:2], is_ahead)


def _become_runtime(
    number: int, isolation: str, descriptors: list[int], environment: bytes, connection: int | None
) -> None:
    """The role of every later runtime."""
    _confine_runtime(number, isolation, descriptors[2:])
    bootstrap.become_runtime(environment, descriptors[:2], connection)


def _confine_runtime(number: int, isolation: str, control_groups: list[int]) -> None:
    for fd in control_groups:
        # Now, so that all that the function uses is counted.
        os.write(fd, b"0")
        os.close(fd)
    confinement.renounce(isolation, number)


def _die_with_parent(isolation: str) -> None:
    if sys.platform == "linux":
        # SIGTERM: there, init must tidy up.
        linux.die_with_parent(signal.SIGTERM if isolation == "process" else signal.SIGKILL)


class Init:
    """The state of one environment's processes."""

    def __init__(
        self,
        control: socket.socket,
        number: int,
        isolation: str,
        watch: ChildWatch,
        descriptors: list[int],
    ) -> None:
        self._control = control
        self._number = number
        self._isolation = isolation
        self._namespaced = isolation != "process"
        self._environment = b""
        self._descriptors = descriptors
        self._runtime: int | None = None
        #: To the runtime that waits for its orders.
        self._waiting: socket.socket | None = None
        self._watch = watch

    def serve(self) -> Role | None:
        """Answer messages; returns the role of the runtime in a forked child."""
        if role := self._prepare_runtime():
            return role
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._watch.fd, select.POLLIN)
        read = self._furnish
        while True:
            for fd, _ in poll.poll():
                if fd == self._watch.fd:
                    if signal.SIGTERM in self._watch.signals():
                        return self._end()
                    self._reap()
                    continue
                # Never two starts in one read: reading stops after a descriptor.
                commands, descriptors = read()
                read = self._read
                for number in commands:
                    if role := self._obey(bytes([number]), descriptors):
                        return role

    def _prepare_runtime(self) -> Role | None:
        """Fork the first runtime, which will wait."""
        is_ahead = not select.select([self._control], [], [], 0)[0]
        orders, self._waiting = socket.socketpair()
        child = os.fork()
        if child == 0:
            self._waiting.close()
            self._watch.end()
            self._control.close()
            return functools.partial(
                _stand_by, self._number, self._isolation, self._descriptors, orders, is_ahead
            )
        orders.close()
        self._runtime = child
        if is_ahead:
            confinement.rehearse(self._isolation)
        return None

    def _read(self) -> tuple[bytes, list[int]]:
        commands, descriptors = messages.receive(self._control, 16)
        if not commands:
            self._end()
        return commands, descriptors

    def _furnish(self) -> tuple[bytes, list[int]]:
        """Learn what function this is for and make the place its own; returns what comes next."""
        lines, commands, descriptors = messages.receive_lines(self._control, 2)
        if not lines:
            self._end()
        description, self._environment = lines
        assert self._waiting is not None
        try:
            self._waiting.sendall(self._environment + b"\n")
            confinement.furnish(self._isolation, json.loads(description))
        except OSError as error:
            self._say(f"error {error}")
            self._end()
        self._say("created")
        return commands, descriptors

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
        if self._waiting is not None and self._runtime is not None:
            with contextlib.suppress(OSError):
                # If it is ending, that is told as of any other.
                socket.send_fds(self._waiting, [messages.START], descriptors)
            child = self._runtime
        else:
            child = os.fork()
            if child == 0:
                self._watch.end()
                self._control.close()
                connection = descriptors[0] if descriptors else None
                return functools.partial(
                    _become_runtime,
                    self._number,
                    self._isolation,
                    self._descriptors,
                    self._environment,
                    connection,
                )
            self._runtime = child
        for fd in descriptors:
            os.close(fd)
        self._tell_started(child)
        self._renounce()
        return None

    def _renounce(self) -> None:
        """The place is complete: become as unprivileged as the runtime is."""
        if self._waiting is None:
            return
        self._waiting.close()
        self._waiting = None
        try:
            confinement.renounce(self._isolation, self._number)
        except OSError as error:
            self._say(f"error {error}")
            self._end()
        # The change of user has undone it.
        _die_with_parent(self._isolation)

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
        self._renounce()

    def _end(self) -> NoReturn:
        processes.kill_all(self._namespaced, self._runtime)
        # Nothing to finalise, and nothing of a function's may run here.
        os._exit(0)

    def _say(self, line: str) -> None:
        try:
            self._control.sendall(f"{line}\n".encode())
        except OSError:
            # The region has gone; the next read tells.
            return
