"""A shell: all of a sandbox that is the same for every function."""

import os

from lambda_magic.environments.cgroup import Cgroup
from lambda_magic.environments.init_process import Forker, InitProcess


class Shell:
    """An init process with its pipes and its control group, which knows of no function yet."""

    def __init__(self, server: Forker, cgroup: Cgroup | None) -> None:
        self.server = server
        self.cgroup = cgroup
        self.init = InitProcess(server)
        # One pipe for framed output and one for plain.
        (frames, frames_end), (lines, lines_end) = os.pipe(), os.pipe()
        self._reading = [frames, lines]
        self._writing = [frames_end, lines_end]

    def fork(self) -> None:
        """Have the processes made. They wait, unless `init` has been told what they are for."""
        groups = [] if self.cgroup is None else self.cgroup.open_join_files()
        ends, self._writing = self._writing, []
        try:
            self.init.fork([*ends, *groups])
        finally:
            for fd in (*ends, *groups):
                os.close(fd)

    def take_pipes(self) -> list[int]:
        """The reading ends, for the caller to close."""
        pipes, self._reading = self._reading, []
        return pipes

    async def discard(self) -> None:
        """End the processes and give everything back. Only while nobody has taken it."""
        await self.init.end()
        for fd in (*self.take_pipes(), *self._writing):
            os.close(fd)
        if self.cgroup is not None:
            self.cgroup.close()
