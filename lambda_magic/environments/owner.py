"""Names for what a process leaves on the machine, so that another can tell whether it still lives.

A process id alone may have been given to another process since; with the start time it is unique.
"""

import os
import re
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"lambda_magic-(\d+)-(\d+)-\w+")


def owned_name() -> str:
    """A new file name that carries this process: "lambda_magic-PID-STARTTIME-RANDOM"."""
    pid = os.getpid()
    return f"lambda_magic-{pid}-{_start_time(pid) or 0}-{secrets.token_hex(4)}"


def orphans(directory: Path) -> Iterator[Path]:
    """What owners that no longer live have left in a directory."""
    try:
        entries = sorted(directory.iterdir())
    except OSError:
        return
    for entry in entries:
        match = _NAME.fullmatch(entry.name)
        if match and not _lives(int(match[1]), int(match[2])):
            yield entry


def _lives(pid: int, start_time: int) -> bool:
    if sys.platform == "linux":
        return _start_time(pid) == start_time
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _start_time(pid: int) -> int | None:
    """In clock ticks since the machine started; None where there is no such process or /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name in parentheses may itself contain spaces and parentheses.
    return int(stat.rpartition(")")[2].split()[19])
