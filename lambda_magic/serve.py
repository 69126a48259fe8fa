"""`lambda-magic serve`: a region and its API, without a notebook, until it is told to stop."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from lambda_magic.api.endpoint import Address, Endpoint
from lambda_magic.api.signature import AccessKey
from lambda_magic.core.settings import Settings, default_home
from lambda_magic.region import Region

#: Environment variables with the key for requests, where one is needed and should stay the same.
KEY_ID, SECRET = "LAMBDA_MAGIC_ACCESS_KEY_ID", "LAMBDA_MAGIC_SECRET_ACCESS_KEY"


def run(address: Address, home: Path | None) -> int:
    """Serve until SIGINT or SIGTERM; requests that run then may finish, unless it comes twice.

    Returns the exit status.
    """
    given = _given_key()
    with _signals() as wait:
        region = Region(Settings(home=(home or default_home()).absolute()))
        try:
            endpoint = Endpoint(region, address, key=given)
            _announce(endpoint, region, secret_is_known=given is not None)
            wait()
            print("Stopping: running requests may finish", file=sys.stderr, flush=True)
            _stop(endpoint)
        except OSError as error:
            place = f"{address.host}:{address.port}"
            print(f"lambda-magic: cannot serve at {place}: {error.strerror}", file=sys.stderr)
            return 1
        finally:
            region.close()
    return 0


def _announce(endpoint: Endpoint, region: Region, *, secret_is_known: bool) -> None:
    print(endpoint)
    if endpoint.key is not None and not secret_is_known:
        print(f"  AWS_ACCESS_KEY_ID={endpoint.key.access_key_id}")
        print(f"  AWS_SECRET_ACCESS_KEY={endpoint.key.secret_access_key}")
    print(f"Functions are kept in {region.settings.home}; isolation: {region.isolation}.")
    print("Ctrl-C stops it.", flush=True)


def _stop(endpoint: Endpoint) -> None:
    try:
        cut_off = endpoint.stop()
    except KeyboardInterrupt:
        cut_off = endpoint.stop(0)
    if cut_off:
        print(f"{cut_off} requests did not finish and were cut off", file=sys.stderr, flush=True)


def _given_key() -> AccessKey | None:
    key_id, secret = os.environ.get(KEY_ID), os.environ.get(SECRET)
    if not key_id or not secret:
        return None
    return AccessKey(access_key_id=key_id, secret_access_key=secret)


@contextmanager
def _signals() -> Iterator[Callable[[], object]]:
    """Yields what waits for the first SIGINT or SIGTERM; the second one is a KeyboardInterrupt.

    A pipe carries the news: unlike a lock it may be used by a handler whatever it interrupts.
    """
    reading, writing = os.pipe()
    received = 0

    def receive(number: int, frame: FrameType | None) -> None:
        nonlocal received
        received += 1
        if received > 1:
            raise KeyboardInterrupt
        os.write(writing, b"!")

    before = {one: signal.signal(one, receive) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: os.read(reading, 1)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
        os.close(reading)
        os.close(writing)
