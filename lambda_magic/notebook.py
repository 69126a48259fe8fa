"""The quickstart notebook: where it is, in a checkout and in an installed package."""

import shutil
from pathlib import Path

NAME = "00_quickstart.ipynb"

_PACKAGE = Path(__file__).parent


def find() -> Path:
    """The notebook's path.

    Raises `FileNotFoundError` where it is in neither place.
    """
    for directory in (_PACKAGE.parent / "notebooks", _PACKAGE / "notebooks"):
        if (directory / NAME).is_file():
            return directory / NAME
    raise FileNotFoundError(f"{NAME} is missing: lambda-magic is not completely installed.")


def working_copy(directory: Path) -> Path:
    """The notebook to work in: the one of a checkout, or a copy of an installed one.

    What a directory has under that name is kept: it may have been worked in.
    """
    notebook = find()
    if not notebook.is_relative_to(_PACKAGE):
        return notebook
    copy = directory / NAME
    if not copy.exists():
        shutil.copyfile(notebook, copy)
    return copy
