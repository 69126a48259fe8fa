"""Where an environment's APIs listen: on Linux, an address of the loopback network for each.

All of 127.0.0.0/8 is this machine. As each environment has an address of its own, the listeners of
two environments' extensions do not meet, though they have the same port.
"""

import ipaddress
import itertools
import random
import sys
from collections.abc import Iterator

#: AWS's port.
PORT = 9001
#: The machine itself uses some of 127.0.0.0/16.
_FIRST = int(ipaddress.IPv4Address("127.1.0.0"))
_COUNT = 254 << 16
#: Two processes rarely begin side by side, and whoever is second takes the next.
_numbers = itertools.count(random.randrange(_COUNT))
#: How many in use are passed over before another port is taken.
_ATTEMPTS = 64


def own_addresses() -> Iterator[tuple[str, int]]:
    """Addresses and ports to try, one after another; port 0 is any that is free.

    >>> next(own_addresses())  # doctest: +SKIP
    ('127.83.20.114', 9001)
    """
    if sys.platform == "linux":
        for _ in range(_ATTEMPTS):
            number = next(_numbers) % _COUNT
            host = number & 0xFF
            if host not in (0, 255):
                yield str(ipaddress.IPv4Address(_FIRST + number)), PORT
    yield "127.0.0.1", 0
