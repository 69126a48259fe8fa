"""A connected socket, written to at once.

uvloop's own transports keep what is written until all callbacks of a turn have run. A runtime
that waits for its event should have it first, and the loop do the rest while it works.
"""

import asyncio
import socket

_CHUNK = 64 * 1024


class SocketTransport(asyncio.Transport):
    """Reads and writes a non-blocking stream socket, which is then its own to close."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, protocol: asyncio.Protocol
    ) -> None:
        super().__init__()
        self._loop = loop
        self._socket = sock
        self._protocol = protocol
        self._unsent = bytearray()
        self._closing = False
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
            self._loop.remove_reader(self._socket)

    def resume_reading(self) -> None:
        """Read again."""
        if not self._closing:
            self._loop.add_reader(self._socket, self._read)

    def is_closing(self) -> bool:
        """Whether `close` or `abort` has been called, or the peer has gone."""
        return self._closing

    def close(self) -> None:
        """Close once everything written has been sent."""
        if self._closing:
            return
        self._closing = True
        self._loop.remove_reader(self._socket)
        if not self._unsent:
            self._loop.call_soon(self._end, None)

    def abort(self) -> None:
        """Close at once."""
        self._unsent.clear()
        self.close()

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

    def _lose(self, error: OSError | None) -> None:
        """The peer has gone."""
        if self._closing and self._socket.fileno() < 0:
            return
        if not self._closing:
            self._closing = True
            self._loop.remove_reader(self._socket)
        self._loop.call_soon(self._end, error)

    def _end(self, error: OSError | None) -> None:
        if self._socket.fileno() < 0:
            return
        self._loop.remove_writer(self._socket)
        self._socket.close()
        self._protocol.connection_lost(error)
