"""The first process of a container: prepares an interpreter, then becomes an environment's init.

It connects to the region through a socket that lies in a directory which only this container is
shown, and hands over what only it can make: a listener for the Runtime API on the container's own
loopback, where no other container and nobody on the machine can reach it, and the files by which
Linux tells how much memory the container uses. It gets what a fork server's children get, and from
then on it is `init`: nothing that happens in an environment is any different in a container.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import socket
import sys

from . import init, messages, roles
from .python import bootstrap

#: What the region calls this kind of isolation.
ISOLATION = "container"

_EXTENSIONS = "/opt/extensions"
#: By version of control groups: used, peak, kinds of memory, processes killed.
_MEMORY_FILES = (
    ("/sys/fs/cgroup", ("memory.current", "memory.peak", "memory.stat", "memory.events")),
    (
        "/sys/fs/cgroup/memory",
        (
            "memory.usage_in_bytes",
            "memory.max_usage_in_bytes",
            "memory.stat",
            "memory.oom_control",
        ),
    ),
)


def main(configuration_text: str) -> None:
    """Serve until the region lets go, then end with everything in the container.

    The configuration is JSON: "socket", the path to connect to; "port", where clients that dial
    find the Runtime API; and "forks", whether the runtime is forked from this interpreter, and not
    a program of the image's.
    """
    configuration = json.loads(configuration_text)
    # Functions shall find neither this package nor a trace of how it was started.
    sys.path.pop(0)
    sys.argv = [""]
    # As the first process of a namespace, this is then deaf to what a function sends it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    region = socket.socket(socket.AF_UNIX)
    region.connect(configuration["socket"])
    _introduce(region, configuration["port"])
    if configuration["forks"]:
        bootstrap.prepare_interpreter()
    request, descriptors = messages.receive(region, messages.REQUEST.size)
    region.close()
    if len(request) < messages.REQUEST.size:
        return
    _, number = messages.REQUEST.unpack(request)
    watch = roles.ChildWatch()
    roles.play(functools.partial(init.main, number, ISOLATION, watch, descriptors))


def _introduce(region: socket.socket, port: int) -> None:
    listener = socket.create_server(("127.0.0.1", port))
    names, opened = _open_memory_files()
    line = json.dumps({"address": f"127.0.0.1:{port}", "files": names, "extensions": _extensions()})
    messages.send(region, f"{line}\n".encode(), [listener.fileno(), *opened])
    listener.close()
    for fd in opened:
        os.close(fd)


def _extensions() -> list[str]:
    """The file names of extensions that are here already: an image may have some."""
    try:
        return sorted(entry.name for entry in os.scandir(_EXTENSIONS) if entry.is_file())
    except OSError:
        return []


def _open_memory_files() -> tuple[list[str], list[int]]:
    names: list[str] = []
    opened: list[int] = []
    for directory, files in _MEMORY_FILES:
        for name in files:
            with contextlib.suppress(OSError):
                opened.append(os.open(f"{directory}/{name}", os.O_RDONLY))
                names.append(name)
        if opened:
            break
    return names, opened
