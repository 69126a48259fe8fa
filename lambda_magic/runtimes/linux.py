"""Linux system calls that Python's standard library lacks, by ctypes.

Importing this module is harmless elsewhere; calling it is not.
"""

from __future__ import annotations

import ctypes
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from typing import Any

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_SLAVE = 1 << 19

_MNT_DETACH = 2
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522
_MOUNT_ATTR_RDONLY = 1
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_SYS_MOUNT_SETATTR = 442
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

_libc = ctypes.CDLL(None, use_errno=True)
for _name in ("mount", "prctl", "setns", "sethostname", "syscall", "umount2", "unshare", "capset"):
    # Looked up before any fork, so that no child has to. Other systems do not have them.
    getattr(_libc, _name, None)


def _call(name: str, *arguments: Any) -> None:
    if getattr(_libc, name)(*arguments) == -1:
        number = ctypes.get_errno()
        shown = ", ".join(repr(os.fsdecode(a)) for a in arguments if isinstance(a, bytes))
        raise OSError(number, f"{name}({shown}): {os.strerror(number)}")


def write_file(path: str, text: str) -> None:
    """Write to an existing file, with the least of Python's machinery."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def unshare(flags: int) -> None:
    """Move this process (for CLONE_NEWPID, its next child) into new namespaces."""
    _call("unshare", flags)


def setns(fd: int, flags: int) -> None:
    """Move this process (for CLONE_NEWPID, its next child) into the namespace behind `fd`."""
    _call("setns", fd, flags)


def mount(
    source: str | None,
    target: str,
    kind: str | None = None,
    flags: int = 0,
    options: str | None = None,
) -> None:
    """mount(2); paths and options are str."""
    _call(
        "mount",
        os.fsencode(source) if source is not None else None,
        os.fsencode(target),
        kind.encode() if kind is not None else None,
        ctypes.c_ulong(flags),
        options.encode() if options is not None else None,
    )


def bind(source: str, target: str, read_only: bool = True) -> None:
    """Show the tree at `source` also at `target`, with everything mounted below it."""
    mount(source, target, None, MS_BIND | MS_REC)
    if read_only:
        make_read_only(target)


def make_read_only(target: str) -> None:
    """Make a mount, and those below it, read-only."""
    attributes = (ctypes.c_uint64 * 4)(_MOUNT_ATTR_RDONLY, 0, 0, 0)
    try:
        _call(
            "syscall",
            ctypes.c_long(_SYS_MOUNT_SETATTR),
            _AT_FDCWD,
            os.fsencode(target),
            _AT_RECURSIVE,
            attributes,
            ctypes.c_size_t(ctypes.sizeof(attributes)),
        )
    except OSError:
        # Linux before 5.12, or a container's filter. A remount must repeat the flags the mount
        # has: they may be locked, and ST_* are the same bits as MS_* for these four.
        kept = os.statvfs(target).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC)
        mount(None, target, None, MS_REMOUNT | MS_BIND | MS_RDONLY | kept)


def unmount(target: str) -> None:
    """Take a mount away, now from sight and later for good, with everything below it."""
    _call("umount2", os.fsencode(target), _MNT_DETACH)


def pivot_root(new_root: str, old_root: str) -> None:
    """Make `new_root` the root of this mount namespace and show the old one at `old_root`."""
    number = _SYS_PIVOT_ROOT.get(os.uname().machine)
    if number is None:
        raise OSError(f"pivot_root is not known for {os.uname().machine}")
    _call("syscall", ctypes.c_long(number), os.fsencode(new_root), os.fsencode(old_root))


def set_host_name(name: str) -> None:
    """Name the machine, as seen in this UTS namespace."""
    encoded = name.encode()
    _call("sethostname", encoded, ctypes.c_size_t(len(encoded)))


def die_with_parent(signal_number: int) -> None:
    """Have the kernel send this process a signal when the parent dies."""
    _prctl(_PR_SET_PDEATHSIG, int(signal_number))


def adopt_orphans() -> None:
    """Become the parent of all descendants whose own parent ends."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def set_dumpable(dumpable: bool) -> None:
    """Whether processes of the same user may look into this one (its /proc files, ptrace)."""
    _prctl(_PR_SET_DUMPABLE, int(dumpable))


def set_no_new_privileges() -> None:
    """Let no program that this process starts gain privileges (setuid files)."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def drop_capabilities() -> None:
    """Give up all capabilities, also those that programs could get back."""
    capability = 0
    while _libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) == 0:
        capability += 1
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())


def _prctl(option: int, value: int) -> None:
    _call("prctl", option, ctypes.c_ulong(value), 0, 0, 0)
