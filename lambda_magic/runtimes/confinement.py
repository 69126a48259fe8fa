"""What one environment may see and do: applied by its init process to itself.

Everything that init starts inherits it. `confine` is called once, before any code of the
function's is in the process, in one of three strengths:

- "namespaces": by root. Own mount, IPC and UTS namespaces (the process namespace was made by the
  fork server), a private root, an unprivileged user.
- "user-namespaces": the same by an ordinary user, with the rights of a user namespace.
- "process": neither is possible. Limits only; files are the machine's own.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys

from . import linux
from .private_root import HOST, write_id_maps

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from typing import Any

#: AWS's user and group.
_USER, _GROUP = 993, 990
#: Environments of root get different users outside, far from any real one.
_FIRST_HOST_USER = 1_993_000_000
_HOST_USERS = 1_000_000
_HOST_NAME = "169.254.100.6"
_OPEN_FILES = 1024
_PROCESSES = 1024


def confine(spec: dict[str, Any]) -> None:
    """Move this process into its own place; raises OSError where the machine refuses."""
    isolation = spec["isolation"]
    os.umask(0o022)
    if isolation == "process":
        _limit_resources(processes=False)
        if sys.platform == "linux":
            linux.set_no_new_privileges()
        return
    linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS)
    linux.set_host_name(_HOST_NAME)
    _furnish(spec)
    _become_nobody(spec)
    _limit_resources(processes=True)
    os.chdir("/var/task")


def _furnish(spec: dict[str, Any]) -> None:
    """Add to the shared root what only this environment sees, and take the machine's away."""
    size = spec["ephemeral_storage_mb"]
    linux.mount(
        "tmpfs", "/tmp", "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, f"size={size}m,mode=1777"
    )
    linux.bind(HOST + spec["code"], "/var/task")
    if spec["layers"]:
        linux.bind(HOST + spec["layers"], "/opt")
    if spec["resolv_conf"]:
        # A machine without a network may have none, or lose it at any moment.
        with contextlib.suppress(OSError):
            linux.bind(HOST + spec["resolv_conf"], "/etc/resolv.conf")
    # Needs the machine's own /proc still in sight, by Linux's rule for user namespaces.
    linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    linux.unmount(HOST)


def _become_nobody(spec: dict[str, Any]) -> None:
    """Give up every privilege, seen from inside as AWS's user 993.

    A user namespace of its own gives each environment that same number, and its own count of
    processes. Where root is not allowed one, the different users outside do the latter.
    """
    user, group = os.getuid(), os.getgid()
    if spec["isolation"] == "namespaces":
        user = group = _FIRST_HOST_USER + spec["number"] % _HOST_USERS
        os.setgroups([])
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
        # Changing users made this process opaque, and its own /proc files root's.
        linux.set_dumpable(True)
    try:
        linux.unshare(linux.CLONE_NEWUSER)
    except OSError:
        if spec["isolation"] != "namespaces":
            raise
    else:
        write_id_maps(inside=(_USER, _GROUP), outside=(user, group))
        with contextlib.suppress(OSError):
            linux.write_file("/proc/sys/user/max_user_namespaces", "0")
        linux.drop_capabilities()
    linux.set_no_new_privileges()
    # The function runs as the same user: it must not look into this process.
    linux.set_dumpable(False)


def _limit_resources(processes: bool) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if processes:
        # After the user namespace is made, which would pass it on as a limit on all of them.
        resource.setrlimit(resource.RLIMIT_NPROC, (_PROCESSES, _PROCESSES))
