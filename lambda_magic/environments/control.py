"""Our end of a control socket: lines in, bytes and descriptors out."""

import asyncio
import os
import socket
from collections.abc import Callable, Sequence

from lambda_magic.runtimes import messages

_CHUNK = 65536


class ControlSocket:
    """One end of a socket pair, read on the loop.

    `on_line` gets each line that comes in, with the descriptors that came along; they are its to
    close. `on_end` is called once, when the other end has gone; not after `close`.
    """

    def __init__(
        self, on_line: Callable[[str, list[int]], None], on_end: Callable[[], None]
    ) -> None:
        self._on_line = on_line
        self._on_end = on_end
        self._received = b""
        self._descriptors: list[int] = []
        self._socket, self._other = socket.socketpair()
        self._socket.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.fileno(), self._read)

    @property
    def other_fd(self) -> int:
        """The other end, for another process to inherit or be sent."""
        return self._other.fileno()

    def close_other(self) -> None:
        """The other process has it now."""
        self._other.close()

    def send(self, message: bytes, descriptors: Sequence[int] = ()) -> None:
        """Send at once.

        Raises `OSError` if the other end has gone, or has so much unread that it must hang.
        """
        sent = socket.send_fds(self._socket, [message], descriptors)
        if sent < len(message):
            raise BlockingIOError("The other process does not read its messages")

    def close(self) -> None:
        """Stop reading, and let the other end know."""
        self._other.close()
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
        while self._descriptors:
            os.close(self._descriptors.pop())

    def _read(self) -> None:
        try:
            chunk, descriptors = messages.receive(self._socket, _CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        self._descriptors += descriptors
        if not chunk:
            self.close()
            self._on_end()
            return
        *lines, self._received = (self._received + chunk).split(b"\n")
        for line in lines:
            # Descriptors come with the last line of what is read in one go.
            attached: list[int] = []
            if line is lines[-1]:
                attached, self._descriptors = self._descriptors, []
            self._on_line(line.decode(), attached)
