"""Control groups: memory limits and CPU shares that Linux itself enforces and measures.

Version 1 and version 2 differ in files only. What a function writes to /tmp lies in memory here and
counts as used by its control group; on AWS it does not count against MemorySize. So Linux's own
limit leaves room for a full /tmp. The function's is kept by looking often at what processes use
(see `memory`): what a control group adds is that this is cheap and misses no process, and that
nothing can ever use more than the two together.
"""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from lambda_magic.environments import owner

_MIB = 1024 * 1024
#: Microseconds; AWS's own accounting period is as short.
CPU_PERIOD = 20_000
_ROOT = Path("/sys/fs/cgroup")


class Cgroup(Protocol):
    """One environment's control group."""

    def open_join_files(self) -> list[int]:
        """Descriptors for the caller to close: writing "0" to each makes the writer join."""

    def limit_memory(self, limit_mb: int) -> None:
        """Set another limit than it was made with."""

    def peak_bytes(self) -> int:
        """The most memory used at once, /tmp and cached files included; in a microsecond."""

    def forget_peak(self) -> None:
        """Begin a new measure."""

    def used_bytes(self) -> int:
        """All memory in use now, /tmp and cached files included; in a microsecond."""

    def cached_bytes(self) -> int:
        """How much of that are files, those in /tmp included."""

    def kills(self) -> int:
        """How many processes Linux has killed for want of memory."""

    def limit_cpu(self, vcpus: float) -> None:
        """Give CPU time for so many virtual CPUs from now on."""

    def close(self) -> None:
        """Give it back; all its processes have ended."""


class CgroupV1:
    """Version 1: a directory in each controller's own hierarchy."""

    def __init__(self, memory: Path, cpu: Path | None, limit_mb: int) -> None:
        self._memory = memory
        self._cpu = cpu
        memory.mkdir(parents=True)
        if cpu is not None:
            cpu.mkdir(parents=True)
        self.limit_memory(limit_mb)
        self._peak = os.open(memory / "memory.max_usage_in_bytes", os.O_RDONLY | os.O_CLOEXEC)
        self._used = os.open(memory / "memory.usage_in_bytes", os.O_RDONLY | os.O_CLOEXEC)

    def open_join_files(self) -> list[int]:
        """One for memory, one for CPU time."""
        return [
            os.open(directory / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)
            for directory in (self._memory, self._cpu)
            if directory is not None
        ]

    def limit_memory(self, limit_mb: int) -> None:
        """`limit_in_bytes`."""
        write(self._memory / "memory.limit_in_bytes", limit_mb * _MIB)

    def peak_bytes(self) -> int:
        """`max_usage_in_bytes`."""
        return int(os.pread(self._peak, 32, 0))

    def forget_peak(self) -> None:
        """Begin a new measure."""
        write(self._memory / "memory.max_usage_in_bytes", 0)

    def used_bytes(self) -> int:
        """`usage_in_bytes`."""
        return int(os.pread(self._used, 32, 0))

    def cached_bytes(self) -> int:
        """The member of `memory.stat`."""
        return read_members((self._memory / "memory.stat").read_text())["cache"]

    def kills(self) -> int:
        """The kernel counts them."""
        return read_members((self._memory / "memory.oom_control").read_text()).get("oom_kill", 0)

    def limit_cpu(self, vcpus: float) -> None:
        """So many microseconds of each period."""
        if self._cpu is not None:
            write(self._cpu / "cpu.cfs_period_us", CPU_PERIOD)
            write(self._cpu / "cpu.cfs_quota_us", cpu_quota(vcpus))

    def close(self) -> None:
        """Remove the directories."""
        os.close(self._peak)
        os.close(self._used)
        for directory in (self._memory, self._cpu):
            if directory is not None:
                _remove(directory)


