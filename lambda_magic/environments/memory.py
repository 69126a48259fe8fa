"""How much memory a sandbox uses: measured, and kept below the function's MemorySize."""

import asyncio
import math
import os
from collections.abc import Callable
from contextlib import suppress

from lambda_magic.environments.cgroup import Cgroup
from lambda_magic.runtimes import processes

_MIB = 1024 * 1024
_PAGE = os.sysconf("SC_PAGE_SIZE")
#: By how much a control group's peak must have grown to be looked at more closely.
_NOTABLE = _MIB // 4
#: Linux's own numbers lag behind each other by a little less.
_TOLERANCE = _MIB
#: Seconds between two samples of a running sandbox, and how many may be taken a second in all.
_INTERVAL = 0.01
_SAMPLES_PER_SECOND = 5000


class RuntimeProcess:
    """A runtime process, by descriptors that stay its own even when its id is given away.

    `status_fd` is its /proc/PID/status; `proc_fd` the /proc that it lies in, and `namespaced`
    whether everything in there but init belongs to the sandbox.
    """

    def __init__(self, pid: int, status_fd: int, proc_fd: int, *, namespaced: bool) -> None:
        self._status_fd = status_fd
        self._proc_fd = proc_fd
        # The process that all others descend from, where it is not the first of its /proc.
        self._init = None if namespaced else self._parent() or pid

    def _parent(self) -> int | None:
        with suppress(ProcessLookupError):
            status = os.pread(self._status_fd, 4096, 0)
            if (found := status.find(b"PPid:")) >= 0:
                return int(status[found + 5 : status.index(b"\n", found)])
        return None

    def peak_bytes(self) -> int:
        """The most memory that it has had at once; 0 when it is gone. Costs microseconds."""
        with suppress(ProcessLookupError):
            status = os.pread(self._status_fd, 4096, 0)
            if (found := status.find(b"VmHWM:")) >= 0:
                return int(status[found + 6 : status.index(b"kB", found)]) * 1024
        return 0

    def tree_bytes(self) -> int:
        """The private memory of all processes of the sandbox but init."""
        if self._init is None:
            names = os.listdir(self._proc_fd)
            pids = [int(name) for name in names if name.isdigit() and name != "1"]
        else:
            pids = processes.descendants(self._init)
        return sum(self._private_bytes(pid) for pid in pids)

    def _private_bytes(self, pid: int) -> int:
        try:
            fd = os.open(f"{pid}/statm", os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._proc_fd)
        except OSError:  # It has ended meanwhile.
            return 0
        try:
            _, resident, shared, *_ = os.read(fd, 256).split()
        except OSError:
            return 0
        finally:
            os.close(fd)
        return (int(resident) - int(shared)) * _PAGE

    def close(self) -> None:
        """Give the descriptors back."""
        os.close(self._status_fd)
        os.close(self._proc_fd)


class Memory:
    """The memory of one sandbox. `exceeded` is called when the processes have to be killed.

    The sandbox is sampled while it runs. The measure is the most since the runtime was started: the
    runtime's own peak, which is exact, or that of all processes together, less cached files.
    """

    #: How many are being sampled: the more, the less often.
    _sampled = 0

    def __init__(
        self, memory_size_mb: int, cgroup: Cgroup | None, exceeded: Callable[[], None]
    ) -> None:
        self._size = memory_size_mb * _MIB
        self._cgroup = cgroup
        self._exceeded = exceeded
        self._runtime: RuntimeProcess | None = None
        self._peak = 0
        # The control group's peak: when it was last looked at closely, and at all.
        self._group_peak = self._seen_peak = 0
        self._kills = 0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def runtime_started(self, runtime: RuntimeProcess | None) -> None:
        """Begin a new measure; `runtime` is None where the system tells nothing about it."""
        self._release_runtime()
        self._runtime = runtime
        self._peak = self._group_peak = self._seen_peak = 0
        if self._cgroup is not None:
            self._cgroup.forget_peak()
        self.watch()

    def note(self, used: int) -> None:
        """Take into account that so many bytes were in use at once."""
        self._peak = max(self._peak, used)

    def peak_mb(self) -> int:
        """In MB, rounded up, and never more than the function has. On the hot path."""
        if self._cgroup is None:
            self._note_runtime()
        elif (peak := self._cgroup.peak_bytes()) != self._seen_peak:
            # Otherwise nothing has grown, and the runtime's own peak, which takes most of the
            # time here to read, is what it was.
            self._seen_peak = peak
            if peak > self._group_peak + _NOTABLE:
                self._group_peak = peak
                self.note(peak - self._cgroup.cached_bytes())
            self._note_runtime()
        return math.ceil(min(self._peak, self._size) / _MIB)

    def _note_runtime(self) -> None:
        if self._runtime is not None:
            self.note(self._runtime.peak_bytes())

    def has_killed(self) -> bool:
        """Whether Linux has killed a process for want of memory since the last question."""
        before = self._kills
        if self._cgroup is not None:
            self._kills = self._cgroup.kills()
        return self._kills > before

    def watch(self) -> None:
        """The processes run: sample them, if need be."""
        if self._timer is None and (self._cgroup is not None or self._runtime is not None):
            Memory._sampled += 1
            self._schedule()

    def rest(self) -> None:
        """The processes are frozen or gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            Memory._sampled -= 1

    def close(self) -> None:
        """Give everything back, the control group included; the processes are gone."""
        self.rest()
        self._release_runtime()
        if self._cgroup is not None:
            self._cgroup.close()
            self._cgroup = None

    def _schedule(self) -> None:
        interval = max(_INTERVAL, Memory._sampled / _SAMPLES_PER_SECOND)
        self._timer = self._loop.call_later(interval, self._sample)

    def _sample(self) -> None:
        if self._used_bytes() > self._size + _TOLERANCE:
            self._kill()
        else:
            self._schedule()

    def _used_bytes(self) -> int:
        used = 0
        if self._cgroup is not None:
            used = self._cgroup.used_bytes()
            if used <= self._size:
                return used  # Nearly always; what is cached need not be known.
            used -= self._cgroup.cached_bytes()
        elif self._runtime is not None:
            used = self._runtime.tree_bytes()
        self.note(used)
        return used

    def _kill(self) -> None:
        self.rest()
        self._peak = self._size
        self._exceeded()

    def _release_runtime(self) -> None:
        self.rest()
        if self._runtime is not None:
            self._runtime.close()
            self._runtime = None
