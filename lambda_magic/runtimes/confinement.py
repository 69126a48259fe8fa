"""What one environment may see and do: applied by its init process and its runtime to themselves.

In three steps, all before any code of the function's is there: init's `separate` needs to know
nothing of the function, its `furnish` does, and `renounce` gives up what the first two needed; init
and the first runtime do that each for itself, later runtimes inherit it. In one of three strengths:

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
_HOSTS = "/etc/hosts"
_OWN_HOSTS = "/tmp/.hosts"
#: What is in the shared root's, for each environment to add to.
_hosts = b""
#: AWS's default; another size is set when it is known.
_USUAL_TMP_MB = 512
_PROCESSES = 1024


#: Whether this process has renounced its privileges, or inherited that.
_is_nobody = False


def prepare(isolation: str) -> None:
    """Learn, before any fork, what all environments have in common."""
    global _hosts
    if isolation not in ("process", "container"):
        with open(_HOSTS, "rb") as file:
            _hosts = file.read()


def separate(isolation: str) -> None:
    """Move this process into its own place; raises OSError where the machine refuses."""
    os.umask(0o022)
    if isolation == "container":
        return
    if isolation == "process":
        if sys.platform == "linux":
            linux.adopt_orphans()
        return
    linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS)
    linux.set_host_name(_HOST_NAME)
    options = f"{_tmp_size(_USUAL_TMP_MB)},mode=1777"
    linux.mount("tmpfs", "/tmp", "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)
    # Needs the machine's own /proc still in sight, by Linux's rule for user namespaces.
    linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)


def _tmp_size(megabytes: int) -> str:
    # One page is for the environment's own /etc/hosts.
    return f"size={megabytes * 1024 * 1024 + resource.getpagesize()}"


def rehearse(isolation: str) -> None:
    """Go through the motions of `furnish`, to no effect: the first time takes longest."""
    if isolation not in ("process", "container"):
        linux.bind("/var/empty", "/opt")
        linux.unmount("/opt")
        _name_sandbox("127.0.0.1")
        linux.unmount(_HOSTS)


def furnish(isolation: str, spec: dict[str, Any]) -> None:
    """Add to the shared root what only this environment sees, and take the machine's away."""
    if isolation in ("process", "container"):
        return
    size = spec["ephemeral_storage_mb"]
    if size != _USUAL_TMP_MB:
        flags = linux.MS_REMOUNT | linux.MS_NOSUID | linux.MS_NODEV
        linux.mount(None, "/tmp", None, flags, _tmp_size(size))
    linux.bind(HOST + spec["code"], "/var/task")
    if spec["layers"]:
        linux.bind(HOST + spec["layers"], "/opt")
    if spec["resolv_conf"]:
        # A machine without a network may have none, or lose it at any moment.
        with contextlib.suppress(OSError):
            linux.bind(HOST + spec["resolv_conf"], "/etc/resolv.conf")
    if spec["address"]:
        _name_sandbox(spec["address"])
    linux.unmount(HOST)


def _name_sandbox(address: str) -> None:
    """Let the names by which AWS's environments know themselves stand for this one's address."""
    fd = os.open(_OWN_HOSTS, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        os.write(fd, b"%b\n%b sandbox.localdomain sandbox\n" % (_hosts, address.encode()))
    finally:
        os.close(fd)
    linux.bind(_OWN_HOSTS, _HOSTS)
    # It stays where it is bound; /tmp is the function's.
    os.unlink(_OWN_HOSTS)


def renounce(isolation: str, number: int) -> None:
    """Give up every privilege and accept all limits, once; `number` is the environment's."""
    global _is_nobody
    if _is_nobody:
        return
    if isolation == "container":
        # Made so by its engine. The function runs as the same user: it must not look in here.
        linux.set_dumpable(False)
    elif isolation != "process":
        _become_nobody(isolation, number)
    elif sys.platform == "linux":
        linux.set_no_new_privileges()
    # A container has a limit of its own, where this one counts the user's processes anywhere.
    _limit_resources(processes=isolation not in ("process", "container"))
    _is_nobody = True


def _become_nobody(isolation: str, number: int) -> None:
    """Give up every privilege, seen from inside as AWS's user 993.

    A user namespace of its own gives each environment that same number, and its own count of
    processes. Where root is not allowed one, the different users outside do the latter.
    """
    user, group = os.getuid(), os.getgid()
    if isolation == "namespaces":
        user = group = _FIRST_HOST_USER + number % _HOST_USERS
        os.setgroups([])
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
        # Changing users made this process opaque, and its own /proc files root's.
        linux.set_dumpable(True)
    try:
        linux.unshare(linux.CLONE_NEWUSER)
    except OSError:
        if isolation != "namespaces":
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
