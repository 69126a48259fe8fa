"""The part of an isolated root directory that all environments of one interpreter share.

`main` runs once per fork server. It moves into namespaces of its own, builds the directory
tree that functions see on AWS, all of it read-only, and starts the fork server inside, so that
its interpreter and everything it has loaded lie under /var/lang, as on AWS. The machine's own
root stays at /.host until an environment has taken its code from there (see `confinement`).
"""

from __future__ import annotations

import json
import os
import signal
import stat
import sys

from . import launch, linux

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from typing import Any

HOST = "/.host"
#: Where this package lies inside; the dot keeps it from being importable by functions.
PACKAGE_PARENT = "/var/runtime/.client"

_SYSTEM_DIRECTORIES = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix")
_EMPTY_DIRECTORIES = ("dev/shm", "opt", "proc", "tmp", "var/empty", "var/lang", "var/task")
#: What programs look for in /etc. Copied, except directories, which are bound.
_CONFIGURATION = (
    "alternatives",
    "ca-certificates",
    "crypto-policies",
    "gai.conf",
    "host.conf",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "pki",
    "protocols",
    "services",
    "ssl",
)
_ACCOUNTS = {
    "passwd": "root:x:0:0:root:/root:/sbin/nologin\n"
    "sbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin\n",
    "group": "root:x:0:\nsbx_user1051:x:990:\n",
}
_DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9)}
_DEVICE_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
}


def main(configuration_text: str) -> None:
    """Build the root, run the fork server in it, and end as it ends."""
    configuration = json.loads(configuration_text)
    try:
        child = _start(configuration, configuration_text)
    except OSError as error:
        os.write(configuration["control_fd"], f"error {error}\n".encode())
        sys.exit(1)
    os.close(configuration["control_fd"])
    _, status = os.waitpid(child, 0)
    sys.exit(status != 0)


def _start(configuration: dict[str, Any], configuration_text: str) -> int:
    # Should the notebook's kernel die and something else hold its end of the control socket
    # open, this ends us, and our end ends everything in the process namespace made here.
    linux.die_with_parent(signal.SIGKILL)
    flags = linux.CLONE_NEWNS | linux.CLONE_NEWPID
    if configuration["isolation"] == "user-namespaces":
        _become_root_of_a_user_namespace(flags)
    else:
        linux.unshare(flags)
    os.umask(0o022)
    _pivot()
    _build(configuration)
    child = os.fork()
    if child == 0:
        try:
            linux.die_with_parent(signal.SIGKILL)
            _execute_fork_server(configuration, configuration_text)
        finally:
            os._exit(127)
    return child


def _become_root_of_a_user_namespace(flags: int) -> None:
    user, group = os.getuid(), os.getgid()
    linux.unshare(flags | linux.CLONE_NEWUSER)
    write_id_maps(inside=(0, 0), outside=(user, group))


def write_id_maps(inside: tuple[int, int], outside: tuple[int, int]) -> None:
    """Let one user and one group of a new user namespace stand for one outside it."""
    for name, text in (
        ("setgroups", "deny"),
        ("gid_map", f"{inside[1]} {outside[1]} 1"),
        ("uid_map", f"{inside[0]} {outside[0]} 1"),
    ):
        linux.write_file(f"/proc/self/{name}", text)


def _pivot() -> None:
    """Make an empty tmpfs the root. /tmp only lends its place: afterwards it is itself again."""
    linux.mount(None, "/", None, linux.MS_REC | linux.MS_SLAVE)
    linux.mount("lambda", "/tmp", "tmpfs", linux.MS_NOSUID, "mode=0755,size=16m")
    os.chdir("/tmp")
    os.mkdir("." + HOST)
    linux.pivot_root(".", "." + HOST)
    os.chdir("/")


def _build(configuration: dict[str, Any]) -> None:
    for name in _EMPTY_DIRECTORIES:
        os.makedirs("/" + name)
    for name in _SYSTEM_DIRECTORIES:
        _show_system_directory(name)
    linux.bind(HOST + configuration["prefix"], "/var/lang")
    _hide_packages(configuration)
    _build_etc()
    _build_dev()
    _show(configuration["runtimes"], f"{PACKAGE_PARENT}/runtimes")
    for name, path in configuration["packages"].items():
        _show(path, f"/var/runtime/{name}")
    for path in configuration["directories"]:
        _show(path, path)
    linux.make_read_only("/")


def _show_system_directory(name: str) -> None:
    source = f"{HOST}/{name}"
    if os.path.islink(source):
        os.symlink(os.readlink(source), "/" + name)
    elif os.path.isdir(source):
        os.mkdir("/" + name)
        linux.bind(source, "/" + name)


def _show(path: str, target: str) -> None:
    """Show one file or directory of the host."""
    source = HOST + path
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    linux.bind(source, target)


def _hide_packages(configuration: dict[str, Any]) -> None:
    """Empty the interpreter's own site-packages: a function sees only what it brings."""
    version, prefix = configuration["version"], configuration["prefix"]
    prefixes = ["/var/lang", prefix] if prefix.startswith("/usr") else ["/var/lang"]
    for place in prefixes:
        for packages in (
            f"{place}/lib/python{version}/site-packages",
            f"{place}/lib/python{version}/dist-packages",
            f"{place}/lib/python3/dist-packages",
            f"{place}/local/lib/python{version}/dist-packages",
        ):
            if os.path.isdir(packages):
                linux.bind("/var/empty", packages)


def _build_etc() -> None:
    os.mkdir("/etc")
    for name in _CONFIGURATION:
        source = f"{HOST}/etc/{name}"
        if os.path.isdir(source):
            os.mkdir(f"/etc/{name}")
            linux.bind(source, f"/etc/{name}")
        elif os.path.isfile(source):
            with open(source, "rb") as file:
                _write(f"/etc/{name}", file.read())
    if not os.path.exists("/etc/hosts"):
        _write("/etc/hosts", b"127.0.0.1 localhost\n")
    for name, text in _ACCOUNTS.items():
        _write(f"/etc/{name}", text.encode())
    # Each environment binds the machine's present one over it: networks change.
    _write("/etc/resolv.conf", b"")
    os.symlink("/usr/share/zoneinfo/UTC", "/etc/localtime")


def _write(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


def _build_dev() -> None:
    for name, (major, minor) in _DEVICES.items():
        path = f"/dev/{name}"
        try:
            os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(major, minor))
            os.chmod(path, 0o666)
        except PermissionError:
            # Nobody may make devices in a user namespace, but may borrow them.
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o666))
            linux.bind(HOST + path, path, read_only=False)
    for name, target in _DEVICE_LINKS.items():
        os.symlink(target, f"/dev/{name}")


def _execute_fork_server(configuration: dict[str, Any], configuration_text: str) -> None:
    program = f"/var/lang/{configuration['executable']}"
    arguments = launch.command(program, "fork_server", PACKAGE_PARENT, configuration_text)
    # A shared libpython would otherwise be looked for where it was built, or found elsewhere.
    # Bound at once, its tables of functions stay shared with all children.
    libraries = {"LD_LIBRARY_PATH": "/var/lang/lib", "LD_BIND_NOW": "1"}
    os.execve(program, arguments, {**os.environ, **libraries})
