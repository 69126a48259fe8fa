"""How one thread wakes another that waits.

A pipe, because of how Linux wakes who reads one: the writer is taken to be about to wait itself,
so the reader takes over its CPU. Locks and event descriptors promise no such thing; their waiter is
woken on another CPU, which has to leave its sleep first. That costs more than all the rest.
"""

import errno
import os


class Bell:
    """Rung by any thread, heard by one."""

    __slots__ = ("_writing", "fd")

    def __init__(self) -> None:
        # So that there is something to close where a process may have no more descriptors.
        self.fd = self._writing = -1
        #: Readable while the bell has been rung and not heard.
        self.fd, self._writing = os.pipe()

    def __del__(self) -> None:
        self.close()

    def ring(self) -> None:
        """Wake who hears, or is going to. A bell that has been closed makes no sound."""
        try:
            os.write(self._writing, b"\0")
        except OSError as error:
            # Anything else comes from the handler of a signal.
            if error.errno not in (errno.EBADF, errno.EPIPE):
                raise

    def hear(self) -> None:
        """Wait until it has been rung. Signals are handled meanwhile, and may raise."""
        os.read(self.fd, 1)

    def close(self) -> None:
        """Give the descriptors back; nobody may hear from now on."""
        if self.fd >= 0:
            os.close(self.fd)
            os.close(self._writing)
            self.fd = self._writing = -1
