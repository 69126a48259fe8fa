"""Optional libraries: imported when they are needed, asked for by name if they are missing."""

import importlib
from typing import Any


class MissingExtra(ImportError):
    """A library that only some people need is not installed."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: one line."""
        return [f"{type(self).__name__}: {self}"]


def require(module: str, *, extra: str) -> Any:
    """The module of that name.

    Raises `MissingExtra`, which says that the optional dependencies `extra` of lambda-magic have
    the library.

    >>> pandas = require("pandas", extra="plot")
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        library = module.partition(".")[0]
        if error.name != library:
            raise  # It is there; something that it needs is not.
        raise MissingExtra(
            f"{library} is not installed: pip install 'lambda-magic[{extra}]' brings it",
            name=library,
        ) from None
