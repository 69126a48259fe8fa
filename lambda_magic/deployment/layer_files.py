"""The files of a layer: from a directory, or installed from requirements.

What they are below is what a function finds in /opt.
https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
"""

import os
import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment import package, requirements
from lambda_magic.deployment.package import Content, Link

#: What no function has a use for, wherever it lies.
_LEFT_OUT = frozenset({"__pycache__", ".DS_Store", ".git", ".ipynb_checkpoints", ".lambda_magic"})


def directory_files(directory: Path) -> dict[str, Content]:
    """Everything in a directory, links and executable bits as they are.

    A link to a file elsewhere on this machine becomes the file; there is no such place where the
    function runs. One to a directory elsewhere, or to nothing, is refused.
    """
    if not directory.is_dir():
        raise InvalidParameterValueException(f"--path {directory}: there is no such directory.")
    return dict(_walk(directory))


def check_installable(text: str, runtimes: Sequence[str]) -> None:
    """Refuse `--requirements` for a runtime that is not Python's."""
    for runtime in runtimes:
        if not runtime.startswith("python"):
            raise InvalidParameterValueException(
                f"--requirements {text}: these are Python's packages; they cannot be made "
                f"compatible with {runtime}."
            )


def installed_files(
    text: str,
    runtimes: Sequence[str],
    *,
    architecture: str,
    cache: Path,
    progress: requirements.Progress,
) -> dict[str, Content]:
    """What `--requirements` names, where each of the Python `runtimes` finds it.

    For one runtime that is `python/`; for several, each has a directory of its own, because what
    is compiled for one does not run on another.
    """
    files: dict[str, Content] = {}
    for runtime in runtimes:
        wanted = requirements.Requirements.parse(text, runtime=runtime, architecture=architecture)
        installed = requirements.install(wanted, cache, progress)
        below = f"python/lib/{runtime}/site-packages" if len(runtimes) > 1 else "python"
        files |= {f"{below}/{name}": path for name, path in package.directory_files(installed)}
    return files


def _walk(root: Path) -> Iterator[tuple[str, Content]]:
    for directory, directories, files in os.walk(root):
        linked = [name for name in directories if os.path.islink(os.path.join(directory, name))]
        directories[:] = sorted(set(directories) - set(linked) - _LEFT_OUT)
        for name in sorted({*files, *linked} - _LEFT_OUT):
            path = Path(directory, name)
            relative = path.relative_to(root).as_posix()
            yield relative, _content(root, path, relative)


def _content(root: Path, path: Path, relative: str) -> Content:
    if path.is_symlink():
        target = os.readlink(path)
        if _stays_inside(relative, target):
            return Link(target)
    if path.is_file():
        return path
    raise InvalidParameterValueException(
        f"--path {root}: {relative} is no file, nor a link to one; leave it out, or copy there "
        "what it stands for."
    )


def _stays_inside(relative: str, target: str) -> bool:
    """Whether a link leads to the same place where the layer is /opt."""
    if posixpath.isabs(target):
        return target.startswith("/opt/")
    return not posixpath.normpath(posixpath.join(posixpath.dirname(relative), target)).startswith(
        ".."
    )
