"""A container's control group: made by the engine, read here by its files.

The files come from within the container, so that nobody need be root, or know where the engine
keeps its groups. Where this process is root on the engine's machine it also finds the group itself:
limits are then a write to a file, which takes microseconds, and the peak can be forgotten.
"""

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from lambda_magic.environments.cgroup import CPU_PERIOD, cpu_quota, read_members, write

_MIB = 1024 * 1024
_ROOT = Path("/sys/fs/cgroup")

#: Names of files, of version 2 and of version 1.
_USED = ("memory.current", "memory.usage_in_bytes")
_PEAK = ("memory.peak", "memory.max_usage_in_bytes")
_CACHED = ("file", "cache")
_KILLS = ("memory.events", "memory.oom_control")


class GroupDirectory:
    """Where a control group lies on this machine, for root to write to."""

    def __init__(self, memory: Path, cpu: Path | None, version: int) -> None:
        self._memory = memory
        self._cpu = cpu
        self._version = version

    @classmethod
    def of_process(cls, pid: int, root: Path = _ROOT) -> "GroupDirectory | None":
        """The group of a process; None where this process may not write to it."""
        paths: dict[str, str] = {}
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
                _, controllers, path = line.split(":", 2)
                paths |= dict.fromkeys(controllers.split(","), path.lstrip("/"))
        if "memory" in paths:
            memory, cpu = root / "memory" / paths["memory"], root / "cpu" / paths.get("cpu", "")
            if _is_writable(memory / "memory.limit_in_bytes"):
                return cls(memory, cpu if _is_writable(cpu / "cpu.cfs_quota_us") else None, 1)
        elif paths.get(""):
            directory = root / paths[""]
            if _is_writable(directory / "memory.max"):
                return cls(directory, directory if _is_writable(directory / "cpu.max") else None, 2)
        return None

    @property
    def limits_cpu(self) -> bool:
        """Whether `limit_cpu` can be called."""
        return self._cpu is not None

    def limit_memory(self, limit: int) -> None:
        """So many bytes, without swap."""
        if self._version == 2:
            write(self._memory / "memory.max", limit)
            return
        # Neither limit may pass the other, so the order depends on the direction.
        plain, swap = "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"
        with contextlib.suppress(OSError):
            write(self._memory / plain, limit)
        if (self._memory / swap).exists():
            write(self._memory / swap, limit)
        write(self._memory / plain, limit)

    def limit_cpu(self, vcpus: float) -> None:
        """Give CPU time for so many virtual CPUs from now on."""
        assert self._cpu is not None
        if self._version == 2:
            write(self._cpu / "cpu.max", f"{cpu_quota(vcpus)} {CPU_PERIOD}")
        else:
            write(self._cpu / "cpu.cfs_period_us", CPU_PERIOD)
            write(self._cpu / "cpu.cfs_quota_us", cpu_quota(vcpus))

    def forget_peak(self) -> bool:
        """Begin a new measure, where Linux can."""
        with contextlib.suppress(OSError):
            if self._version == 1:
                write(self._memory / "memory.max_usage_in_bytes", 0)
                return True
        return False


class ContainerCgroup:
    """A `Cgroup` of the engine's. `files` are open, by name, and then its own to close.

    `limit_by_engine` is called with what the engine's API takes where there is no `directory`.
    """

    def __init__(
        self,
        files: Mapping[str, int],
        directory: GroupDirectory | None,
        limit_by_engine: Callable[..., None],
    ) -> None:
        self._files = dict(files)
        self._directory = directory
        self._limit_by_engine = limit_by_engine
        self._used = next(files[name] for name in _USED if name in files)
        self._stat = files["memory.stat"]
        self._events = next((files[name] for name in _KILLS if name in files), None)
        # Only what can be forgotten is a peak of this runtime's; else the present use is told, of
        # which samples are taken all the time.
        self._peak = self._used
        if directory is not None and directory.forget_peak():
            self._peak = next((files[name] for name in _PEAK if name in files), self._used)

    @property
    def has_directory(self) -> bool:
        """Whether limits are set by files, at once."""
        return self._directory is not None

    def open_join_files(self) -> list[int]:
        """None: whoever is in the container is in its group."""
        return []

    def limit_memory(self, limit_mb: int) -> None:
        """Set another limit than it was made with."""
        if self._directory is not None:
            self._directory.limit_memory(limit_mb * _MIB)
        else:
            self._limit_by_engine(mem_limit=limit_mb * _MIB, memswap_limit=limit_mb * _MIB)

    def peak_bytes(self) -> int:
        """The most memory used at once, or where that is not told, what is used now."""
        return _read_number(self._peak)

    def forget_peak(self) -> None:
        """Begin a new measure, where that can be."""
        if self._directory is not None:
            self._directory.forget_peak()

    def used_bytes(self) -> int:
        """All memory in use now."""
        return _read_number(self._used)

    def cached_bytes(self) -> int:
        """How much of that are files, those in /tmp included."""
        members = read_members(_read(self._stat))
        return next((members[name] for name in _CACHED if name in members), 0)

    def kills(self) -> int:
        """How many processes Linux has killed for want of memory."""
        if self._events is None:
            return 0
        return read_members(_read(self._events)).get("oom_kill", 0)

    def limit_cpu(self, vcpus: float) -> None:
        """Give CPU time for so many virtual CPUs from now on."""
        if self._directory is not None and self._directory.limits_cpu:
            self._directory.limit_cpu(vcpus)
        else:
            self._limit_by_engine(cpu_period=CPU_PERIOD, cpu_quota=cpu_quota(vcpus))

    def close(self) -> None:
        """Close the files; the engine removes the group."""
        while self._files:
            os.close(self._files.popitem()[1])


def _read(fd: int) -> str:
    """What a file of the group's says; nothing once the group has gone with its container."""
    with contextlib.suppress(OSError):
        return os.pread(fd, 16_384, 0).decode()
    return ""


def _read_number(fd: int) -> int:
    return int(_read(fd) or 0)


def _is_writable(path: Path) -> bool:
    return os.geteuid() == 0 and os.access(path, os.W_OK)
