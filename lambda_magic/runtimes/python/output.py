"""Where a function's output goes: framed records, each one message however many lines it has.

A record is what one `print` or one traceback wrote. Text is held back until that is complete,
for each thread by itself, and at the latest until the invocation ends.
"""

from __future__ import annotations

import io
import os
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from typing import Any

#: The header of AWS's frames: a type, which tells format and level, length, microseconds.
TEXT_FRAME = 0xA55A0003
_TRACEBACK = "Traceback (most recent call last):\n"
_CHAINED = (
    "\nDuring handling of the above exception, another exception occurred:\n\n",
    "\nThe above exception was the direct cause of the following exception:\n\n",
)


class LogSink:
    """Writes framed records to the pipe `fd`."""

    def __init__(self, fd: int = -1) -> None:
        self.fd = fd
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._renew_lock)

    def log(self, message: str, frame_type: int = TEXT_FRAME) -> None:
        """Write one record."""
        encoded = message.encode("utf-8", "backslashreplace")
        frame = b"".join(
            (
                frame_type.to_bytes(4, "big"),
                len(encoded).to_bytes(4, "big"),
                (time.time_ns() // 1000).to_bytes(8, "big"),
                encoded,
            )
        )
        with self._lock:
            written = os.write(self.fd, frame)
            while written < len(frame):  # A signal came between.
                frame = frame[written:]
                written = os.write(self.fd, frame)

    def _renew_lock(self) -> None:
        # Another thread of the parent may have held it.
        self._lock = threading.Lock()


class PlainSink(LogSink):
    """Writes records as lines, to the standard output, where there is no pipe for frames."""

    def log(self, message: str, frame_type: int = TEXT_FRAME) -> None:
        """Write one record."""
        line = message if message.endswith("\n") else f"{message}\n"
        os.write(1, line.encode("utf-8", "backslashreplace"))


class RecordStream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr`."""

    encoding = "utf-8"
    errors = "backslashreplace"
    line_buffering = True
    mode = "w"

    def __init__(self, sink: LogSink, original: Any) -> None:
        self._sink = sink
        self._original = original
        #: Text of records that are not complete, by thread.
        self.holds: dict[int, str] = {}
        self.name = original.name

    @property
    def buffer(self) -> Any:
        """The stream of bytes below, which knows no records."""
        return self._original.buffer

    def __getattr__(self, name: str) -> Any:
        """What a stream of text has and this class does not know, `reconfigure` for one."""
        return getattr(self._original, name)

    def fileno(self) -> int:
        """The descriptor that C code and child processes write to."""
        return int(self._original.fileno())

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Take text; what completes a record is written at once."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        thread = threading.get_ident()
        held = self.holds.pop(thread, "") + text
        if held.endswith("\n") and not _continues(held):
            self._sink.log(held)
        elif held:
            self.holds[thread] = held
        return len(text)

    def flush(self) -> None:
        """Write what is held, complete or not."""
        while self.holds:
            try:
                _, text = self.holds.popitem()
            except KeyError:  # Another thread was faster.
                return
            self._sink.log(text)


def _continues(text: str) -> bool:
    """Whether text that ends a line is the beginning of a traceback only."""
    start = text.rfind(_TRACEBACK)
    if start < 0:
        return text in _CHAINED
    # The line with the exception itself, which ends it, is the first that is not indented.
    last_line = text[text.rfind("\n", 0, -1) + 1 :]
    return last_line.startswith(" ") or start + len(_TRACEBACK) == len(text)
