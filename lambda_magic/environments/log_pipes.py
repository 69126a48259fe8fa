"""What a sandbox's processes write, cut into messages.

Two pipes bring it: one with AWS's framed records, one message each; one with plain output of
programs that know nothing of records, a message a line.
"""

import array
import asyncio
import contextlib
import fcntl
import os
import struct
import termios
import time
from collections.abc import Callable
from typing import Protocol

#: Takes a message and its time, in seconds since the epoch.
Receiver = Callable[[str, float], None]

#: The most that CloudWatch Logs takes as one event. A longer message becomes several.
MAX_MESSAGE = 256 * 1024
_HEADER = struct.Struct(">IIQ")
_FRAME_TYPES = range(0xA55A0000, 0xA55A0100)
_CHUNK = 256 * 1024


class Splitter(Protocol):
    """Makes messages of bytes, holding no more than one message back."""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes; give the receiver what they complete."""

    def pause(self) -> None:
        """All that is written so far has been fed: give the receiver what can stand alone."""

    def finish(self) -> None:
        """All writers have ended: give the receiver whatever is left."""


class FrameSplitter:
    """Splits AWS's frames: type, length, microseconds, and the message."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._buffer = bytearray()
        #: Of the frame whose header has been read.
        self._missing = 0
        self._time = 0.0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes; give the receiver what they complete."""
        self._buffer += chunk
        while self._missing or self._read_header():
            size = min(self._missing, MAX_MESSAGE)
            if len(self._buffer) < size:
                return
            if size < self._missing:
                size = _character_boundary(self._buffer, size)
            self._send(size)
            self._missing -= size

    def pause(self) -> None:
        """A frame is never shown before it is complete: its writer may be a thread that goes on."""

    def finish(self) -> None:
        """Show the beginning of a frame whose writer has ended."""
        if self._buffer:
            self._send(len(self._buffer))
        self._missing = 0

    def _read_header(self) -> bool:
        while len(self._buffer) >= _HEADER.size:
            kind, length, microseconds = _HEADER.unpack_from(self._buffer)
            self._time = microseconds / 1e6
            if kind not in _FRAME_TYPES:
                # Something else has written here. It can only be shown as it is.
                self._time = time.time()
                self._send(len(self._buffer))
                return False
            del self._buffer[: _HEADER.size]
            if length:
                self._missing = length
                return True
            self._receiver("", self._time)
        return False

    def _send(self, size: int) -> None:
        _send(self._receiver, self._buffer[:size], self._time)
        del self._buffer[:size]


class LineSplitter:
    """Splits plain output at the ends of lines."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes; give the receiver what they complete."""
        now = time.time()
        *lines, rest = chunk.split(b"\n")
        if lines:
            lines[0] = bytes(self._buffer) + lines[0]
            self._buffer.clear()
        for line in lines:
            _send(self._receiver, line, now)
        self._buffer += rest
        while len(self._buffer) > MAX_MESSAGE:
            size = _character_boundary(self._buffer, MAX_MESSAGE)
            _send(self._receiver, self._buffer[:size], now)
            del self._buffer[:size]

    def pause(self) -> None:
        """Show a line that has not ended yet."""
        if self._buffer:
            _send(self._receiver, self._buffer, time.time())
            self._buffer.clear()

    finish = pause


class LogPipe:
    """The reading end of a pipe, read continuously so that no writer ever waits for long."""

    def __init__(self, splitter: Splitter, fd: int) -> None:
        self._splitter = splitter
        self._fd = fd
        os.set_blocking(self._fd, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._read)

    def drain(self) -> None:
        """Read what is in the pipe now, and no more: somebody may be writing all the time."""
        waiting = array.array("i", [0])
        fcntl.ioctl(self._fd, termios.FIONREAD, waiting)
        left = waiting[0]
        while left > 0 and (count := self._read()):
            left -= count
        self._splitter.pause()

    def finish(self) -> None:
        """Read what is left of writers that have ended; others may follow, or go on."""
        self.drain()
        self._splitter.finish()

    def close(self) -> None:
        """Read the rest and give the descriptor back."""
        if self._fd < 0:
            return
        self.finish()
        self._loop.remove_reader(self._fd)
        os.close(self._fd)
        self._fd = -1

    def _read(self) -> int:
        with contextlib.suppress(BlockingIOError):
            chunk = os.read(self._fd, _CHUNK)
            if not chunk:
                # Every writer has ended; the event would come for ever.
                self._loop.remove_reader(self._fd)
            self._splitter.feed(chunk)
            return len(chunk)
        return 0


def _send(receiver: Receiver, message: bytes | bytearray, when: float) -> None:
    text = message.decode("utf-8", "replace")
    # One newline, which ends the last line; what a `print` ends with is not part of its message.
    receiver(text.removesuffix("\n"), when)


def _character_boundary(text: bytearray, size: int) -> int:
    """The largest number of bytes, up to `size`, that does not cut a UTF-8 character."""
    for back in range(min(size - 1, 3) + 1):
        if text[size - back] & 0xC0 != 0x80:
            return size - back
    return size