class CgroupV2:
    """Version 2: one directory for all controllers."""

    def __init__(self, directory: Path, limit_mb: int) -> None:
        self._directory = directory
        directory.mkdir()
        self.limit_memory(limit_mb)
        for name, value in (("memory.swap.max", 0), ("memory.oom.group", 1)):
            with contextlib.suppress(OSError):  # Not in every kernel.
                write(directory / name, value)
        self._used = os.open(directory / "memory.current", os.O_RDONLY | os.O_CLOEXEC)
        self._peak = self._open_peak()

    def _open_peak(self) -> int:
        try:
            return os.open(self._directory / "memory.peak", os.O_RDWR | os.O_CLOEXEC)
        except OSError:  # Linux before 5.19; before 6.12 it can only be read.
            for name in ("memory.peak", "memory.current"):
                with contextlib.suppress(FileNotFoundError):
                    return os.open(self._directory / name, os.O_RDONLY | os.O_CLOEXEC)
            raise

    def open_join_files(self) -> list[int]:
        """One for all controllers."""
        return [os.open(self._directory / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)]

    def limit_memory(self, limit_mb: int) -> None:
        """`memory.max`."""
        write(self._directory / "memory.max", limit_mb * _MIB)

    def peak_bytes(self) -> int:
        """`memory.peak`."""
        return int(os.pread(self._peak, 32, 0))

    def forget_peak(self) -> None:
        """Begin a new measure, where Linux can."""
        with contextlib.suppress(OSError):
            os.write(self._peak, b"reset")

    def used_bytes(self) -> int:
        """`memory.current`."""
        return int(os.pread(self._used, 32, 0))

    def cached_bytes(self) -> int:
        """The member of `memory.stat`."""
        return read_members((self._directory / "memory.stat").read_text())["file"]

    def kills(self) -> int:
        """How often the limit was reached."""
        return read_members((self._directory / "memory.events").read_text()).get("oom_kill", 0)

    def limit_cpu(self, vcpus: float) -> None:
        """So many microseconds of each period."""
        write(self._directory / "cpu.max", f"{cpu_quota(vcpus)} {CPU_PERIOD}")

    def close(self) -> None:
        """Remove the directory."""
        os.close(self._peak)
        os.close(self._used)
        _remove(self._directory)


class ControlGroups:
    """All control groups of one factory, in directories that carry this process's name."""

    def __init__(self, make: Callable[[str, int], Cgroup], directories: list[Path]) -> None:
        self._make = make
        self._directories = directories
        for directory in directories:
            for orphan in owner.orphans(directory.parent):
                _remove_tree(orphan)
            directory.mkdir(exist_ok=True)

    def create(self, name: str, limit_mb: int) -> Cgroup:
        """A new group. Raises `OSError` where the machine refuses.

        `limit_mb` is for all that it may ever hold, /tmp included.
        """
        return self._make(name, limit_mb)

    def close(self) -> None:
        """Remove everything."""
        for directory in self._directories:
            _remove_tree(directory)


def control_groups(name: str, root: Path = _ROOT) -> ControlGroups | None:
    """The kind that this process may make, in directories called `name`; None if none."""
    for offer in (_offer_v2, _offer_v1):
        with contextlib.suppress(OSError, KeyError, ValueError):
            groups = offer(root, name)
            try:
                groups.create("probe", 128).close()
            except OSError:
                groups.close()
                raise
            return groups
    return None


def _offer_v1(root: Path, owned: str) -> ControlGroups:
    memory, cpu = root / "memory" / owned, root / "cpu" / owned
    if not (root / "memory" / "memory.limit_in_bytes").exists():
        raise FileNotFoundError("the memory controller is not mounted")
    has_cpu = os.access(root / "cpu" / "cpu.cfs_quota_us", os.F_OK) or os.access(
        root / "cpu" / "cpu.shares", os.F_OK
    )

    def make(name: str, limit_mb: int) -> Cgroup:
        return CgroupV1(memory / name, cpu / name if has_cpu else None, limit_mb)

    return ControlGroups(make, [memory, cpu] if has_cpu else [memory])


def _offer_v2(root: Path, owned: str) -> ControlGroups:
    directory = root / owned
    available = (root / "cgroup.controllers").read_text().split()
    if "memory" not in available:
        raise FileNotFoundError("the memory controller is not available")
    enabled = " ".join(f"+{name}" for name in ("memory", "cpu") if name in available)
    write(root / "cgroup.subtree_control", enabled)

    def make(name: str, limit_mb: int) -> Cgroup:
        return CgroupV2(directory / name, limit_mb)

    groups = ControlGroups(make, [directory])
    write(directory / "cgroup.subtree_control", enabled)
    return groups


def cpu_quota(vcpus: float) -> int:
    """Microseconds of each `CPU_PERIOD` for so many virtual CPUs."""
    # Linux gives no less than a millisecond.
    return max(1000, round(vcpus * CPU_PERIOD))


def write(path: Path, value: object) -> None:
    """Write to a control file."""
    # Unbuffered and without O_CREAT or O_TRUNC, which the control files know nothing of.
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, str(value).encode())
    finally:
        os.close(fd)


def read_members(text: str) -> dict[str, int]:
    """The lines of a control file that names its numbers; the last one may be cut off."""
    members = {}
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if value:
            members[name] = int(value)
    return members


def _remove(directory: Path) -> None:
    # Where a process is still on its way out, the whole tree's end takes the directory along.
    with contextlib.suppress(OSError):
        directory.rmdir()


def _remove_tree(directory: Path) -> None:
    with contextlib.suppress(OSError):
        for child in directory.iterdir():
            if child.is_dir():
                _remove(child)
        directory.rmdir()
