"""Programs that init executes: extensions, and runtimes that are not forked ready-made."""

from __future__ import annotations

import json
import os
import signal

from . import messages, processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from typing import Any

    from .roles import ChildWatch

#: What shells exit with when a program cannot be executed.
_NOT_EXECUTED = 127
_RESTORED_SIGNALS = [
    getattr(signal, name) for name in ("SIGPIPE", "SIGXFSZ") if hasattr(signal, name)
]


def read_description(fd: int) -> dict[str, Any]:
    """What is to be executed; closes the file."""
    with open(fd, "rb") as file:
        description: dict[str, Any] = json.load(file)
    return description


def execute(
    description: dict[str, Any],
    output: int,
    frames: int | None,
    control_groups: list[int],
    watch: ChildWatch,
) -> tuple[int, int]:
    """Start a program as a child of init; returns its pid, and 0 or why it could not be executed.

    Its output goes to `output`; `frames` is the pipe for log records, for programs that have one.
    A child that could not be executed ends by itself.
    """
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError as error:
        os.close(reading)
        os.close(writing)
        return 0, error.errno or 1
    if child == 0:
        try:
            watch.end()
            _become(description, output, frames, control_groups)
        except OSError as error:
            os.write(writing, str(error.errno).encode())
        finally:
            os._exit(_NOT_EXECUTED)
    os.close(writing)
    with open(reading, "rb") as file:
        # Closed by the execution itself.
        refused = file.read()
    return child, int(refused or b"0")


def _become(
    description: dict[str, Any], output: int, frames: int | None, control_groups: list[int]
) -> None:
    for fd in control_groups:
        os.write(fd, b"0")
    processes.become_ordinary()
    for number in _RESTORED_SIGNALS:
        # Python ignores them, and programs inherit that.
        signal.signal(number, signal.SIG_DFL)
    variables = description["environment_variables"]
    if frames is not None:
        os.set_inheritable(frames, True)
        variables[messages.FRAMES_VARIABLE] = str(frames)
    nothing = os.open("/dev/null", os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.chdir(description["working_directory"])
    arguments = description["arguments"]
    # An image's entry point may be a bare name; others are paths.
    os.execvpe(arguments[0], arguments, variables)
