"""The programs that a sandbox executes, beside its runtime or as that: their numbers and output."""

import functools
import itertools
import json
import os
import tempfile

from lambda_magic.environments.init_process import InitProcess
from lambda_magic.environments.log_pipes import LineSplitter, LogPipe
from lambda_magic.environments.sandbox import RUNTIME, Program, SandboxListener
from lambda_magic.runtimes import messages


class Programs:
    """The programs of one sandbox. Their output goes to `listener`, a message a line."""

    def __init__(self, listener: SandboxListener) -> None:
        self._listener = listener
        self._numbers = itertools.count(messages.RUNTIME + 1)
        self._names: dict[int, str] = {}
        self._pipes: dict[int, LogPipe] = {}

    def __repr__(self) -> str:
        return f"<Programs [{', '.join(self._names.values())}]>"

    async def execute(self, init: InitProcess, program: Program) -> tuple[int, list[int]]:
        """Have a program started; returns its pid, and what init tells of a runtime.

        Raises `OSError` with its errno where it cannot be executed.
        """
        if program.name == RUNTIME:
            return await _ask(init, messages.RUNTIME, program, [])
        number = next(self._numbers)
        reading, writing = os.pipe()
        self._names[number] = program.name
        receiver = functools.partial(self._listener.program_wrote, program.name)
        self._pipes[number] = LogPipe(LineSplitter(receiver), reading)
        try:
            return await _ask(init, number, program, [writing])
        except OSError:
            self.forget(number)
            raise
        finally:
            os.close(writing)

    def forget(self, number: int) -> str | None:
        """A program has ended: read the rest of its output. Returns its name, if it is known."""
        if pipe := self._pipes.pop(number, None):
            pipe.close()
        return self._names.pop(number, None)

    def drain_logs(self) -> None:
        """Hand all output written so far to the listener."""
        for pipe in self._pipes.values():
            pipe.drain()

    def close(self) -> None:
        """All have ended."""
        for number in tuple(self._names):
            self.forget(number)


async def _ask(
    init: InitProcess, number: int, program: Program, output: list[int]
) -> tuple[int, list[int]]:
    description = {
        "number": number,
        "arguments": program.arguments,
        "environment_variables": program.environment_variables,
        "working_directory": program.working_directory,
    }
    with tempfile.TemporaryFile() as file:
        file.write(json.dumps(description).encode())
        file.seek(0)
        descriptors = [file.fileno(), *output]
        rest, told = await init.ask(messages.EXECUTE, f"executed:{number}", descriptors)
    refused, pid = map(int, rest.split())
    if refused:
        raise OSError(refused, os.strerror(refused), program.arguments[0])
    return pid, told
