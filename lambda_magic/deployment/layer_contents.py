"""What is in a layer: the modules, programs, libraries and extensions that functions find in it."""

import re
import zipfile
from collections.abc import Iterable, Mapping
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

    @classmethod
    def read(cls, zip_file: Path | BinaryIO) -> "LayerContents":
        """From a layer version's zip; raises `zipfile.BadZipFile` where it is none."""
        with zipfile.ZipFile(zip_file) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        names = [entry.filename for entry in entries]
        found = {kind: _found(pattern, names) for kind, pattern in _PLACES.items()}
        return cls(
            size=sum(entry.file_size for entry in entries),
            files=len(entries),
            found={kind: names for kind, names in found.items() if names},
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


def _found(pattern: re.Pattern[str], paths: Iterable[str]) -> tuple[str, ...]:
    matches = (pattern.fullmatch(path) for path in paths)
    return tuple(sorted({match[1] for match in matches if match}))
