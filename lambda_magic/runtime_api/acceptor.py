"""A listening socket, with a transport for whoever connects."""

import asyncio
import logging
import socket
from collections.abc import Callable

from lambda_magic.runtime_api.transport import SocketTransport

#: Connections that are taken before other things have their turn.
_AT_ONCE = 100
#: Seconds to wait where the machine has no descriptor left for another connection.
_PAUSE = 1.0

_log = logging.getLogger(__name__)


class Acceptor:
    """Accepts connections to `listener`, which is then its own to close, until it is closed."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        listener: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
    ) -> None:
        self._loop = loop
        self._listener = listener
        self._protocol = protocol
        #: Where it listens: host and port.
        self.address: tuple[str, int] = listener.getsockname()[:2]
        listener.setblocking(False)
        loop.add_reader(listener, self._accept)

    def __repr__(self) -> str:
        state = "closed" if self._listener.fileno() < 0 else "listening"
        return f"<Acceptor {self.address[0]}:{self.address[1]} [{state}]>"

    def close(self) -> None:
        """Accept no more; the connections that there are stay."""
        if self._listener.fileno() >= 0:
            self._loop.remove_reader(self._listener)
            self._listener.close()

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                # Out of descriptors or memory: the event would come again and again.
                _log.error("%r cannot accept a connection: %s", self, error)
                self._loop.remove_reader(self._listener)
                self._loop.call_later(_PAUSE, self._go_on)
                return
            connection.setblocking(False)
            if connection.family != socket.AF_UNIX:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            SocketTransport(self._loop, connection, self._protocol())

    def _go_on(self) -> None:
        if self._listener.fileno() >= 0:
            self._loop.add_reader(self._listener, self._accept)
