"""What the region, the fork server and init say to each other.

To the fork server: `FORK` or `KILL` and the number of an environment, packed by `REQUEST`; FORK
comes with the environment's descriptors: its control socket, the pipes for framed and for plain
output, and the files that join control groups. It answers in lines: "ready", "error REASON",
"exited NUMBER".

To init, on the environment's control socket: two lines of JSON, what the environment is made from
and what its runtime is; then single bytes. The lines may come long after the fork: until then init
and the runtime wait, prepared. `START` comes with the runtime's connection to the Runtime API,
where it has one. Init answers in lines: "created", "error REASON", "started PID" (with the
runtime's /proc/PID/status and its /proc, both open, where there are such), "exited NUMBER CODE
MAXRSS" (NUMBER is 0 for the runtime; a negative code is a signal; the peak of its memory is in the
system's own unit), "reset". When the socket closes, init kills everything and ends.

`EXECUTE` starts a program. It comes with a file to read its description from, as JSON: "number", by
which its exit is told, "arguments", the program first, "environment_variables" and
"working_directory"; and with the pipe for its output, unless it is the runtime, which has one. The
answer is "executed:NUMBER ERRNO PID", where ERRNO is 0 for success, and for the runtime comes with
the same descriptors as "started".

`SOCKET` asks for a socket of the environment's own network, which is not connected yet: the region
has to reach what listens in there. The answer is "socket" with it.

From init to the first runtime, which waits prepared: the line that is for it, and `START` with the
connection when the environment is complete.
"""

from __future__ import annotations

import array
import socket
import struct

FORK = b"F"
KILL = b"K"
REQUEST = struct.Struct("!cI")

START = b"S"
FREEZE = b"F"
THAW = b"W"
TERMINATE = b"T"
KILL_ALL = b"K"
RESET = b"R"
EXECUTE = b"X"
KILL_RUNTIME = b"Q"
SOCKET = b"N"

#: The number of the runtime, among the programs of an environment.
RUNTIME = 0
#: The pipe for log records, as AWS's own runtime clients are told of it.
FRAMES_VARIABLE = "_LAMBDA_TELEMETRY_LOG_FD"
#: Tells our runtime client, as a program, where the layers are; AWS has them always in /opt.
OPT_VARIABLE = "_LAMBDA_OPT_ROOT"

#: Enough for every message here.
_MAX_DESCRIPTORS = 8
_SIZE = array.array("i").itemsize
#: Below the size from which the C library asks the system for memory, and gives it back, each time.
_LINE = 16384


def send(control: socket.socket, message: bytes, descriptors: list[int]) -> None:
    """A short message with descriptors; `socket.send_fds`, which Python 3.8 lacks."""
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
    control.sendmsg([message], [rights])


def receive_lines(control: socket.socket, lines: int) -> tuple[list[bytes], bytes, list[int]]:
    """The next lines, what came after them, and descriptors; no lines if the other end closes."""
    received = b""
    descriptors: list[int] = []
    while received.count(b"\n") < lines:
        chunk, attached = receive(control, _LINE)
        descriptors += attached
        if not chunk:
            return [], b"", descriptors
        received += chunk
    *complete, rest = received.split(b"\n", lines)
    return complete, rest, descriptors


def receive(control: socket.socket, size: int) -> tuple[bytes, list[int]]:
    """Bytes and descriptors, or no bytes when the other end has closed.

    No program that is executed later inherits the descriptors.
    """
    space = socket.CMSG_SPACE(_MAX_DESCRIPTORS * _SIZE)
    try:
        # Not `socket.recv_fds`, which forgets the flag in older Pythons.
        received, ancillary, _, _ = control.recvmsg(
            size, space, getattr(socket, "MSG_CMSG_CLOEXEC", 0)
        )
    except ConnectionError:
        # It closed without having read all that was sent to it.
        return b"", []
    descriptors = array.array("i")
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(content[: len(content) - len(content) % _SIZE])
    return received, list(descriptors)
