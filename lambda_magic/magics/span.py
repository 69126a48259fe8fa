"""A span of time, as `--since` takes it."""

import argparse
import re
import time

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def since(text: str) -> float:
    """The moment that lies "90s", "5m", "2h" or "1d" back, in seconds since the epoch."""
    return time.time() - span(text)


def rate(text: str) -> float:
    """How often something happens, per second: "100/s", "30/m", or just "100"."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(?:/([sm]))?", text)
    if match is None or not float(match[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no rate: write 100/s or 30/m")
    return float(match[1]) / _UNITS[match[2] or "s"]


def span(text: str) -> float:
    """How many seconds "90s", "5m", "2h" or "1d" are."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no span of time: write 90s, 5m, 2h or 1d")
    return float(match[1]) * _UNITS[match[2]]
