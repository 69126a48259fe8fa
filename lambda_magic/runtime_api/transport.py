"""A connected socket, written to at once, and read by whoever waits for what it brings.

A loop's own transports may keep what is written until all callbacks of a turn have run. A runtime
that waits for its event should have it first, and the loop do the rest while it works.
"""

import asyncio
import socket
from typing import Protocol

from lambda_magic.core.clock import SystemClock
from lambda_magic.core.deadline import Deadline

_CHUNK = 64 * 1024


class Reader(Protocol):
    """Who waits, on another thread than the loop's, for what a transport brings.

    Whenever the socket is readable it calls `SocketTransport.read_for`, having taken the loop's
    turn, until that says that there is no need to go on.
    """

    def take(self, transport: "SocketTransport") -> None:
        """The transport is its to read, for a moment."""


class SocketTransport(asyncio.Transport):
    """Reads and writes a non-blocking stream socket, which is then its own to close."""

    #: Seconds until the loop reads again, whatever becomes of a reader: it may be interrupted, or
    #: have better things to do. What takes longer does not notice the detour.
    LOAN = 0.005

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, protocol: asyncio.Protocol
    ) -> None:
        super().__init__()
        self._loop = loop
        self._socket = sock
        self._protocol = protocol
        self._unsent = bytearray()
        self._closing = False
        # Who reads in the loop's place, and until when.
        self._reader: Reader | None = None
        self._loan = Deadline(SystemClock())
        loop.add_reader(sock, self._read)
        protocol.connection_made(self)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send as much as the socket takes now, and the rest as soon as it takes more."""
        if self._closing:
            return
        if not self._unsent:
            try:
                sent = self._socket.send(data)
            except BlockingIOError:
                sent = 0
            except OSError as error:
                self._lose(error)
                return
            if sent == len(data):
                return
            data = data[sent:]
            self._loop.add_writer(self._socket, self._write)
        self._unsent += data

    def pause_reading(self) -> None:
        """Leave what arrives in the socket, until `resume_reading`."""
        if not self._closing:
            self._reader = None
            self._loop.remove_reader(self._socket)

    def resume_reading(self) -> None:
        """Read again."""
        if not self._closing:
            self._reader = None
            self._loop.add_reader(self._socket, self._read)

    def is_closing(self) -> bool:
        """Whether `close` or `abort` has been called, or the peer has gone."""
        return self._closing

    def close(self) -> None:
        """Close once everything written has been sent."""
        if self._closing:
            return
        self._stop_reading()
        if not self._unsent:
            self._loop.call_soon(self._end, None)

    def abort(self) -> None:
        """Close at once."""
        self._unsent.clear()
        self.close()

    # Somebody else reads...

    def lend(self, reader: Reader) -> None:
        """Have `reader` read instead of the loop, until `LOAN` is over or it is called back."""
        if self._closing:
            return
        if self._reader is None:
            self._loop.remove_reader(self._socket)
        self._reader = reader
        self._loan.set(self.LOAN, self.call_back)
        reader.take(self)

    def call_back(self) -> None:
        """The loop reads again."""
        if self._reader is not None:
            self._reader = None
            self._loop.add_reader(self._socket, self._read)

    def read_for(self, reader: Reader) -> bool:
        """Read, if it is this reader's turn; returns whether it is still."""
        if self._reader is reader:
            try:
                self._read()
            except Exception as error:
                # As the loop itself does with what it calls.
                context = {"message": f"Exception in {self._protocol!r}", "exception": error}
                self._loop.call_exception_handler(context)
        return self._reader is reader

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    # Within...

    def _read(self) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(error)
            return
        if data:
            self._protocol.data_received(data)
        else:
            self._lose(None)

    def _write(self) -> None:
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(error)
            return
        del self._unsent[:sent]
        if not self._unsent:
            self._loop.remove_writer(self._socket)
            if self._closing:
                self._end(None)

    def _stop_reading(self) -> None:
        self._closing = True
        self._reader = None
        self._loan.close()
        self._loop.remove_reader(self._socket)

    def _lose(self, error: OSError | None) -> None:
        """The peer has gone."""
        if self._closing and self._socket.fileno() < 0:
            return
        if not self._closing:
            self._stop_reading()
        self._loop.call_soon(self._end, error)

    def _end(self, error: OSError | None) -> None:
        if self._socket.fileno() < 0:
            return
        self._loop.remove_writer(self._socket)
        self._socket.close()
        self._protocol.connection_lost(error)
