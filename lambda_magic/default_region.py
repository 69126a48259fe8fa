"""The default region: the one that the magics and `lambda_magic.region()` share.

Kept in a module of its own, because `%reload_ext` runs the package's `__init__` again.
"""

import threading
from collections.abc import Callable

from lambda_magic.core.settings import Settings
from lambda_magic.region import Region

_lock = threading.Lock()
_region: Region | None = None
_settings: Callable[[], Settings] = Settings


def get() -> Region:
    """The region; opened on first use, and again after it has been closed."""
    global _region
    with _lock:
        if _region is None:
            _region = Region(_settings())
        return _region


def close() -> None:
    """Close the region if it is open: its environments end, what it keeps stays."""
    global _region
    with _lock:
        closing, _region = _region, None
    if closing is not None:
        closing.close()


def use(settings: Callable[[], Settings] | None) -> None:
    """Take the settings from somewhere else, or with None the usual ones.

    A region that is open with other settings is closed.
    """
    global _settings
    _settings = settings or Settings
    if _region is not None and _region.settings != _settings():
        close()
