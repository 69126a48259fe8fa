"""What is in a layer: the modules, programs, libraries and extensions that functions find in it."""

import re
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit
from urllib.request import url2pathname

#: Where functions find what, by the paths in a layer; the group is what it is found by.
_PLACES = {
    "Python modules": re.compile(
        r"python/(?:lib/python3\.\d+/site-packages/)?(?!lib/)([^/.-]+)(?:/.+|(?:\.[^/]+)?\.(?:py|so))"
    ),
    "Node.js modules": re.compile(r"nodejs/(?:node\d+/)?node_modules/((?:@[^/]+/)?[^/]+)/.+"),
    "Ruby gems": re.compile(r"ruby/gems/[^/]+/gems/([^/]+)/.+"),
    "Ruby libraries": re.compile(r"ruby/lib/([^/.]+)(?:/.+|\.rb)"),
    "Java archives": re.compile(r"java/lib/([^/]+\.jar)"),
    "programs": re.compile(r"bin/([^/]+)"),
    "libraries": re.compile(r"lib/([^/]+\.so[.0-9]*)"),
    "extensions": re.compile(r"extensions/([^/]+)"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerContents:
    """What the zip of a layer version has in it."""

    #: The bytes of all files, unzipped.
    size: int
    #: How many files there are.
    files: int
    #: Names by kind, such as {"Python modules": ("numpy",)}; kinds without any are left out.
    found: dict[str, tuple[str, ...]]
    #: What takes how many bytes, the largest first: by these names, and the rest by directory.
    parts: dict[str, int]

    @classmethod
    def read(cls, zip_file: Path | BinaryIO) -> "LayerContents":
        """From a layer version's zip; raises `zipfile.BadZipFile` where it is none."""
        with zipfile.ZipFile(zip_file) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        found: dict[str, set[str]] = {kind: set() for kind in _PLACES}
        sizes: Counter[str] = Counter()
        for entry in entries:
            kind, name = _place(entry.filename)
            sizes[name] += entry.file_size
            if kind is not None:
                found[kind].add(name)
        return cls(
            size=sizes.total(),
            files=len(entries),
            found={kind: tuple(sorted(names)) for kind, names in found.items() if names},
            parts=dict(sizes.most_common()),
        )

    @classmethod
    def of(cls, configuration: Mapping[str, Any]) -> "LayerContents | None":
        """Those of a version as GetLayerVersion describes it; None if it is not on this machine."""
        location = urlsplit(configuration["Content"].get("Location", ""))
        return cls.read(Path(url2pathname(location.path))) if location.scheme == "file" else None

    @property
    def python_modules(self) -> tuple[str, ...]:
        """The names under which Python functions can import what is in it."""
        return self.found.get("Python modules", ())


def _place(path: str) -> tuple[str | None, str]:
    """The kind and the name of what a file belongs to; without a kind, a directory's."""
    for kind, pattern in _PLACES.items():
        if match := pattern.fullmatch(path):
            return kind, match[1]
    return None, path.rpartition("/")[0] or path
