"""What means this machine, and only this machine: hosts and URLs on the loopback interface.

Pages from elsewhere can make a browser send requests there. A page's own name may resolve to
127.0.0.1 (DNS rebinding): then `Host` has that name. And a page may just send a form to localhost:
then `Origin` has its name. So servers on loopback look at both.
"""

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether a host's name or address always means this machine (RFC 6761: "localhost")."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_local_host(host: bytes) -> bool:
    """Whether a Host header names this machine's loopback interface."""
    return is_local_origin(b"//" + host)


@lru_cache(maxsize=256)
def is_local_origin(origin: bytes) -> bool:
    """Whether an Origin header names a page that this machine serves on loopback."""
    try:
        return is_loopback(urlsplit(origin.decode("latin-1")).hostname or "")
    except ValueError:
        return False
