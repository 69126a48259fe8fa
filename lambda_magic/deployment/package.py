"""A deployment package: files become the zip that CreateFunction and UpdateFunctionCode take.

The zip is a function of its content alone (sorted names, one timestamp, fixed modes), so running
an unchanged cell again gives the same CodeSha256, and with it no new version.
"""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lambda_magic.core.errors import (
    InvalidParameterValueException,
    RequestEntityTooLargeException,
)

#: The largest zip that fits into a request (50 MB), and the largest package once unpacked.
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_ZIP_SIZE = 50 * 1024 * 1024
MAX_UNZIPPED_SIZE = 262_144_000

#: The earliest time that a zip can state.
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)

#: What an installer leaves behind that a function has no use for, or that differs between runs.
_LEFT_OUT = frozenset({"__pycache__", ".lock"})

#: What the standard library raises for a zip file that is damaged, encrypted, or packed in a way
#: that it does not know.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link in a package."""

    #: As it stands in the link: relative to the link's own directory, or below /opt or /var/task.
    target: str


@dataclass(frozen=True, slots=True)
class Executable:
    """A program in a package."""

    content: bytes


#: What a package has at a path: these bytes, what is in a file, a link, or a program.
Content = bytes | Path | Link | Executable


def build_zip(files: Mapping[str, Content]) -> bytes:
    """The zip of `files`: paths in the package, each with its content."""
    unzipped = sum(map(_size, files.values()))
    if unzipped >= MAX_UNZIPPED_SIZE:
        raise InvalidParameterValueException(
            f"Unzipped size must be smaller than {MAX_UNZIPPED_SIZE} bytes"
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(_entry(name, content), _bytes(content), zipfile.ZIP_DEFLATED)
    if buffer.tell() > MAX_ZIP_SIZE:
        raise RequestEntityTooLargeException(
            f"The deployment package has {buffer.tell()} bytes zipped; "
            f"a request takes at most {MAX_ZIP_SIZE} (50 MB)."
        )
    return buffer.getvalue()


def directory_files(directory: Path) -> Iterator[tuple[str, Path]]:
    """The files of an installed directory, as `build_zip` takes them.

    `bin` is left out: its scripts begin with the path of an interpreter on this machine.
    """
    for path in directory.rglob("*"):
        relative = path.relative_to(directory)
        left_out = relative.parts[0] == "bin" or _LEFT_OUT.intersection(relative.parts)
        if path.is_file() and not left_out:
            yield relative.as_posix(), path


def zip_files(path: Path) -> dict[str, Content]:
    """The files of a package that is there already, as `build_zip` takes them.

    Raises `InvalidParameterValueException` for what is none.
    """
    files: dict[str, Content] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                mode = entry.external_attr >> 16
                content = b"" if entry.is_dir() else archive.read(entry)
                if stat.S_ISLNK(mode):
                    files[entry.filename] = Link(content.decode())
                elif not entry.is_dir():
                    is_program = mode & stat.S_IXUSR
                    files[entry.filename] = Executable(content) if is_program else content
    except OSError as error:
        raise InvalidParameterValueException(f"{path}: {error.strerror}.") from None
    except _UNREADABLE:
        raise InvalidParameterValueException(f"{path} is no zip file.") from None
    return files


def _entry(name: str, content: Content) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIMESTAMP)
    # The mode says "made on Unix": without it Lambda's user may not read the file.
    entry.create_system = 3
    if isinstance(content, Link):
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        return entry
    executable = isinstance(content, Executable) or (
        isinstance(content, Path) and content.stat().st_mode & stat.S_IXUSR
    )
    entry.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
    return entry


def _bytes(content: Content) -> bytes:
    match content:
        case bytes():
            return content
        case Executable():
            return content.content
        case Link():
            return content.target.encode()
        case Path():
            return content.read_bytes()


def _size(content: Content) -> int:
    return content.stat().st_size if isinstance(content, Path) else len(_bytes(content))
