"""The memory of everything that this process has started."""

import os
from pathlib import Path


def total_pss_mib() -> float | None:
    """PSS of all descendants of this process, in MiB: shared pages are counted once in all.

    None where the kernel does not tell (it does on Linux, for one's own processes).
    """
    try:
        pids = _descendants(os.getpid())
        return sum(map(_pss_kib, pids)) / 1024 if pids else None
    except PermissionError:
        return None


def _descendants(root: int) -> set[int]:
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # It has just ended.
        children.setdefault(parent, []).append(int(path.name))
    found: set[int] = set()
    waiting = [root]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            found.add(child)
            waiting.append(child)
    return found


def _pss_kib(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
