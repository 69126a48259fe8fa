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

from . import confinement, linux, messages, processes, programs
from .python import bootstrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from typing import NoReturn

    from .roles import ChildWatch, Role


#: What is sent to all processes, and what to the runtime only.
_SIGNALS = {
    messages.FREEZE: signal.SIGSTOP,
    messages.THAW: signal.SIGCONT,
    messages.KILL_ALL: signal.SIGKILL,
}
_RUNTIME_SIGNALS = {
    messages.TERMINATE: (signal.SIGTERM, signal.SIGCONT),
    messages.KILL_RUNTIME: (signal.SIGKILL,),
}


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
        #: The numbers of programs that run, by process id; also the runtime's.
        self._programs: dict[int, int] = {}
        self._is_complete = False
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
        self._set_runtime(child)
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
        if command == messages.EXECUTE:
            self._execute(descriptors)
        elif command in _SIGNALS:
            processes.signal_all(_SIGNALS[command], self._namespaced, self._programs)
        elif command in _RUNTIME_SIGNALS:
            if self._runtime is not None:
                for number in _RUNTIME_SIGNALS[command]:
                    os.kill(self._runtime, number)
        elif command == messages.SOCKET:
            self._make_socket()
        elif command == messages.RESET:
            self._kill_all()
            self._say("reset")
        return None

    def _start_runtime(self, descriptors: list[int]) -> Role | None:
        if self._waiting is not None and self._runtime is not None:
            with contextlib.suppress(OSError):
                # If it is ending, that is told as of any other.
                messages.send(self._waiting, messages.START, descriptors)
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
            self._set_runtime(child)
        for fd in descriptors:
            os.close(fd)
        self._tell_started(f"started {child}", child)
        self._complete()
        return None

    def _execute(self, descriptors: list[int]) -> None:
        """Start a program, as the runtime or beside it."""
        # First, so that it inherits the confinement.
        self._renounce()
        description = programs.read_description(descriptors[0])
        number = description["number"]
        frames, raw, *control_groups = self._descriptors
        output: tuple[int, int | None] = (raw, frames)
        if number == messages.RUNTIME:
            self._dismiss()
        else:
            output = (descriptors[1], None)
        child, refused = programs.execute(description, *output, control_groups, self._watch)
        for fd in descriptors[1:]:
            os.close(fd)
        line = f"executed:{number} {refused} {child}"
        if refused:
            self._say(line)
        elif number == messages.RUNTIME:
            self._set_runtime(child)
            self._tell_started(line, child)
        else:
            self._programs[child] = number
            self._say(line)

    def _make_socket(self) -> None:
        """Hand over a socket, which whoever has it connects within this network."""
        made = socket.socket(socket.AF_INET)
        with contextlib.suppress(OSError):
            # Where the region has gone, the next read tells.
            messages.send(self._control, b"socket\n", [made.fileno()])
        made.close()

    def _set_runtime(self, child: int) -> None:
        self._runtime = child
        self._programs[child] = messages.RUNTIME

    def _dismiss(self) -> None:
        """Let the runtime that waits end: another is executed in its place."""
        if self._waiting is not None:
            self._waiting.close()
            self._waiting = None
            if self._runtime is not None:
                del self._programs[self._runtime]
                self._runtime = None

    def _complete(self) -> None:
        """Nobody waits any longer: become as unprivileged as the runtime is."""
        if self._waiting is not None:
            self._waiting.close()
            self._waiting = None
        self._renounce()

    def _renounce(self) -> None:
        """The place is complete: become as unprivileged as the runtime is."""
        if self._is_complete:
            return
        self._is_complete = True
        try:
            confinement.renounce(self._isolation, self._number)
        except OSError as error:
            self._say(f"error {error}")
            self._end()
        # The change of user has undone it.
        _die_with_parent(self._isolation)

    def _tell_started(self, answer: str, child: int) -> None:
        line = f"{answer}\n".encode()
        opened: list[int] = []
        # The child is not waited for yet, so these can be no other process's.
        with contextlib.suppress(OSError):
            opened.append(os.open(f"/proc/{child}/status", os.O_RDONLY))
            opened.append(os.open("/proc", os.O_RDONLY | os.O_DIRECTORY))
        with contextlib.suppress(OSError):
            # Where the region has gone, the next read tells.
            if opened:
                messages.send(self._control, line, opened)
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
            number = self._programs.pop(child, None)
            if number is not None:
                if child == self._runtime:
                    self._runtime = None
                self._say(f"exited {number} {_exit_code(status)} {usage.ru_maxrss}")

    def _kill_all(self) -> None:
        processes.kill_all(self._namespaced, self._programs)
        self._runtime = None
        self._programs.clear()
        self._complete()

    def _end(self) -> NoReturn:
        processes.kill_all(self._namespaced, self._programs)
        # Nothing to finalise, and nothing of a function's may run here.
        os._exit(0)

    def _say(self, line: str) -> None:
        try:
            self._control.sendall(f"{line}\n".encode())
        except OSError:
            # The region has gone; the next read tells.
            return


def _exit_code(status: int) -> int:
    """As a program's end is told; `os.waitstatus_to_exitcode`, which Python 3.8 lacks."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
