"""Stack traces of handlers, and the excerpt of the handler's own source where they end."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: 'File "/var/task/lambda_function.py", line 3'; a syntax error has '" Line 3'.
_FRAME = re.compile(r'File "/var/task/(?P<path>[^"]+)",? [Ll]ine (?P<line>\d+)')


@dataclass(frozen=True, kw_only=True, slots=True)
class Excerpt:
    """Some lines of a source file, one of which failed."""

    #: The path within /var/task.
    path: str
    #: The number of the failing line, from 1.
    line: int
    #: (line number, text) of the lines around it, itself included.
    lines: tuple[tuple[int, str], ...]

    def __str__(self) -> str:
        width = len(str(self.lines[-1][0]))
        marked = [
            f"{'--> ' if number == self.line else '    '}{number:>{width}} {text}".rstrip()
            for number, text in self.lines
        ]
        return "\n".join([f"{self.path}, line {self.line}", *marked])


def excerpt(
    stack_trace: Sequence[str], source: Mapping[str, str], *, context: int = 2
) -> Excerpt | None:
    """The innermost frame that lies in one of the `source` files (path -> text), with context."""
    for frame in reversed(stack_trace):
        for match in reversed(list(_FRAME.finditer(frame))):
            path, line = match["path"], int(match["line"])
            source_lines = source.get(path, "").splitlines()
            if 1 <= line <= len(source_lines):
                first, last = max(1, line - context), min(len(source_lines), line + context)
                lines = tuple((n, source_lines[n - 1]) for n in range(first, last + 1))
                return Excerpt(path=path, line=line, lines=lines)
    return None
