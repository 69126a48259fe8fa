"""The endpoint: a region's API on a port, served by uvicorn on the region's own loop thread.

So an invocation that comes over HTTP takes no detour on its way to its environment.
"""

import asyncio
import ipaddress
import logging
import secrets
import socket
from dataclasses import dataclass, replace
from functools import partial

import uvicorn

from lambda_magic.api.app import make_app
from lambda_magic.api.express import Express
from lambda_magic.api.protocol import LimitedProtocol
from lambda_magic.api.regions import Regions
from lambda_magic.api.signature import AccessKey
from lambda_magic.core.loopback import is_loopback
from lambda_magic.environments.spec import LambdaEndpoint
from lambda_magic.monitoring import display
from lambda_magic.region import Region

_log = logging.getLogger(__name__)

# What uvicorn has to say about clients is for whoever listens to its log, not for the notebook.
logging.getLogger("uvicorn").addHandler(logging.NullHandler())

#: Where it listens unless told otherwise.
PORT = 9001

#: Seconds that requests have to finish once the endpoint stops.
GRACE = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where to listen."""

    host: str = "127.0.0.1"
    #: 0 takes a free one.
    port: int = PORT

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    @property
    def url(self) -> str:
        """How clients on this machine reach it."""
        host = self.host
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return f"http://{host}:{self.port}"
        if address.is_unspecified:
            host = "127.0.0.1" if address.version == 4 else "::1"
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


class Endpoint:
    """A region's API over HTTP, from now until it is stopped or the region is closed.

    >>> with Endpoint(region, Address(port=0)) as endpoint:
    ...     boto3.client("lambda", endpoint_url=endpoint.url).list_functions()

    Bound to loopback it takes any credentials, or none. Bound to another address it takes only
    requests signed with `key`; one is made up where none is given.
    Raises `OSError` where the address cannot be had.
    """

    def __init__(
        self,
        region: Region,
        address: Address | None = None,
        *,
        key: AccessKey | None = None,
        grace: float = GRACE,
    ) -> None:
        self.region = region
        wanted = address or Address()
        listener = _listen(wanted)
        #: With the port that it got.
        self.address = replace(wanted, port=listener.getsockname()[1])
        #: What requests must be signed with; None where anything will do.
        self.key = key if key or wanted.is_loopback else _new_key()
        self._stopping: asyncio.Task[int] | None = None
        self._is_stopped = False
        try:
            self.region.call(self._start(listener, grace))
        except BaseException:
            listener.close()
            raise
        region.before_close(self.stop)

    def __repr__(self) -> str:
        return f"<Endpoint {self.url} [{'serving' if self.is_serving else 'stopped'}]>"

    @property
    def url(self) -> str:
        """The `endpoint_url` for clients on this machine."""
        return self.address.url

    @property
    def is_serving(self) -> bool:
        """Whether it has not been stopped yet."""
        return not self._is_stopped

    def __str__(self) -> str:
        if self._is_stopped:
            return f"Lambda's API is no longer served at {self.url}"
        lines = [
            f"Lambda's API at {self.url}",
            f'  boto3.client("lambda", endpoint_url="{self.url}")',
            f"  aws --endpoint-url {self.url} lambda list-functions",
        ]
        if self.key is None:
            lines.append("Any credentials are accepted: only this machine can connect.")
        else:
            lines.append(f"Every request must be signed with the key {self.key.access_key_id}.")
            lines.append(
                "Except to routes (%trigger http:) and to function URLs of AuthType NONE: whoever "
                "can connect may call them."
            )
        return "\n".join(lines)

    def _repr_pretty_(self, printer: display.PrettyPrinter, cycle: bool) -> None:
        printer.text(str(self))

    def __enter__(self) -> "Endpoint":
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def stop(self, grace: float | None = None) -> int:
        """Take no more requests, and wait for those that run, at most `grace` seconds.

        Returns how many did not finish in time and were cut off. May be called twice: again and
        with 0 while it waits, to wait no longer.
        """
        if self._is_stopped:
            return 0
        cut_off = self.region.call(self._stop(grace))
        self._is_stopped = True
        return cut_off

    async def _start(self, listener: socket.socket, grace: float) -> None:
        self._regions = Regions(self.region)
        # Who has to sign is looked at closely, each time.
        lane = None if self.key else Express(self._regions)
        config = uvicorn.Config(
            make_app(self._regions, self.key),
            # uvicorn only ever calls it.
            http=partial(LimitedProtocol, lane=lane),  # type: ignore[arg-type]
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=60,
            # uvicorn takes fractions, too.
            timeout_graceful_shutdown=grace,  # type: ignore[arg-type]
        )
        self._server = _Server(config)
        self._serving = asyncio.ensure_future(self._server.serve(sockets=[listener]))
        await self._server.listening
        key = self.key or AccessKey(access_key_id="test", secret_access_key="test")
        self._regions.use_endpoint(
            LambdaEndpoint(
                url=self.url,
                access_key_id=key.access_key_id,
                secret_access_key=key.secret_access_key,
            )
        )

    async def _stop(self, grace: float | None) -> int:
        if grace is not None:
            self._server.config.timeout_graceful_shutdown = grace  # type: ignore[assignment]
            self._server.force_exit = grace == 0
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._finish())
        # Ctrl-C ends the waiting, not the stopping.
        return await asyncio.shield(self._stopping)

    async def _finish(self) -> int:
        server = self._server
        self._regions.stopping.set()
        server.should_exit = True
        await self._serving
        self._regions.use_endpoint(None)
        await self._regions.close()
        if server.cut_off:
            count = "1 request" if server.cut_off == 1 else f"{server.cut_off} requests"
            _log.warning("%s did not finish in time: cut off", count)
        return server.cut_off


class _Server(uvicorn.Server):
    """uvicorn's server, which tells when it listens and what it had to cut off."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.cut_off = 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await self.on_tick(0)  # the first response has a Date, too
        self.listening.set_result(None)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        # What still runs has had its time.
        tasks = tuple(self.server_state.tasks)
        self.cut_off = len(tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for connection in list(self.server_state.connections):
            connection.transport.close()


def _listen(address: Address) -> socket.socket:
    """A socket that listens there; made here, so that what is wrong is known at once."""
    family, kind, protocol, _, place = socket.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(2048)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _new_key() -> AccessKey:
    """A key as AWS makes them."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return AccessKey(
        access_key_id="AKIA" + "".join(secrets.choice(alphabet) for _ in range(16)),
        secret_access_key=secrets.token_urlsafe(30),
    )
