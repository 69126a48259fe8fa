"""Stack traces of handlers, and the excerpt of the handler's own source where they end."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: 'File "/var/task/lambda_function.py", line 3'; a syntax error has '" Line 3'.
_PYTHON = re.compile(r'File "/var/task/(?P<path>[^"]+)",? [Ll]ine (?P<line>\d+)')
#: "at handler (/var/task/index.js:3:9)" of Node.js, "/var/task/lambda_function.rb:3:in" of Ruby.
_PLACE = re.compile(r"/var/task/(?P<path>[^\s:()]+):(?P<line>\d+)")
#: "example.Hello.handler(Hello.java:3)": the path is the package's.
_JAVA = re.compile(
    r"(?P<package>(?:[a-z_]\w*\.)*)[\w$]+\.[\w$<>]+\((?P<file>\w+\.java):(?P<line>\d+)\)"
)


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


def places(stack_trace: Sequence[str]) -> list[tuple[str, int]]:
    """The paths in /var/task, with their lines, that a trace goes through; innermost first.

    >>> places(["    at handler (/var/task/index.js:3:9)"])
    [('index.js', 3)]
    """
    text = "\n".join(stack_trace)
    if found := [(match["path"], int(match["line"])) for match in _PYTHON.finditer(text)]:
        # The one language here that begins with the outermost frame.
        return found[::-1]
    found = [(match["path"], int(match["line"])) for match in _PLACE.finditer(text)]
    found += [
        (match["package"].replace(".", "/") + match["file"], int(match["line"]))
        for match in _JAVA.finditer(text)
    ]
    return found


def text(stack_trace: Sequence[str]) -> str:
    """A trace as one text: Python's entries end their lines, other languages' do not."""
    return "\n".join(entry.removesuffix("\n") for entry in stack_trace)


def excerpt(
    stack_trace: Sequence[str], source: Mapping[str, str], *, context: int = 2
) -> Excerpt | None:
    """The innermost frame that lies in one of the `source` files (path -> text), with context."""
    for path, line in places(stack_trace):
        source_lines = source.get(path, "").splitlines()
        if 1 <= line <= len(source_lines):
            first, last = max(1, line - context), min(len(source_lines), line + context)
            lines = tuple((n, source_lines[n - 1]) for n in range(first, last + 1))
            return Excerpt(path=path, line=line, lines=lines)
    return None
