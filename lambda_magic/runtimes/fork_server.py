"""The fork server: a small process that forks one init process per environment.

It has loaded, once, what an environment's processes need, and nothing more: an import made here
would hide what it costs the function that makes it. It runs no code of a function's.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import select
import signal
import socket
import sys

from . import confinement, holes, init, linux, messages, roles
from .private_root import HOST
from .python import bootstrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from typing import Any

    from .roles import Role


def main(configuration_text: str) -> None:
    """Serve until the control socket closes, then end with all that was forked."""
    configuration = json.loads(configuration_text)
    # Functions shall find neither this package nor a trace of how it was started.
    sys.path.pop(0)
    sys.argv = [""]
    # As the first process of a namespace, init is then deaf to what a function sends it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    bootstrap.prepare_interpreter()
    if configuration["isolation"] == "process" and sys.platform == "linux":
        linux.die_with_parent(signal.SIGTERM)
    roles.play(ForkServer(configuration).serve)


class ForkServer:
    """One per interpreter and region."""

    def __init__(self, configuration: dict[str, Any]) -> None:
        self._isolation = configuration["isolation"]
        self._control = socket.socket(fileno=configuration["control_fd"])
        self._namespaced = self._isolation != "process"
        if self._namespaced:
            self._own_namespace = os.open(f"{HOST}/proc/self/ns/pid", os.O_RDONLY)
        #: The numbers of environments, by the process id of init.
        self._children: dict[int, int] = {}
        # Only where our end alone does not end all: in a namespace init is better deaf to a signal
        # that nobody but the function would send.
        self._watch = roles.ChildWatch(*([] if self._namespaced else [signal.SIGTERM]))

    def serve(self) -> Role | None:
        """Answer messages; returns the role of init in a forked child."""
        confinement.prepare(self._isolation)
        if reason := self._try_once():
            self._say(f"error {reason}")
            return None
        gc.disable()
        gc.collect()
        holes.fill()
        # What exists now lives as long as the process: never looked at again, its pages stay
        # shared with all children.
        gc.freeze()
        self._say("ready")
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._watch.fd, select.POLLIN)
        while True:
            for fd, _ in poll.poll():
                if fd == self._watch.fd:
                    if signal.SIGTERM in self._watch.signals():
                        self._end()
                        return None
                    self._reap()
                else:
                    request, descriptors = messages.receive(self._control, messages.REQUEST.size)
                    if len(request) < messages.REQUEST.size:
                        self._end()
                        return None
                    operation, number = messages.REQUEST.unpack(request)
                    if operation == messages.KILL:
                        self._kill(number)
                    elif role := self._fork(number, descriptors):
                        return role

    def _fork(self, number: int, descriptors: list[int]) -> Role | None:
        """In the child, return its role. The parent remembers the child."""
        child = self._fork_into_namespace()
        if child:
            self._children[child] = number
            for fd in descriptors:
                os.close(fd)
            return None
        self._forget()
        self._watch.renew()
        return functools.partial(init.main, number, self._isolation, self._watch, descriptors)

    def _fork_into_namespace(self) -> int:
        """fork(), the child being the first process of a new process namespace."""
        if not self._namespaced:
            return os.fork()
        linux.unshare(linux.CLONE_NEWPID)
        child = os.fork()
        if child:
            # Next time another one is made beside it, not within it.
            linux.setns(self._own_namespace, linux.CLONE_NEWPID)
        return child

    def _forget(self) -> None:
        """Close, in a child, what is the fork server's own."""
        self._control.close()
        if self._namespaced:
            os.close(self._own_namespace)
        self._children.clear()

    def _kill(self, number: int) -> None:
        for child, owner in self._children.items():
            if owner == number:
                # Not yet waited for, so the id is still its own.
                os.kill(child, signal.SIGKILL)

    def _reap(self) -> None:
        while self._children:
            child, _ = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                return
            number = self._children.pop(child, None)
            if number is not None:
                self._say(f"exited {number}")

    def _end(self) -> None:
        """End all environments. In namespaces our own end does that; elsewhere init must."""
        for child in list(self._children):
            os.kill(child, signal.SIGKILL if self._namespaced else signal.SIGTERM)
        for child in list(self._children):
            os.waitpid(child, 0)

    def _try_once(self) -> str:
        """Confine a child that does nothing else; returns why that is impossible, or nothing."""
        reading, writing = os.pipe()
        try:
            child = self._fork_into_namespace()
        except OSError as error:
            return str(error)
        if child == 0:
            try:
                spec = {"code": "/", "layers": None, "resolv_conf": None, "address": None}
                confinement.separate(self._isolation)
                confinement.furnish(self._isolation, {**spec, "ephemeral_storage_mb": 1})
                confinement.renounce(self._isolation, 0)
            except OSError as error:
                os.write(writing, str(error).encode())
            finally:
                os._exit(0)
        os.close(writing)
        with open(reading, "rb") as file:
            reason = file.read().decode()
        os.waitpid(child, 0)
        return reason

    def _say(self, line: str) -> None:
        try:
            self._control.sendall(f"{line}\n".encode())
        except OSError:
            # Nobody is left to hear it; the next read tells.
            return
