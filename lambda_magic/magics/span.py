"""A span of time, as `--since` takes it."""

import argparse
import re
import time

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def since(text: str) -> float:
    """The moment that lies "90s", "5m", "2h" or "1d" back, in seconds since the epoch."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no span of time: write 90s, 5m, 2h or 1d")
    return time.time() - float(match[1]) * _UNITS[match[2]]
