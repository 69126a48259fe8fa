"""`lambda-magic serve`: a region and its API, without a notebook, until it is told to stop."""

import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Self

from lambda_magic.api.endpoint import Address, Endpoint
from lambda_magic.api.signature import AccessKey
from lambda_magic.core.settings import Settings, default_home
from lambda_magic.region import Region

#: Environment variables with the key for requests, where one is needed and should stay the same.
KEY_ID, SECRET = "LAMBDA_MAGIC_ACCESS_KEY_ID", "LAMBDA_MAGIC_SECRET_ACCESS_KEY"

#: What the main thread is told: one byte each.
_SIGNAL, _STOPPED = b"!", b"."


def run(address: Address, home: Path | None) -> int:
    """Serve until SIGINT or SIGTERM; requests that run then may finish, unless it comes again.

    Returns the exit status.
    """
    given = _given_key()
    with _News() as news:
        region = Region(Settings(home=(home or default_home()).absolute()))
        try:
            endpoint = Endpoint(region, address, key=given)
            _announce(endpoint, region, secret_is_known=given is not None)
            news.wait()
            print("Stopping: running requests may finish", file=sys.stderr, flush=True)
            stopping = threading.Thread(target=_stop, args=(endpoint, news))
            stopping.start()
            while news.wait() != _STOPPED:
                endpoint.stop(0)
            stopping.join()
        except OSError as error:
            place = f"{address.host}:{address.port}"
            print(f"lambda-magic: cannot serve at {place}: {error.strerror}", file=sys.stderr)
            return 1
        finally:
            region.close()
    return 0


def _stop(endpoint: Endpoint, news: "_News") -> None:
    try:
        endpoint.stop()
    finally:
        news.tell(_STOPPED)


def _announce(endpoint: Endpoint, region: Region, *, secret_is_known: bool) -> None:
    print(endpoint)
    if endpoint.key is not None and not secret_is_known:
        print(f"  AWS_ACCESS_KEY_ID={endpoint.key.access_key_id}")
        print(f"  AWS_SECRET_ACCESS_KEY={endpoint.key.secret_access_key}")
    print(f"Functions are kept in {region.settings.home}; isolation: {region.isolation}.")
    print("Ctrl-C stops it.", flush=True)


def _given_key() -> AccessKey | None:
    key_id, secret = os.environ.get(KEY_ID), os.environ.get(SECRET)
    if not key_id or not secret:
        return None
    return AccessKey(access_key_id=key_id, secret_access_key=secret)


class _News:
    """Tells the main thread about signals, and about whatever else there is to tell.

    It goes through a pipe: unlike a lock, that may be used by a signal's handler whatever it
    interrupts.
    """

    def __enter__(self) -> Self:
        self._reading, self._writing = os.pipe()
        self._before = {
            one: signal.signal(one, self._receive) for one in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def __exit__(self, *exception: object) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)
        os.close(self._reading)
        os.close(self._writing)

    def tell(self, news: bytes) -> None:
        """Have `wait` return `news`, a single byte."""
        os.write(self._writing, news)

    def wait(self) -> bytes:
        """The next piece of news, as soon as there is one."""
        return os.read(self._reading, 1)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.tell(_SIGNAL)
