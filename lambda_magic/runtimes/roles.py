"""What every process of ours does about signals and children.

A process plays one role at a time: fork server, init, runtime. Forking returns the child's role
to the outermost frame, which plays it: a runtime's stack has no frames of its ancestors', and
nothing of theirs is kept alive by them.
"""

import os
import signal


def play(role):
    """Play a role, then the one that it returns, until there is none."""
    while role is not None:
        role = role()


class ChildWatch:
    """A descriptor that becomes readable when a child ends, or another of `signals` comes."""

    def __init__(self, *signals):
        self._numbers = (signal.SIGCHLD, *signals)
        self.fd, self._written = os.pipe()
        os.set_blocking(self.fd, False)
        os.set_blocking(self._written, False)
        signal.set_wakeup_fd(self._written, warn_on_full_buffer=False)
        for number in self._numbers:
            signal.signal(number, _note)

    def signals(self):
        """The numbers of the signals that came since the last call."""
        try:
            return os.read(self.fd, 4096)
        except BlockingIOError:
            return b""

    def close(self):
        """Give everything back, as a child must that inherited this."""
        signal.set_wakeup_fd(-1)
        for number in self._numbers:
            signal.signal(number, signal.SIG_DFL)
        os.close(self.fd)
        os.close(self._written)


def _note(number, frame):
    """The number is in the pipe already."""
