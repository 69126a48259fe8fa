"""The scripts of the widgets: files that import each other, given to a front end as one module.

A front end loads a widget's module from a blob, in which a relative import leads nowhere. So what
a file imports is put before it, each file once; there is no build step. Names are shared by all
files of a module, and an import must not rename.
"""

import re
from pathlib import Path

STATIC = Path(__file__).parent / "static"

_IMPORT = re.compile(r'^import\s[^;]*?from "\./(?P<name>[\w-]+\.mjs)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default )", re.MULTILINE)


def module(name: str) -> str:
    """A script and everything it imports, as the text of one module."""
    parts: dict[str, str] = {}
    _collect(name, parts)
    return "\n".join(parts.values())


def _collect(name: str, parts: dict[str, str]) -> None:
    source = (STATIC / name).read_text(encoding="utf-8")
    for found in _IMPORT.finditer(source):
        if found["name"] not in parts:
            _collect(found["name"], parts)
    parts[name] = _EXPORT.sub("", _IMPORT.sub("", source))


def style(name: str) -> str:
    """A style sheet."""
    return (STATIC / name).read_text(encoding="utf-8")
