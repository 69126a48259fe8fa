"""Signals whose handlers wait.

A handler runs between any two steps of whatever the main thread is doing, and may raise there, as
Ctrl-C does. What must be done as a whole or not at all is done while they are held.
"""

# `signal` is the same in words, which take fifteen times as long: this is on the hot path.
import _signal  # type: ignore[import-not-found]
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

#: What people interrupt their code with (Ctrl-C, alarms that limit its time), or have handlers for
#: that may do anything. To ask for all there are would take too long.
_HELD = [
    int(getattr(signal, f"SIG{name}"))
    for name in ("ALRM", "CHLD", "HUP", "INT", "PROF", "QUIT", "TERM", "USR1", "USR2", "VTALRM")
    if hasattr(signal, f"SIG{name}")
]


class HeldSignals:
    """Between `with` and its end, signals are noted; then their handlers are called.

    On other threads than the main one there are none to hold.
    """

    __slots__ = ("_arrived", "_handlers")

    def __init__(self) -> None:
        self._handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}
        self._arrived: list[tuple[int, FrameType | None]] = []

    def __enter__(self) -> Self:
        if threading.get_ident() == threading.main_thread().ident:
            try:
                for number in _HELD:
                    handler = _signal.getsignal(number)
                    if callable(handler):
                        self._handlers[number] = handler
                        _signal.signal(number, self._note)
            except BaseException:
                self._restore()
                raise
        return self

    def __exit__(self, *exception: object) -> None:
        if self._handlers:
            self._restore()
            for number, frame in self._arrived:
                self._handlers[number](number, frame)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._arrived.append((number, frame))

    def _restore(self) -> None:
        for number, handler in self._handlers.items():
            _signal.signal(number, handler)
