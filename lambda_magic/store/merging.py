"""Merging: one directory made of several, as AWS makes /opt of a function's layers."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path


def merge(sources: Iterable[Path], target: Path) -> None:
    """Fill `target`, an empty directory, with what is in `sources`: later ones win.

    Directories of one path are merged; of anything else, the last one is there. The files are
    the sources' own (hard links) wherever the file system allows it, so it takes no space, and
    neither may be written to.
    """
    for source in sources:
        _lay_over(source, target)


def _lay_over(source: Path, target: Path) -> None:
    with os.scandir(source) as entries:
        for entry in entries:
            path = target / entry.name
            if entry.is_dir(follow_symlinks=False):
                _make_directory(path)
                _lay_over(Path(entry.path), path)
            else:
                _remove(path)
                _share(entry, path)


def _make_directory(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        _remove(path)
        path.mkdir()
        path.chmod(0o755)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _share(entry: os.DirEntry[str], path: Path) -> None:
    """Have the same file, or the same link, at another place."""
    if entry.is_symlink():
        path.symlink_to(os.readlink(entry.path))
        return
    try:
        path.hardlink_to(entry.path)
    except OSError:  # Not every file system has them, or as many of one file.
        shutil.copy2(entry.path, path)
