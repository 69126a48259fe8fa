"""What every process of ours does about signals and children.

A process plays one role at a time: fork server, init, runtime. Forking returns the child's role
to the outermost frame, which plays it: a runtime's stack has no frames of its ancestors', and
nothing of theirs is kept alive by them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from typing import Any

    #: Returns the role to play next, or None.
    Role = Callable[[], Any]


def play(role: Role | None) -> None:
    """Play a role, then the one that it returns, until there is none."""
    while role is not None:
        role = role()


class ChildWatch:
    """A descriptor that becomes readable when a child ends, or another of `signals` comes."""

    def __init__(self, *signals: int) -> None:
        self._numbers = (signal.SIGCHLD, *signals)
        for number in self._numbers:
            signal.signal(number, _note)
        self._open()

    def _open(self) -> None:
        self.fd, self._written = os.pipe()
        os.set_blocking(self.fd, False)
        os.set_blocking(self._written, False)
        signal.set_wakeup_fd(self._written, warn_on_full_buffer=False)

    def signals(self) -> bytes:
        """The numbers of the signals that came since the last call."""
        try:
            return os.read(self.fd, 4096)
        except BlockingIOError:
            return b""

    def renew(self) -> None:
        """Make it this process's own, in a child that is to go on watching."""
        self._close()
        self._open()

    def end(self) -> None:
        """Handle signals as usual again, in a child that is to watch nothing."""
        signal.set_wakeup_fd(-1)
        self._close()
        for number in self._numbers:
            signal.signal(number, signal.SIG_DFL)

    def _close(self) -> None:
        os.close(self.fd)
        os.close(self._written)


def _note(number: int, frame: FrameType | None) -> None:
    """The number is in the pipe already."""
