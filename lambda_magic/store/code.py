"""The code store: deployment packages, found by what is in them.

`<home>/code/<sha256>.zip` is a package as it came, `<home>/code/<sha256>/` what is in it, and
`<home>/code/<sha256>.merged/` what is in several, one over the other. Each is put in place by one
rename, so it is whole or not there, and never changes after: kernels that share a home need no
lock.
"""

import base64
import errno
import hashlib
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lambda_magic.core.errors import InvalidParameterValueException, ServiceException
from lambda_magic.core.whole_directory import make_whole, scratch
from lambda_magic.store.home import removed
from lambda_magic.store.merging import merge

#: The quota on an unpacked deployment package: 250 MB.
MAX_UNZIPPED_SIZE = 262_144_000

_CHUNK = 1 << 20

#: What the standard library raises for a zip file that is damaged, encrypted, of an unknown
#: method, or has a file and a directory of one name.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    FileExistsError,
    IsADirectoryError,
    NotADirectoryError,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredCode:
    """A deployment package in the store."""

    #: As in CodeSha256: the digest of the zip, in base64.
    sha256: str
    #: As in CodeSize: the bytes of the zip.
    size: int


class CodeStore:
    """The deployment packages of one home.

    Its methods take as long as the package is large: call them from a thread, not from the loop.
    """

    def __init__(self, home: Path) -> None:
        self._root = home / "code"
        self._root.mkdir(parents=True, exist_ok=True)
        self._root.chmod(0o755)

    def __repr__(self) -> str:
        return f"<CodeStore {self._root}>"

    def examine(self, zip_bytes: bytes) -> StoredCode:
        """What `put` would answer, with nothing stored; refuses what is no deployment package."""
        code = _described(zip_bytes)
        self._check_place()
        if not self.zip(code.sha256).exists():
            with scratch(self._root) as place:
                _unpack(zip_bytes, Path(place))
        return code

    def put(self, zip_bytes: bytes) -> StoredCode:
        """Store a package, unless it is already here."""
        code = _described(zip_bytes)
        self._check_place()
        if not self.zip(code.sha256).exists():
            make_whole(self._path(code.sha256), lambda new: _unpack(zip_bytes, new))
            with scratch(self._root) as place:
                written = Path(place, "package.zip")
                written.write_bytes(zip_bytes)
                written.chmod(0o644)
                written.rename(self.zip(code.sha256))
        return code

    def zip(self, code_sha256: str) -> Path:
        """The package as it came."""
        return self._path(code_sha256).with_suffix(".zip")

    def directory(self, code_sha256: str) -> Path:
        """What is in the package: a directory to be read only."""
        directory = self._path(code_sha256)
        if not directory.is_dir():
            package = self.zip(code_sha256)
            if not package.exists():
                self._check_place()
                raise ServiceException(f"The deployment package {package} is missing.")
            make_whole(directory, lambda new: _unpack(package.read_bytes(), new))
        return directory

    def merged(self, code_sha256s: Sequence[str]) -> Path:
        """What is in several packages, later ones over earlier ones: a directory to be read only.

        Made the first time that somebody asks; from then on it costs a look.
        """
        if len(code_sha256s) == 1:
            return self.directory(code_sha256s[0])
        names = "\n".join(code_sha256s).encode()
        directory = self._root / f"{hashlib.sha256(names).hexdigest()}.merged"
        if not directory.is_dir():
            sources = [self.directory(one) for one in code_sha256s]
            make_whole(directory, lambda new: merge(sources, new))
        return directory

    def unzipped_size(self, code_sha256: str) -> int:
        """The bytes of all files in a package."""
        with zipfile.ZipFile(self.zip(code_sha256)) as package:
            return sum(entry.file_size for entry in package.infolist())

    def _check_place(self) -> None:
        if not self._root.is_dir():
            raise removed(self._root)

    def _path(self, code_sha256: str) -> Path:
        return self._root / base64.b64decode(code_sha256).hex()


def _described(zip_bytes: bytes) -> StoredCode:
    digest = hashlib.sha256(zip_bytes).digest()
    return StoredCode(sha256=base64.b64encode(digest).decode(), size=len(zip_bytes))


def _unpack(zip_bytes: bytes, directory: Path) -> None:
    """Unpack a package, or answer AWS's error for what is not one."""
    if not zip_bytes:
        raise InvalidParameterValueException("Uploaded file must be a non-empty zip")
    try:
        with zipfile.ZipFile(io.BytesIO(zip_bytes)) as package:
            entries = package.infolist()
            if not entries:
                raise InvalidParameterValueException("Uploaded file must be a non-empty zip")
            if sum(entry.file_size for entry in entries) > MAX_UNZIPPED_SIZE:
                raise _too_large()
            _unpack_entries(package, entries, directory)
    except _UNREADABLE as error:
        raise _not_unzipped() from error
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise _not_unzipped() from error


def _not_unzipped() -> InvalidParameterValueException:
    return InvalidParameterValueException(
        "Could not unzip uploaded file. Please check your file, then try to upload again."
    )


def _unpack_entries(
    package: zipfile.ZipFile, entries: list[zipfile.ZipInfo], directory: Path
) -> None:
    links = []
    left = MAX_UNZIPPED_SIZE
    for entry in entries:
        target = _inside(directory, entry.filename)
        if entry.is_dir():
            _make_directories(directory, target)
        elif stat.S_ISLNK(entry.external_attr >> 16):
            links.append((target, entry))
        else:
            _make_directories(directory, target.parent)
            left = _write(package, entry, target, left)
    # Links come last: nothing can be written through them, wherever they point.
    for target, entry in links:
        _make_directories(directory, target.parent)
        os.symlink(package.read(entry).decode(), target)


def _write(package: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Write one file of at most `left` bytes; returns what is then left of the quota."""
    with package.open(entry) as source, target.open("wb") as file:
        # The size that the entry declares may be a lie, so the bytes are counted.
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise _too_large()
            file.write(chunk)
    target.chmod(0o755 if (entry.external_attr >> 16) & 0o111 else 0o644)
    return left


def _inside(directory: Path, name: str) -> Path:
    """The path of an entry, if it is one inside the package."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise zipfile.BadZipFile(f"{name!r} is outside of the package")
    return directory / path


def _make_directories(directory: Path, target: Path) -> None:
    """Make a directory and its parents readable for everybody, whatever the umask."""
    if target == directory or target.is_dir():
        return
    _make_directories(directory, target.parent)
    target.mkdir()
    target.chmod(0o755)


def _too_large() -> InvalidParameterValueException:
    return InvalidParameterValueException(
        f"Unzipped size must be smaller than {MAX_UNZIPPED_SIZE} bytes"
    )
