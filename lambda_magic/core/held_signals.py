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

Handler = Callable[[int, FrameType | None], Any]


class HeldSignals:
    """Between `with` and its end, those signals are noted; then their handlers are called.

    Every one of them is, and all handlers are back in their places, though one may raise. On other
    threads than the main one there are none to hold.
    """

    __slots__ = ("_arrived", "_held")

    def __init__(self) -> None:
        self._held: list[tuple[int, Handler]] = []
        self._arrived: list[tuple[Handler, int, FrameType | None]] = []

    def __enter__(self) -> Self:
        if threading.get_ident() == threading.main_thread().ident:
            try:
                for number in _HELD:
                    handler = _signal.getsignal(number)
                    if callable(handler):
                        self._held.append((number, handler))
                        _signal.signal(number, self._note)
            except BaseException:
                self._let_go()
                raise
        return self

    def __exit__(self, *exception: object) -> None:
        if self._held:
            self._let_go()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._arrived.append((dict(self._held)[number], number, frame))

    def _let_go(self) -> None:
        held, arrived = self._held, self._arrived
        try:
            while held:
                # The handlers that are back already may run, and raise, before any of these steps.
                number, handler = held[-1]
                _signal.signal(number, handler)
                held.pop()
            while arrived:
                handler, number, frame = arrived.pop(0)
                handler(number, frame)
        finally:
            if held or arrived:
                self._let_go()
