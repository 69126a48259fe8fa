"""What containers are made with: as little of the machine as functions need, and no rights."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_MIB = 1024 * 1024
#: AWS's user and group.
_USER = "993:990"
_HOST_NAME = "169.254.100.6"
#: AWS's quotas: processes and threads, and open files. Ours are the first process and its fork.
_PROCESSES = 1024 + 8
_OPEN_FILES = 1024
#: What our own processes in a container need of its memory.
OVERHEAD_MB = 24


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerOptions:
    """One container, before there is one."""

    #: An id, which no moving name changes.
    image: str
    name: str
    command: tuple[str, ...]
    #: For all that it may ever hold, /tmp included.
    memory_limit_mb: int
    ephemeral_storage_mb: int
    #: "default", as on AWS: the network can be reached; "none"; or a network of the engine's.
    network: str
    #: What is seen read-only in the container, by path there.
    shown: Mapping[str, Path]
    labels: Mapping[str, str]
    #: Volumes of the engine's that are seen read-only, by path.
    volumes: Mapping[str, str] = field(default_factory=dict)
    environment_variables: Mapping[str, str] = field(
        default_factory=lambda: {"LANG": "C.UTF-8"}, repr=False
    )
    working_directory: str = "/"
    #: Whether it is started more than once, with a first process that knows of no other.
    is_restarted: bool = False

    def arguments(self) -> dict[str, Any]:
        """What the engine takes for a container."""
        return {
            "name": self.name,
            "host": self._host(),
            "entrypoint": list(self.command),
            "command": [],
            "user": _USER,
            "hostname": _HOST_NAME,
            "working_dir": self.working_directory,
            "labels": dict(self.labels),
            "environment": dict(self.environment_variables),
        }

    def _host(self) -> dict[str, Any]:
        limit = self.memory_limit_mb * _MIB
        tmp = f"rw,nosuid,nodev,exec,mode=1777,size={self.ephemeral_storage_mb}m"
        return {
            # It is gone as soon as it ends, also where nobody is left to remove it.
            "auto_remove": not self.is_restarted,
            "init": self.is_restarted,
            "binds": {
                str(source): {"bind": place, "mode": "ro"}
                for place, source in [*self.shown.items(), *self.volumes.items()]
            },
            "cap_drop": ["ALL"],
            "ipc_mode": "private",
            "extra_hosts": dict.fromkeys(("sandbox", "sandbox.localdomain"), "127.0.0.1"),
            # What its processes write is read as they do.
            "log_config": {"Type": "none"},
            "mem_limit": limit,
            "memswap_limit": limit,
            "network_mode": self.network,
            "pids_limit": _PROCESSES,
            "read_only": True,
            "security_opt": ["no-new-privileges"],
            "tmpfs": {"/tmp": tmp},
            "ulimits": [
                {"Name": "nofile", "Soft": _OPEN_FILES, "Hard": _OPEN_FILES},
                {"Name": "core", "Soft": 0, "Hard": 0},
            ],
        }
