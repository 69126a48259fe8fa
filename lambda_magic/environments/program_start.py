"""What a runtime learns only when it is started as a program.

Python functions run in processes that are forked ready-made, which is quick. But a program's
linker, and Python itself, read some variables at their start and never again. A function that
depends on them gets a runtime that is executed, as all are on AWS.
"""

import functools
from collections.abc import Mapping
from pathlib import Path

#: Who reads variables with these prefixes: the linker, and Python.
_READ_AT_START = ("LD_", "PYTHON")

#: What our runtime client sees to itself, or does anyway.
_SEEN_TO = frozenset({"PYTHONPATH", "PYTHONUNBUFFERED"})


def depends_on_start(variables: Mapping[str, str], code: Path, layers: Path | None) -> bool:
    """Whether a function sets variables that are read at the start, or brings shared libraries.

    Those are found by LD_LIBRARY_PATH. (Extension modules are not: they lie beside their package.)
    """
    if any(name.startswith(_READ_AT_START) and name not in _SEEN_TO for name in variables):
        return True
    places = [(code, "lib*.so*"), (code / "lib", "*.so*")]
    if layers is not None:
        places.append((layers / "lib", "*.so*"))
    return any(_has(directory, pattern) for directory, pattern in places)


@functools.lru_cache(maxsize=1024)
def _has(directory: Path, pattern: str) -> bool:
    """Whether such a file lies in a directory of a package, which never changes."""
    return next(directory.glob(pattern), None) is not None
